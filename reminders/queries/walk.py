"""Borrower after borrower through the coming days, once for each of several courses of reminders.

Note [Borrowers are independent]
Caps, distances and what was said already bind the texts of one borrower and of nobody else. So a
book can be walked in slices, and a part of the borrowers tells of the whole. Each is foreseen by
the code of Note [Asked ahead]: the same join plans, the same `decide()` decides.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.arrangements import arrangements_of
from accounts.models import Hold
from reminders.core.types import Borrower
from reminders.facts.borrowers import active_hold, borrowers, rules_in_force
from reminders.facts.due import candidates_of
from reminders.facts.grid import book_zones, grid
from reminders.facts.policies import StepInForce
from reminders.facts.words import Words
from reminders.queries.forecast import ComingHold, Facts, Judgement, Planned, foresee
from reminders.sql import statement

SLICE = 1_000
"""Borrowers whose facts are held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Course:
    """What would be in force: steps, and the words they are said in."""

    steps: Sequence[StepInForce]
    words: Words


Slot = tuple[int, str, str]
"""Instalment, key of the policy, key of the step: the same in every version."""

Foreseen = Mapping[Slot, tuple[Judgement, ...]]


def walk(
    courses: Sequence[Course], *, customer_ids: Sequence[int], until: datetime, now: datetime
) -> Iterator[tuple[Borrower, tuple[Foreseen, ...]]]:
    """Each of these borrowers of whom any course speaks before `until`, with what is decided in
    each course. What two courses say in the same way is decided once."""
    walker = _Walker(courses, until=until, now=now)
    for first in range(0, len(customer_ids), SLICE):
        yield from walker.some(customer_ids[first : first + SLICE])


class _Walker:
    def __init__(self, courses: Sequence[Course], *, until: datetime, now: datetime) -> None:
        self._courses, self._until, self._now = courses, until, now
        self._rules = rules_in_force()
        zones, _ = book_zones()
        horizon = until - now
        self._grids = [
            grid(course.steps, zones=zones, now=now, horizon=horizon) for course in courses
        ]

    def some(self, ids: Sequence[int]) -> Iterator[tuple[Borrower, tuple[Foreseen, ...]]]:
        loan_ids = loans_of(ids)
        planned = [
            candidates(course.steps, cells=cells, loan_ids=loan_ids)
            for course, cells in zip(self._courses, self._grids, strict=True)
        ]
        wanted = sorted({pk for one in planned for pk in one})
        if not wanted:
            return
        coming = coming_holds(wanted, now=self._now)
        dates = (i.candidate.due_date for one in planned for mine in one.values() for i in mine)
        last = max(self._until.date() + timedelta(days=1), *dates)
        facts_of = borrowers(customer_ids=wanted, now=self._now, due_until=last)
        for pk, borrower in facts_of.items():
            known: list[tuple[Words, list[Planned], Foreseen]] = []
            for course, of_course in zip(self._courses, planned, strict=True):
                mine = of_course.get(pk, [])
                same = next((k for k in known if k[0] is course.words and k[1] == mine), None)
                if same is None:
                    facts = Facts(borrower, tuple(coming.get(pk, ())), self._rules, course.words)
                    same = (course.words, mine, self._foresee(facts, planned=mine))
                known.append(same)
            yield borrower, tuple(found for _words, _planned, found in known)

    def _foresee(self, facts: Facts, *, planned: Sequence[Planned]) -> Foreseen:
        judged = foresee(facts, planned=planned, now=self._now, until=self._until)
        return {
            (pk, c.policy_key, c.step_key): judged[c.reminder_id]
            for c in (item.candidate for item in planned)
            if (pk := c.instalment_id) is not None and judged[c.reminder_id]
        }


def candidates(
    steps: Sequence[StepInForce], *, cells: Mapping[str, Any], loan_ids: Sequence[int] | None
) -> Mapping[int, list[Planned]]:
    """What planning would find or has planned in the slots of `cells`, by borrower, who alone
    gives the candidates their numbers."""
    makers = {step.version.pk: candidates_of(step) for step in steps}
    sql = statement("preview_due").format(due_now_or_soon=statement("due_now_or_soon"))
    with connection.cursor() as cursor:
        cursor.execute(sql, {**cells, "loan_ids": None if loan_ids is None else list(loan_ids)})
        rows = cursor.fetchall()
    found: dict[int, list[Planned]] = defaultdict(list)
    for row in rows:
        customer_id, instalment_id, version_id, due_date, send_at, expires_at, looked_at = row
        candidate = makers[version_id](
            reminder_id=len(found[customer_id]) + 1,
            instalment_id=instalment_id,
            due_date=due_date,
            send_at=send_at,
            expires_at=expires_at,
        )
        found[customer_id].append(Planned(candidate, looked_at))
    return found


def loans_of(customer_ids: Sequence[int]) -> list[int]:
    """The loans of these borrowers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_loan WHERE customer_id = ANY(%s)", [list(customer_ids)]
        )
        return [pk for (pk,) in cursor.fetchall()]


def coming_holds(customer_ids: Sequence[int], *, now: datetime) -> Mapping[int, list[ComingHold]]:
    """Holds of these borrowers that begin later, by borrower."""
    rows = list(
        Hold.objects.filter(
            customer__in=customer_ids, from_at__gt=now, released_at__isnull=True
        ).order_by("pk")
    )
    arrangements = arrangements_of(rows) if rows else {}
    found = defaultdict(list)
    for row in rows:
        hold = active_hold(row, arrangement=arrangements.get(row.pk))
        found[row.customer_id].append(ComingHold(row.from_at, hold))
    return found
