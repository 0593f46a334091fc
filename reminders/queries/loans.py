"""What a borrower owes, as pages show it: over the rows of `accounts.queries`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.core.instalments import BUCKET_EDGES, bucket, days_past_due
from accounts.core.money import ZERO
from accounts.models.choices import LoanStatus
from accounts.queries import SheetInstalment, SheetLoan, SheetPayment
from reminders.queries.formats import Clock


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a payment went to an instalment; each side names the other."""

    payment_no: str
    paid_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InstalmentRow:
    """An instalment, how it stands (paid, paid_late, overdue, due_today, to_come), and by which
    payments it was paid."""

    figures: SheetInstalment
    standing: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan with its instalments in order and its payments, newest first."""

    figures: SheetLoan
    is_active: bool
    status_label: str
    instalments: tuple[InstalmentRow, ...]

    @property
    def payments(self) -> tuple[SheetPayment, ...]:
        """Newest first."""
        return self.figures.payments

    @property
    def overdue(self) -> tuple[SheetInstalment, ...]:
        """The instalments that are overdue, oldest first."""
        return tuple(row.figures for row in self.instalments if row.standing == "overdue")

    @property
    def next_due(self) -> SheetInstalment | None:
        """The first open instalment that is not overdue."""
        waiting = (r.figures for r in self.instalments if r.standing in ("due_today", "to_come"))
        return next(waiting, None)

    @property
    def paid_count(self) -> int:
        """How many instalments are settled."""
        return sum(1 for row in self.instalments if row.figures.settled_at is not None)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed in one currency over all active loans. `dpd` is that of the oldest overdue
    instalment, `bucket` where it falls, in words; `next_due_date` and `next_due_amount` (all loans
    together) are of what comes."""

    currency: str
    overdue: Decimal
    penalty: Decimal
    dpd: int
    bucket: str
    instalments_overdue: int
    next_due_date: date | None
    next_due_amount: Decimal
    next_due_in_days: int


def loan_row(loan: SheetLoan, *, clock: Clock, today: date) -> LoanRow:
    """`loan` as of today where the borrower lives."""
    shares: dict[int, list[Share]] = defaultdict(list)
    for payment in reversed(loan.payments):
        for seq, amount in payment.shares:
            shares[seq].append(Share(payment.payment_no, payment.paid_at, amount))
    return LoanRow(
        figures=loan,
        is_active=loan.status == LoanStatus.ACTIVE,
        status_label=str(LoanStatus(loan.status).label),
        instalments=tuple(
            InstalmentRow(
                row,
                _standing(row, grace_days=loan.grace_days, clock=clock, today=today),
                tuple(shares[row.seq]),
            )
            for row in loan.instalments
        ),
    )


def _standing(row: SheetInstalment, *, grace_days: int, clock: Clock, today: date) -> str:
    if row.settled_at is not None:
        settled_on = clock.date(row.settled_at)
        late = days_past_due(due_date=row.due_date, today=settled_on) > grace_days
        return "paid_late" if late else "paid"
    if row.due_date < today:
        return "overdue"
    return "due_today" if row.due_date == today else "to_come"


def bucket_in_words(dpd: int) -> str:
    """The name of a bucket and what it stands for: `M0: 1 to 30 days`."""
    name = bucket(dpd)
    if dpd <= 0:
        return name
    first = 1 + max((edge for edge in BUCKET_EDGES if edge < dpd), default=0)
    last = next((edge for edge in BUCKET_EDGES if dpd <= edge), None)
    if last is None:
        return _("%(bucket)s: from %(first)s days") % {"bucket": name, "first": first}
    return _("%(bucket)s: %(first)s to %(last)s days") % {
        "bucket": name,
        "first": first,
        "last": last,
    }


def owed_of(loans: Iterable[LoanRow], *, today: date) -> tuple[Owed, ...]:
    """What is owed, one row for each currency, the most overdue first."""
    active = [loan for loan in loans if loan.is_active]
    rows = []
    for currency in sorted({loan.figures.currency for loan in active}):
        theirs = [loan for loan in active if loan.figures.currency == currency]
        overdue = [row for loan in theirs for row in loan.overdue]
        coming = [loan.next_due for loan in theirs if loan.next_due is not None]
        first = min((row.due_date for row in coming), default=None)
        dpd = max((row.days_past_due for row in overdue), default=0)
        rows.append(
            Owed(
                currency=currency,
                overdue=sum((row.outstanding for row in overdue), ZERO),
                penalty=sum((row.penalty for row in overdue), ZERO),
                dpd=dpd,
                bucket=bucket_in_words(dpd),
                instalments_overdue=len(overdue),
                next_due_date=first,
                next_due_amount=sum(
                    (row.outstanding for row in coming if row.due_date == first), ZERO
                ),
                next_due_in_days=(first - today).days if first else 0,
            )
        )
    return tuple(sorted(rows, key=lambda row: -row.overdue))
