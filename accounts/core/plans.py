"""Paying by instalments: what is owed, parted into monthly terms."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from accounts.core.money import CENT


@dataclass(frozen=True, slots=True)
class MonthlyTerm:
    """`amount` is to come by the end of `due_date`, where the borrower lives."""

    due_date: date
    amount: Decimal


def monthly_terms(total: Decimal, *, count: int, first: date) -> tuple[MonthlyTerm, ...]:
    """`total` in `count` terms as equal as whole cents allow, the larger ones first.

    The first is due on `first`, the others on the same day of the months that follow, or on the
    last day of a shorter month. Raises ValueError where a term would be less than a cent or
    `total` is not in whole cents.
    """
    if count < 1 or total < count * CENT or total != total.quantize(CENT):
        raise ValueError(f"{total} cannot be parted into {count} terms of whole cents")
    each = (total / count).quantize(CENT, rounding=ROUND_DOWN)
    odd_cents = int((total - each * count) / CENT)
    return tuple(
        MonthlyTerm(_months_after(first, place), each + CENT if place < odd_cents else each)
        for place in range(count)
    )


def counts_for(total: Decimal, *, most: int) -> range:
    """How many terms may be chosen for `total`: from two up to `most`, none below a cent."""
    return range(2, min(most, int(total / CENT)) + 1)


def _months_after(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    day = min(first.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day)
