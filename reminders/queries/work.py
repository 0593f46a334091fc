"""The work lists of the collections desk, and how much is on each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reminders.queries import high_risk, promises_due, replies, undeliverable, unknown
from reminders.queries.formats import Clock


@dataclass(frozen=True, slots=True)
class WorkList:
    """One list: the name in its address, how many are on it, and where counting ends."""

    name: str
    count: Callable[[Clock, datetime], int]
    counted_most: int


LISTS = (
    WorkList(
        "promises",
        lambda _clock, now: promises_due.promises_due_count(now=now),
        promises_due.COUNTED_MOST,
    ),
    WorkList(
        "high_risk",
        lambda clock, now: high_risk.high_risk_count(today=clock.date(now)),
        high_risk.COUNTED_MOST,
    ),
    WorkList(
        "undeliverable",
        lambda _clock, _now: undeliverable.undeliverable_count(),
        undeliverable.COUNTED_MOST,
    ),
    WorkList("replies", lambda _clock, _now: replies.replies_count(), replies.COUNTED_MOST),
    WorkList("unknown", lambda _clock, _now: unknown.unknown_count(), unknown.COUNTED_MOST),
)
"""In the order of the navigation."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much is on a list; `is_more` when it was not counted to the end."""

    name: str
    count: int
    is_more: bool


def work(*, clock: Clock, now: datetime) -> tuple[Work, ...]:
    """How much is on each list, one short statement for each."""
    found = []
    for one in LISTS:
        count = one.count(clock, now)
        found.append(Work(one.name, count, count >= one.counted_most))
    return tuple(found)
