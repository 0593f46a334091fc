"""When and how often borrowers may be written to, as the operator tightens it."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from reminders.models.choices import RestDays


class ContactRules(models.Model):
    """The operator's own limits. One row; a blank field leaves the law's profile as it is.

    The age of the ledger is no law's: blank is 36 hours, 0 never asks, and more is allowed.

    The profile itself is code (`reminders.core.contact_rules`), chosen by CONTACT_PROFILE. A
    value here that is looser than the profile is refused when saved and without effect anyway.
    """

    earliest = models.TimeField(_("not before"), null=True, blank=True)
    latest = models.TimeField(_("not after"), null=True, blank=True)
    per_day = models.PositiveSmallIntegerField(
        _("messages a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    per_7_days = models.PositiveSmallIntegerField(
        _("messages in 7 days"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    hours_between = models.PositiveSmallIntegerField(
        _("hours between messages"), null=True, blank=True
    )
    rest_days = models.CharField(
        _("days of rest"), max_length=24, choices=RestDays.choices, blank=True, db_default=""
    )
    ledger_max_age_hours = models.PositiveSmallIntegerField(
        _("hours that the ledger may be old"),
        null=True,
        blank=True,
        help_text=_(
            "When payments were last fed in longer ago, overdue texts wait. Empty: 36 hours. "
            "0: never asked."
        ),
    )
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("contact rules")
        verbose_name_plural = _("contact rules")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="contact_rules_is_one_row"),
            models.CheckConstraint(
                condition=models.Q(earliest__isnull=True)
                | models.Q(latest__isnull=True)
                | models.Q(earliest__lt=models.F("latest")),
                name="contact_rules_leave_some_hours",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Contact rules"))
