"""How likely a borrower is to fall behind, judged by plain rules over the last instalments.

`accounts/sql/assess_risk.sql` is the same scorecard for many borrowers at once; a property test
holds the two equal.

An instalment counts once its days of grace are over: within them nobody is late by contract.
It was late when it was settled on a later day than its last day of grace, or is still open;
its lateness is then counted from the due date. An open one is late until today. All dates are
dates where the borrower lives.

A borrower of whom nothing has fallen due yet is at medium risk: nothing speaks against them, but
they have not shown to be punctual either, and the quiet treatment of the punctual would leave
exactly the first instalment, which new borrowers forget, without its early warning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from accounts.core.instalments import days_past_due
from accounts.core.vocabulary import RiskTier

_TENTH, _THOUSANDTH = Decimal("0.1"), Decimal("0.001")
TREND_NEEDS = 4
"""A trend compares two halves of at least two instalments each."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds: reaching any `high_*` one means high risk, else any `medium_*` one medium."""

    window_instalments: int = 6
    medium_late_count: int = 1
    high_late_count: int = 3
    medium_longest_late_days: int = 3
    high_longest_late_days: int = 15
    high_trend_days: int = 7
    medium_share_paid_below: Decimal = Decimal("0.999")
    high_share_paid_below: Decimal = Decimal("0.700")


@dataclass(frozen=True, slots=True)
class PastInstalment:
    """An instalment as the scorecard sees it. `order` decides between equal due dates."""

    due_date: date
    grace_days: int
    amount_due: Decimal
    paid: Decimal
    settled_on: date | None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rules look at, over the window."""

    counted: int
    late_count: int
    longest_late_days: int
    newer_late_days: int
    older_late_days: int
    amount_due: Decimal
    amount_paid: Decimal


@dataclass(frozen=True, slots=True)
class Reason:
    """A threshold that was reached, with the figure that reached it."""

    code: str
    level: RiskTier
    value: int | Decimal
    threshold: int | Decimal


@dataclass(frozen=True, slots=True)
class Assessment:
    """A tier and why."""

    tier: RiskTier
    reasons: tuple[Reason, ...]


def late_days(instalment: PastInstalment, *, today: date) -> int:
    """Days from the due date to the settlement, or to `today`; 0 when within grace."""
    until = instalment.settled_on or today
    days = days_past_due(due_date=instalment.due_date, today=until)
    return days if days > instalment.grace_days else 0


def figures(instalments: Iterable[PastInstalment], *, today: date, window: int) -> Figures:
    """Figures of the newest `window` instalments whose days of grace are over."""
    fallen = [
        item
        for item in instalments
        if days_past_due(due_date=item.due_date, today=today) > item.grace_days
    ]
    fallen.sort(key=lambda item: (item.due_date, item.order), reverse=True)
    counted = fallen[:window]
    lateness = [late_days(item, today=today) for item in counted]
    half = len(lateness) // 2
    return Figures(
        counted=len(counted),
        late_count=sum(1 for days in lateness if days),
        longest_late_days=max(lateness, default=0),
        newer_late_days=sum(lateness[:half]),
        older_late_days=sum(lateness[len(lateness) - half :]),
        amount_due=sum((item.amount_due for item in counted), Decimal(0)),
        amount_paid=sum((item.paid for item in counted), Decimal(0)),
    )


def _reached(code: str, *, value: int, medium: int, high: int) -> Sequence[Reason]:
    if value >= high:
        return [Reason(code, RiskTier.HIGH, value, high)]
    if value >= medium:
        return [Reason(code, RiskTier.MEDIUM, value, medium)]
    return []


def _trend(found: Figures, *, rules: Rules) -> Sequence[Reason]:
    half = found.counted // 2
    growth = found.newer_late_days - found.older_late_days
    if found.counted < TREND_NEEDS or growth < rules.high_trend_days * half:
        return []
    value = (Decimal(growth) / half).quantize(_TENTH, rounding=ROUND_HALF_UP)
    return [Reason("trend", RiskTier.HIGH, value, rules.high_trend_days)]


def _share_paid(found: Figures, *, rules: Rules) -> Sequence[Reason]:
    for level, below in (
        (RiskTier.HIGH, rules.high_share_paid_below),
        (RiskTier.MEDIUM, rules.medium_share_paid_below),
    ):
        if found.amount_paid < below * found.amount_due:
            # Rounded down, so that the figure shown is never the threshold it fell short of.
            value = (found.amount_paid * 1000 // found.amount_due) * _THOUSANDTH
            return [Reason("share_paid", level, value, below)]
    return []


def assess(found: Figures, *, rules: Rules) -> Assessment:
    """The tier that `found` leads to, with every threshold that was reached."""
    if found.counted == 0:
        return Assessment(RiskTier.MEDIUM, (Reason("no_history", RiskTier.MEDIUM, 0, 1),))
    reasons = (
        *_reached(
            "late_count",
            value=found.late_count,
            medium=rules.medium_late_count,
            high=rules.high_late_count,
        ),
        *_reached(
            "longest_late_days",
            value=found.longest_late_days,
            medium=rules.medium_longest_late_days,
            high=rules.high_longest_late_days,
        ),
        *_trend(found, rules=rules),
        *_share_paid(found, rules=rules),
    )
    for tier in (RiskTier.HIGH, RiskTier.MEDIUM):
        if any(reason.level is tier for reason in reasons):
            return Assessment(tier, reasons)
    return Assessment(RiskTier.LOW, (Reason("punctual", RiskTier.LOW, found.counted, 0),))
