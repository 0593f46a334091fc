"""Assessing many borrowers at once."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.core import scorecard
from accounts.models import Customer, RiskRules
from accounts.sql import statement

_CUSTOMERS_PER_SLICE = 20_000


@dataclass(frozen=True, slots=True)
class RiskCounts:
    """How many assessments were new, changed or the same, and how many are of each tier."""

    new: int = 0
    changed: int = 0
    same: int = 0
    low: int = 0
    medium: int = 0
    high: int = 0

    def __add__(self, other: "RiskCounts") -> "RiskCounts":
        mine, theirs = asdict(self), asdict(other)
        return RiskCounts(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def total(self) -> int:
        """Borrowers assessed."""
        return self.new + self.changed + self.same

    def as_json(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


def rules_in_force(*, now: datetime) -> scorecard.Rules:
    """The thresholds of the one row of RiskRules, which is made with its defaults if missing."""
    row, _ = RiskRules.objects.get_or_create(pk=1, defaults={"updated_at": now})
    row.refresh_from_db()
    return scorecard.Rules(
        window_instalments=row.window_instalments,
        medium_late_count=row.medium_late_count,
        high_late_count=row.high_late_count,
        medium_longest_late_days=row.medium_longest_late_days,
        high_longest_late_days=row.high_longest_late_days,
        high_trend_days=row.high_trend_days,
        medium_share_paid_below=row.medium_share_paid_below,
        high_share_paid_below=row.high_share_paid_below,
    )


def refresh_risk(*, now: datetime, customer_ids: Sequence[int] | None = None) -> RiskCounts:
    """Assess the given borrowers, or all, by the rules in force; writes only what differs.

    Each slice is a transaction of its own: a refresh that is cut short has done no harm, and the
    next one finishes it.
    """
    rules = rules_in_force(now=now)
    total = RiskCounts()
    for ids in _slices(customer_ids):
        total += _assess(ids, rules=rules, now=now)
    return total


def _slices(customer_ids: Sequence[int] | None) -> Iterator[list[int]]:
    if customer_ids is not None:
        for start in range(0, len(customer_ids), _CUSTOMERS_PER_SLICE):
            yield list(customer_ids[start : start + _CUSTOMERS_PER_SLICE])
        return
    after = 0
    while True:
        rest = Customer.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
        ids = list(rest[:_CUSTOMERS_PER_SLICE])
        if not ids:
            return
        yield ids
        after = ids[-1]


@transaction.atomic
def _assess(customer_ids: list[int], *, rules: scorecard.Rules, now: datetime) -> RiskCounts:
    parameters: dict[str, Any] = {
        **asdict(rules),
        "trend_needs": scorecard.TREND_NEEDS,
        "customer_ids": customer_ids,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("assess_risk"), parameters)
        return RiskCounts(*cursor.fetchone())
