"""What reminding changed, as counted by night (Note [Facts of the book])."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from reminders.models.policy import Policy


class EffectFact(models.Model):
    """Borrowers of a policy by whether they were held out, and how many of them paid in time.

    Of instalments due from `first_due` to `last_due` about which the policy had its say; a borrower
    paid in time who paid all of them within `after_days` of their due dates.
    """

    policy = models.ForeignKey(
        Policy, on_delete=models.CASCADE, related_name="+", verbose_name=_("policy")
    )
    after_days = models.PositiveSmallIntegerField(_("days after"))
    is_held_out = models.BooleanField(_("held out"))
    borrowers = models.PositiveIntegerField(_("borrowers"))
    paid = models.PositiveIntegerField(_("paid in time"))
    first_due = models.DateField(_("due from"))
    last_due = models.DateField(_("due to"))
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("effect of a policy")
        verbose_name_plural = _("effects of policies")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "after_days", "is_held_out"], name="effect_is_counted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(paid__lte=models.F("borrowers")), name="effect_paid_is_a_part"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}+{self.after_days}"
