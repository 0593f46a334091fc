"""Search results: who it may be, and what an agent wants to know before opening the page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Customer, Instalment
from accounts.models.choices import LoanStatus, RiskTier
from accounts.search import FoundCustomer, find_customers
from reminders.facts.borrowers import TIER_BEFORE_ASSESSMENT
from reminders.queries.borrower import person_of
from reminders.queries.formats import Clock

RESULTS_MAX = 20


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """What is overdue in one currency, and for how long."""

    currency: str
    amount: Decimal
    dpd: int


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One borrower in the results."""

    customer_no: str
    name: str
    phone: str
    loan_nos: tuple[str, ...]
    tier: str
    tier_label: str
    is_demonstration: bool
    overdue: tuple[OverdueRow, ...]


def search(text: str, *, now: datetime) -> tuple[FoundRow, ...]:
    """Up to RESULTS_MAX borrowers that `text` may mean, in a fixed number of statements."""
    found = find_customers(text, limit=RESULTS_MAX)
    if not found:
        return ()
    overdue = _overdue([row.id for row in found], now=now)
    return tuple(_row(row, overdue=overdue.get(row.id, ())) for row in found)


def _row(row: FoundCustomer, *, overdue: tuple[OverdueRow, ...]) -> FoundRow:
    tier = row.tier or TIER_BEFORE_ASSESSMENT.value
    return FoundRow(
        customer_no=row.customer_no,
        name=row.name,
        phone=row.phone_masked,
        loan_nos=row.loan_nos,
        tier=tier,
        tier_label=str(RiskTier(tier).label),
        is_demonstration=row.is_demonstration,
        overdue=overdue,
    )


def _overdue(customer_ids: Sequence[int], *, now: datetime) -> dict[int, tuple[OverdueRow, ...]]:
    """What each owes that is past due on the date where they live."""
    clocks: dict[int, Clock] = {
        row.pk: person_of(row).clock for row in Customer.objects.filter(pk__in=customer_ids)
    }
    sums: dict[int, dict[str, list[tuple[Decimal, date]]]] = defaultdict(lambda: defaultdict(list))
    rows = Instalment.objects.filter(
        loan__customer__in=customer_ids,
        loan__status=LoanStatus.ACTIVE,
        settled_at__isnull=True,
        due_date__lte=now.date() + timedelta(days=1),
    ).values_list("loan__customer_id", "loan__currency", "due_date", "amount_due", "paid")
    for customer_id, currency, due_date, amount_due, paid in rows:
        if due_date < clocks[customer_id].date(now):
            sums[customer_id][currency].append((amount_due - paid, due_date))
    return {
        customer_id: tuple(
            OverdueRow(
                currency,
                sum((amount for amount, _day in parts), Decimal(0)),
                (clocks[customer_id].date(now) - min(day for _amount, day in parts)).days,
            )
            for currency, parts in sorted(by_currency.items())
        )
        for customer_id, by_currency in sums.items()
    }
