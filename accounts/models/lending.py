"""Loans, what falls due, what was paid, and which payment paid what.

Note [Paid amounts are derived]
Payments are facts; allocations, `Instalment.paid`, `settled_at` and `Loan.credit` are derived
from them by one rule (oldest instalment first, the rest kept as credit) and recomputed for every
touched loan in the transaction that touches it. They are stored because every decision
reads them, and never adjusted in place.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import LoanStatus
from accounts.models.customer import Customer


class Loan(models.Model):
    """A loan, under the lender's own number."""

    loan_no = models.CharField(_("loan number"), max_length=64)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="loans",
        verbose_name=_("customer"),
    )
    product = models.CharField(_("product"), max_length=64)
    principal = models.DecimalField(_("principal"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217"))
    opened_on = models.DateField(_("opened on"))
    annual_rate = models.DecimalField(
        _("annual rate"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("0.18 is 18 % a year."),
    )
    penalty_daily_rate = models.DecimalField(
        _("daily penalty rate"),
        max_digits=9,
        decimal_places=6,
        default=0,
        help_text=_("On what is overdue; 0.0005 is 0.05 % a day."),
    )
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)
    status = models.CharField(
        _("status"), max_length=12, choices=LoanStatus.choices, default=LoanStatus.ACTIVE
    )
    credit = models.DecimalField(
        _("credit"),
        max_digits=18,
        decimal_places=2,
        default=0,
        help_text=_("Paid beyond what has been billed."),
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        constraints = [
            models.UniqueConstraint(fields=["loan_no"], name="loan_no_is_unique"),
            models.CheckConstraint(
                condition=models.Q(credit__gte=0), name="loan_credit_is_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(penalty_daily_rate__gte=0),
                name="loan_penalty_rate_is_not_negative",
            ),
        ]
        indexes = [GinIndex(OpClass(Upper("loan_no"), "gin_trgm_ops"), name="loan_by_part")]

    def __str__(self) -> str:
        return self.loan_no


class Instalment(models.Model):
    """One due date of one loan. Paid amounts: see Note [Paid amounts are derived]."""

    loan = models.ForeignKey(
        Loan,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="instalments",
        verbose_name=_("loan"),
    )
    seq = models.PositiveIntegerField(_("number"))
    due_date = models.DateField(_("due date"))
    amount_due = models.DecimalField(_("amount due"), max_digits=18, decimal_places=2)
    principal = models.DecimalField(
        _("of it principal"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    interest = models.DecimalField(
        _("of it interest"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    fee = models.DecimalField(
        _("of it fees"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    paid = models.DecimalField(_("paid"), max_digits=18, decimal_places=2, default=0)
    settled_at = models.DateTimeField(
        _("settled at"),
        null=True,
        blank=True,
        help_text=_("When the payment came that completed it."),
    )

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            models.UniqueConstraint(
                fields=["loan", "seq"], name="instalment_once_per_loan_and_number"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_due__gt=0), name="instalment_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(paid__gte=0) & models.Q(paid__lte=models.F("amount_due")),
                name="instalment_paid_is_within_due",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at__isnull=True, paid__lt=models.F("amount_due"))
                | models.Q(settled_at__isnull=False, paid=models.F("amount_due")),
                name="instalment_settled_when_paid_in_full",
            ),
        ]
        indexes = [
            models.Index(
                models.F("due_date"),
                models.F("amount_due") - models.F("paid"),
                models.F("id"),
                condition=models.Q(settled_at__isnull=True),
                name="instalment_open_by_amount",
            ),
            models.Index(fields=["due_date"], name="instalment_by_due_date"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.seq}"


class Payment(models.Model):
    """Money that came in, under the lender's own number."""

    payment_no = models.CharField(_("payment number"), max_length=64)
    loan = models.ForeignKey(
        Loan,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="payments",
        verbose_name=_("loan"),
    )
    paid_at = models.DateTimeField(_("paid at"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["payment_no"], name="payment_no_is_unique"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="payment_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.payment_no


class Allocation(models.Model):
    """How much of a payment went to an instalment."""

    payment = models.ForeignKey(
        Payment,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="allocations",
        verbose_name=_("payment"),
    )
    instalment = models.ForeignKey(
        Instalment,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="allocations",
        verbose_name=_("instalment"),
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "instalment"], name="allocation_once_per_payment_and_instalment"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="allocation_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} -> {self.instalment_id}: {self.amount}"
