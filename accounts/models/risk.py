"""How likely a borrower is to fall behind, and why we think so."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import RiskTier
from accounts.models.customer import Customer


class RiskRules(models.Model):
    """The thresholds behind the tiers. One row: what is in it is in force.

    A borrower is at high risk when any `high_*` threshold is reached, else at medium risk when
    any `medium_*` threshold is reached, else at low risk.
    """

    window_instalments = models.PositiveSmallIntegerField(
        _("instalments looked at"), default=6, help_text=_("The newest ones that have fallen due.")
    )
    medium_late_count = models.PositiveSmallIntegerField(_("medium: late instalments"), default=1)
    high_late_count = models.PositiveSmallIntegerField(_("high: late instalments"), default=3)
    medium_longest_late_days = models.PositiveSmallIntegerField(
        _("medium: longest lateness, days"), default=3
    )
    high_longest_late_days = models.PositiveSmallIntegerField(
        _("high: longest lateness, days"), default=15
    )
    high_trend_days = models.PositiveSmallIntegerField(
        _("high: growth of lateness, days"),
        default=7,
        help_text=_("Mean lateness of the newer half above that of the older half."),
    )
    medium_share_paid_below = models.DecimalField(
        _("medium: share paid below"), max_digits=4, decimal_places=3, default="0.999"
    )
    high_share_paid_below = models.DecimalField(
        _("high: share paid below"), max_digits=4, decimal_places=3, default="0.700"
    )
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("risk rules")
        verbose_name_plural = _("risk rules")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="risk_rules_is_one_row"),
            # At nothing a threshold would be reached by everybody.
            models.CheckConstraint(
                condition=models.Q(
                    window_instalments__gte=1,
                    medium_late_count__gte=1,
                    medium_longest_late_days__gte=1,
                    high_trend_days__gte=1,
                ),
                name="risk_rules_start_at_one",
            ),
            models.CheckConstraint(
                condition=models.Q(high_late_count__gte=models.F("medium_late_count"))
                & models.Q(high_longest_late_days__gte=models.F("medium_longest_late_days"))
                & models.Q(high_share_paid_below__lte=models.F("medium_share_paid_below")),
                name="risk_rules_high_is_beyond_medium",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Risk rules"))


class RiskAssessment(models.Model):
    """The tier of one borrower with the figures it rests on.

    `reasons` is a list of codes with figures, such as
    `[{"code": "late_count", "value": 3, "threshold": 3}]`; pages put them into words.
    A learned score takes the same seat later: `source` says who judged.
    """

    customer = models.OneToOneField(
        Customer,
        on_delete=models.CASCADE,
        db_constraint=False,
        primary_key=True,
        related_name="risk",
        verbose_name=_("customer"),
    )
    tier = models.CharField(_("tier"), max_length=6, choices=RiskTier.choices)
    reasons = models.JSONField(_("reasons"), default=list)
    source = models.CharField(_("source"), max_length=32, default="rules")
    assessed_at = models.DateTimeField(_("assessed at"))

    class Meta:
        verbose_name = _("risk assessment")
        verbose_name_plural = _("risk assessments")
        indexes = [
            models.Index(
                fields=["customer"],
                name="risk_is_high",
                condition=models.Q(tier=RiskTier.HIGH),
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.get_tier_display()}"
