"""How the book stood at the ends of months, and how due months were paid: counted by night.

Note [Facts of the book]
Payments that come in late change what was true of a month, so the newest months are counted again
each time; older ones stay. The figures of a page and the rows behind them are both these rows.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Loan


class MonthEnd(models.Model):
    """The last day of a month, and how many loans were still to be repaid at its end."""

    day = models.DateField(_("day"), unique=True)
    loans = models.PositiveIntegerField(_("loans"))
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("end of a month")
        verbose_name_plural = _("ends of months")

    def __str__(self) -> str:
        return str(self.day)


class LateLoan(models.Model):
    """A loan that was overdue at the end of a month, by its oldest instalment that was unpaid then.

    `bucket` is the number of its range: 0 for M0, 1 for M1, and so on.
    """

    month_end = models.ForeignKey(
        MonthEnd,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="late",
        verbose_name=_("end of a month"),
    )
    loan = models.ForeignKey(
        Loan,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("loan"),
    )
    bucket = models.PositiveSmallIntegerField(_("bucket"))
    days_past_due = models.PositiveIntegerField(_("days past due"))

    class Meta:
        verbose_name = _("late loan")
        verbose_name_plural = _("late loans")
        constraints = [
            models.UniqueConstraint(fields=["month_end", "loan"], name="late_loan_once_per_month")
        ]
        indexes = [models.Index(fields=["month_end", "bucket", "loan"], name="late_loan_by_bucket")]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.days_past_due}"


class CohortFact(models.Model):
    """Of the instalments due in a month, how many were unpaid so many days after they were due."""

    due_month = models.DateField(_("due month"))
    after_days = models.PositiveSmallIntegerField(_("days after"))
    instalments = models.PositiveIntegerField(_("instalments"))
    unpaid = models.PositiveIntegerField(_("unpaid"))
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("due month in figures")
        verbose_name_plural = _("due months in figures")
        constraints = [
            models.UniqueConstraint(
                fields=["due_month", "after_days"], name="cohort_is_counted_once"
            ),
            models.CheckConstraint(
                condition=models.Q(unpaid__lte=models.F("instalments")),
                name="cohort_unpaid_is_a_part",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_month}+{self.after_days}"
