"""What borrowers in a list are behind with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Customer, Instalment
from accounts.models.choices import LoanStatus
from reminders.queries.borrower import person_of
from reminders.queries.formats import Clock


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """What is overdue in one currency, and for how long."""

    currency: str
    amount: Decimal
    dpd: int


def overdue_of(customer_ids: Sequence[int], *, now: datetime) -> dict[int, tuple[OverdueRow, ...]]:
    """What each of these owes that is past due on the date where they live, by customer; two
    statements."""
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
