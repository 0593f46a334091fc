"""Planning: which step speaks for which instalment, and when; and whom campaigns write to.

Fixes only *when*. Whether a reminder goes out at all is decided at that time, on fresh facts.

Note [Planning in slices]
What is to be stored is collected by one statement that only reads, and stored slice by slice, each
a transaction of its own, so that nothing waits long for what planning has locked. A planner that
dies in between loses nothing: what it had stored is found stored by the next.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from reminders.core.schedule import HORIZON
from reminders.facts.borrowers import rules_in_force
from reminders.facts.grid import book_zones, grid
from reminders.facts.ledger import ledger_age
from reminders.facts.policies import StepInForce, steps_in_force
from reminders.models import PlanningChange, PlanningState
from reminders.pipeline.campaigns import cancel_campaigns, plan_campaigns
from reminders.sql import statement

log = logging.getLogger(__name__)

_ONE_PLANNER = 7_301
"""Key of the advisory lock that keeps two planners from doing the same work at once."""

WHOLE_EVERY = timedelta(hours=1)
"""How often planning looks at everything, whatever it was told of."""

_BLOCKS_PER_SLICE = 500  # some 45,000 reminders
_CANCELLED_PER_SLICE = 50_000
_MOST_LOANS = 20_000
"""When more loans than this changed, looking at everything is cheaper."""


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """Rows: new, moved in time, cancelled; and zones in the book that nobody knows."""

    new: int = 0
    retimed: int = 0
    cancelled: int = 0
    unknown_zones: tuple[str, ...] = ()
    was_busy: bool = False


def _tell_of_a_stale_ledger(now: datetime) -> None:
    age = ledger_age(rules_in_force(), now=now)
    if age.is_stale:
        log.error(
            "overdue texts wait: payments were last fed in %.0f hours ago, at %s; allowed are %s",
            age.hours,
            age.as_of,
            age.hours_max,
        )


def plan(*, now: datetime, whole: bool = False) -> PlanCounts:
    """Store a reminder for every instalment that a step speaks for within the horizon.

    1. See what may have changed since the last time; with `whole`, look at everything.
       See Note [Planning looks at what changed].
    2. Build the grid of slots in Python (see Note [Instants are computed here alone]).
    3. Join it with the open instalments and store what is new, in slices.
    4. Cancel what no step speaks for any more.
    5. The same for campaigns: withdraw what was stopped, place whom their days take.
    6. Look now at what waits for a hold that was released early: accounts knows nothing of
       reminders and could not wake them itself.
    7. Log an error when the ledger is so old that overdue texts wait for the next feed.

    Doing it again changes nothing. When another planner is at work, does nothing and says so.
    """
    with _alone() as is_alone:
        if not is_alone:
            return PlanCounts(was_busy=True)
        news = _news(now=now, whole=whole)
        steps = steps_in_force()
        zones, unknown = book_zones()
        new = retimed = 0
        for wanted in _grids(news, steps=steps, zones=zones, now=now):
            for added, moved in _store(wanted, steps=steps, now=now):
                new, retimed = new + added, retimed + moved
        cancelled = _cancel(news, steps=steps, now=now)
        is_whole = news.since is None
        cancelled += cancel_campaigns(now=now) if is_whole else 0
        new += plan_campaigns(zones=zones, now=now, whole=is_whole)
        with connection.cursor() as cursor:
            cursor.execute(statement("wake_released"), {"now": now})
            retimed += cursor.rowcount
        _remember(news, now=now)
    _tell_of_a_stale_ledger(now)
    return PlanCounts(new, retimed, cancelled, unknown)


@contextmanager
def _alone() -> Iterator[bool]:
    """False while another planner is at work. A planner that dies leaves no lock behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_PLANNER])
        is_alone: bool = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_PLANNER])


@dataclass(frozen=True, slots=True)
class _News:
    """What to look at: everything when `since` is None, else the slots that came within the
    horizon since then and all slots of `loan_ids`. `change_ids` are the rows that said so."""

    since: datetime | None
    whole_at: datetime
    loan_ids: list[int]
    change_ids: list[int]


def _news(*, now: datetime, whole: bool) -> _News:
    state = PlanningState.objects.filter(pk=1).first()
    changes = list(PlanningChange.objects.values_list("pk", "loan_id"))
    change_ids = [pk for pk, _ in changes]
    loan_ids = {loan_id for _, loan_id in changes if loan_id is not None}
    if (
        whole
        or state is None
        or now < state.planned_at  # clocks that were set back
        or now >= state.whole_at + WHOLE_EVERY
        or any(loan_id is None for _, loan_id in changes)
        or len(loan_ids) > _MOST_LOANS
    ):
        return _News(None, now, [], change_ids)
    return _News(state.planned_at, state.whole_at, sorted(loan_ids), change_ids)


def _remember(news: _News, *, now: datetime) -> None:
    with transaction.atomic():
        PlanningState.objects.update_or_create(
            pk=1, defaults={"planned_at": now, "whole_at": news.whole_at}
        )
        if news.change_ids:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM reminders_planningchange WHERE id = ANY(%s)", [news.change_ids]
                )


def _grids(
    news: _News, *, steps: Iterable[StepInForce], zones: Iterable[str], now: datetime
) -> Iterator[dict[str, Any]]:
    """Parameters of `due_now_or_soon.sql`: what `news` says to look at."""
    if news.since is None:
        yield grid(steps, zones=zones, now=now)
        return
    new_slots = grid(steps, zones=zones, now=now, begins_after=news.since + HORIZON)
    if new_slots["step_ids"]:
        yield new_slots
    if news.loan_ids:
        yield {**grid(steps, zones=zones, now=now), "loan_ids": news.loan_ids}


def _store(
    wanted: dict[str, Any], *, steps: Iterable[StepInForce], now: datetime
) -> Iterator[tuple[int, int]]:
    """Store what is not planned yet: numbers of new and of re-timed reminders, slice by slice."""
    on_the_day = [step.version.pk for step in steps if step.version.offset_days == 0]
    collect = statement("collect_unplanned").format(due_now_or_soon=statement("due_now_or_soon"))
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute("DROP TABLE IF EXISTS pg_temp.reminder_to_plan")
            cursor.execute("SET LOCAL work_mem = '64MB'")
            cursor.execute(collect, wanted)
            cursor.execute(
                "SELECT pg_relation_size('pg_temp.reminder_to_plan')"
                " / current_setting('block_size')::integer"
            )
            (blocks,) = cursor.fetchone()
        for first in range(0, blocks, _BLOCKS_PER_SLICE):
            last = first + _BLOCKS_PER_SLICE
            cursor.execute(
                statement("plan_due"),
                {
                    "first": f"({first},0)",
                    "last": f"({last},0)",
                    "on_the_day": on_the_day,
                    "now": now,
                },
            )
            yield cursor.fetchone()
        cursor.execute("DROP TABLE pg_temp.reminder_to_plan")


def _cancel(news: _News, *, steps: Iterable[StepInForce], now: datetime) -> int:
    """Number of reminders that no step speaks for any more."""
    if news.since is not None and not news.loan_ids:
        return 0
    parameters: dict[str, Any] = {
        "step_version_ids": [step.version.pk for step in steps],
        "loan_ids": None if news.since is None else news.loan_ids,
        "limit": _CANCELLED_PER_SLICE,
        "now": now,
    }
    cancelled: int = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement("cancel_unplanned"), parameters)
            cancelled += cursor.rowcount
            if cursor.rowcount < _CANCELLED_PER_SLICE:
                return cancelled
