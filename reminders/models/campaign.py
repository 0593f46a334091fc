"""Education: one text to an audience, about no instalment.

Note [A campaign is a row]
A campaign has one text for each borrower and no course of steps, so it needs no versions: it is
drafted, published and stopped in place. Published it is frozen by a trigger (migration 0062). To
change it, it is stopped and drafted anew; published again it goes on with those who were not
written to, for at most one reminder names a campaign and a borrower (P1). What was sent says itself
which words and whom it was meant for: a message names its template version, a reminder keeps the
rules that were asked.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Staff
from accounts.models.choices import RiskTier
from reminders.models.choices import CampaignState
from reminders.models.template import MessageTemplate


def _any_tier() -> list[str]:
    return [tier.value for tier in RiskTier]


def _person(label: Any) -> Any:
    return models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=label,
    )


class Campaign(models.Model):
    """Whom it is for, when it speaks, and with which template.

    `changed_by_ids` and `second_person` are those of Note [Four eyes]. `planned_through` is the
    last day of which planning has placed all that there was.
    """

    key = models.SlugField(_("key"), max_length=64, unique=True)
    title = models.CharField(_("title"), max_length=200)
    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("template"),
        help_text=_("Of the purpose education, about no instalment."),
    )
    tiers = ArrayField(
        models.CharField(max_length=6, choices=RiskTier.choices),
        verbose_name=_("risk tiers"),
        default=_any_tier,
    )
    segments = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("segments"),
        default=list,
        blank=True,
        help_text=_("None means all."),
    )
    only_punctual = models.BooleanField(
        _("only who owes nothing overdue"), default=False, db_default=False
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(
        _("last day"), help_text=_("What was not sent by its end is not sent any more.")
    )
    local_time = models.TimeField(_("local time"), help_text=_("In the borrower's own zone."))
    per_day = models.PositiveIntegerField(
        _("most texts a day"),
        null=True,
        blank=True,
        help_text=_("As many borrowers at most are planned for one day. None means no limit."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = _person(_("created by"))
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    changed_by_ids = ArrayField(
        models.BigIntegerField(), verbose_name=_("changed by"), default=list, db_default=[]
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = _person(_("published by"))
    second_person = models.BooleanField(
        _("published by a second person"), default=False, db_default=False
    )
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    stopped_by = _person(_("stopped by"))
    planned_through = models.DateField(_("planned through"), null=True, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [("publish_campaign", _("Can publish and stop campaigns"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="campaign_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=~models.Q(tiers=[]), name="campaign_is_for_somebody"),
            models.CheckConstraint(
                condition=models.Q(per_day__isnull=True) | models.Q(per_day__gt=0),
                name="campaign_writes_to_somebody_each_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=CampaignState.PUBLISHED)
                | models.Q(published_at__isnull=False),
                name="campaign_published_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=CampaignState.STOPPED)
                | models.Q(stopped_at__isnull=False),
                name="campaign_stopped_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title
