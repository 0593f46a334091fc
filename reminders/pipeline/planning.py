"""Planning: which step speaks for which instalment, and when.

Fixes only *when*. Whether a reminder goes out at all is decided at that time, on fresh facts.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from reminders.facts.borrowers import rules_in_force
from reminders.facts.grid import book_zones, grid
from reminders.facts.ledger import ledger_age
from reminders.facts.policies import steps_in_force
from reminders.sql import statement

log = logging.getLogger(__name__)

_ONE_PLANNER = 7_301
"""Key of the advisory lock that keeps two planners from doing the same work at once."""


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


def plan(*, now: datetime) -> PlanCounts:
    """Store a reminder for every instalment that a step speaks for within the horizon.

    1. Build the grid of slots in Python (see Note [Instants are computed here alone]).
    2. Join it with the open instalments and store the result, in one statement.
    3. Cancel what no step speaks for any more.
    4. Look now at what waits for a hold that was released early: accounts knows nothing of
       reminders and could not wake them itself.
    5. Log an error when the ledger is so old that overdue texts wait for the next feed.

    Doing it again changes nothing. When another planner is at work, does nothing and says so.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_PLANNER])
        if not cursor.fetchone()[0]:
            return PlanCounts(was_busy=True)
        steps = steps_in_force()
        zones, unknown = book_zones()
        sql = statement("plan_due").format(due_now_or_soon=statement("due_now_or_soon"))
        cursor.execute(sql, {**grid(steps, zones=zones, now=now), "now": now})
        new, retimed = cursor.fetchone()
        cursor.execute(
            statement("cancel_unplanned"),
            {"step_version_ids": [s.version.pk for s in steps], "now": now},
        )
        cancelled = cursor.rowcount
        cursor.execute(statement("wake_released"), {"now": now})
        woken = cursor.rowcount
    _tell_of_a_stale_ledger(now)
    return PlanCounts(new, retimed + woken, cancelled, unknown)
