"""Policies: drafts that people edit, versions that are frozen when published.

Note [Published versions are frozen]
A trigger in the database refuses every change to a published version and to its steps, except
that it is retired; and to a scheduled one, except that it is published or a draft again. What a
message was sent under can thus be read for as long as the message is kept.

Note [Steps keep their identity]
`StepVersion.key` names a step for people; `PolicyStep` is that name's identity over all versions
of the policy. A reminder belongs to the identity, so that a newly published version re-times
what is only planned and never repeats what was sent.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Channel, RiskTier
from reminders.models.choices import ToneRule, VersionState
from reminders.models.template import MessageTemplate
from reminders.models.version import Version


class Policy(models.Model):
    """A named course of reminders around the due date."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    title = models.CharField(_("title"), max_length=200)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Inactive: nothing more is planned or sent.")
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")

    def __str__(self) -> str:
        return self.title


class PolicyVersion(Version):
    """One version of a policy. See Note [Published versions are frozen]."""

    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="versions", verbose_name=_("policy")
    )
    holdout_percent = models.DecimalField(
        _("hold-out, %"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Borrowers left out on purpose, always the same ones, to measure the effect."),
    )

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        permissions = [("publish_policyversion", _("Can publish policies"))]
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="policy_version_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=models.Q(
                    state__in=[VersionState.DRAFT, VersionState.SCHEDULED],
                    returns_to__isnull=True,
                ),
                name="policy_has_one_draft",
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=models.Q(state=VersionState.PUBLISHED),
                name="policy_has_one_published_version",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[VersionState.DRAFT, VersionState.SCHEDULED])
                | models.Q(published_at__isnull=False),
                name="policy_version_published_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=VersionState.SCHEDULED)
                | models.Q(publish_at__isnull=False),
                name="policy_version_scheduled_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(holdout_percent__gte=0, holdout_percent__lte=100),
                name="policy_holdout_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class PolicyStep(models.Model):
    """The identity of a step over all versions. See Note [Steps keep their identity]."""

    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="steps", verbose_name=_("policy")
    )
    key = models.SlugField(_("key"), max_length=64)

    class Meta:
        verbose_name = _("policy step")
        verbose_name_plural = _("policy steps")
        constraints = [
            models.UniqueConstraint(fields=["policy", "key"], name="policy_step_key_is_unique")
        ]

    def __str__(self) -> str:
        return self.key


def _text_message_only() -> list[str]:
    return [Channel.SMS.value]


def _any_tier() -> list[str]:
    return [tier.value for tier in RiskTier]


class StepVersion(models.Model):
    """A step as one version has it: when, for whom, over what, with which words, until when."""

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.CASCADE, related_name="steps", verbose_name=_("version")
    )
    key = models.SlugField(
        _("key"), max_length=64, help_text=_("Stays the same from version to version.")
    )
    offset_days = models.SmallIntegerField(
        _("days from the due date"), help_text=_("−3 is three days before, 0 the day itself.")
    )
    local_time = models.TimeField(_("local time"), help_text=_("In the borrower's own zone."))
    valid_until_offset_days = models.SmallIntegerField(
        _("true until day"),
        help_text=_("Last day, counted from the due date, on which the text may still go out."),
    )
    tiers = ArrayField(
        models.CharField(max_length=6, choices=RiskTier.choices),
        verbose_name=_("risk tiers"),
        default=_any_tier,
    )
    products = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("products"),
        default=list,
        blank=True,
        help_text=_("None means all."),
    )
    segments = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("segments"),
        default=list,
        blank=True,
        help_text=_("None means all."),
    )
    channels = ArrayField(
        models.CharField(max_length=10, choices=Channel.choices),
        verbose_name=_("channels, in order"),
        default=_text_message_only,
    )
    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("template"),
    )
    tone = models.CharField(
        _("tone"), max_length=10, choices=ToneRule.choices, default=ToneRule.BY_RISK
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["version", "offset_days", "local_time", "key"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="step_key_once_per_version"),
            models.CheckConstraint(
                condition=models.Q(valid_until_offset_days__gte=models.F("offset_days")),
                name="step_is_true_on_its_own_day",
            ),
            models.CheckConstraint(
                condition=models.Q(offset_days__gte=0) | models.Q(valid_until_offset_days__lt=0),
                name="step_before_is_untrue_from_the_due_date",
            ),
            models.CheckConstraint(
                condition=~models.Q(offset_days=0) | models.Q(valid_until_offset_days=0),
                name="step_of_the_due_date_is_untrue_after_it",
            ),
            models.CheckConstraint(
                condition=~models.Q(channels=[]) & ~models.Q(tiers=[]),
                name="step_has_channels_and_tiers",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def as_values(self) -> dict[str, Any]:
        """What another version copies: everything but whose it is."""
        return {
            field.name: getattr(self, field.name)
            for field in self._meta.fields
            if field.name not in {"id", "version"}
        }
