"""Times in which a borrower is left in peace."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import HoldKind
from accounts.models.customer import Customer
from accounts.models.lending import Loan
from accounts.models.staff import Staff


class Hold(models.Model):
    """From, until, why and by whom. Without a loan it covers all loans of the borrower."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="holds",
        verbose_name=_("customer"),
    )
    loan = models.ForeignKey(
        Loan,
        on_delete=models.CASCADE,
        related_name="holds",
        null=True,
        blank=True,
        verbose_name=_("loan"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=HoldKind.choices)
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    amount = models.DecimalField(
        _("promised amount"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    placed_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("placed by"),
    )
    placed_at = models.DateTimeField(_("placed at"))
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("released by"),
    )
    is_undone = models.BooleanField(
        _("taken back"),
        default=False,
        db_default=False,
        help_text=_("Released within minutes by whoever had placed it by mistake."),
    )

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_at__isnull=True)
                | models.Q(until_at__gt=models.F("from_at")),
                name="hold_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=HoldKind.PROMISE_TO_PAY)
                | models.Q(until_at__isnull=False),
                name="hold_promise_has_a_date",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "from_at"], name="hold_by_customer"),
            models.Index(
                fields=["-until_at", "-id"],
                name="hold_promise_by_end",
                condition=models.Q(kind=HoldKind.PROMISE_TO_PAY, released_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.get_kind_display()}"


class HoldTerm(models.Model):
    """One term of a plan: how much more is to have come in by when.

    A promise to pay with an amount needs none: it is one term of its own, that amount by its end.
    """

    hold = models.ForeignKey(
        Hold,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="terms",
        verbose_name=_("hold"),
    )
    due_at = models.DateTimeField(_("due at"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["hold", "due_at"]
        constraints = [
            models.UniqueConstraint(fields=["hold", "due_at"], name="hold_term_once_per_instant"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="hold_term_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id}: {self.amount} {self.due_at:%Y-%m-%d}"
