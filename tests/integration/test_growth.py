"""No step's cost grows with what was sent before: what it reads of tables and indexes, without a
history and with one of a hundred thousand texts."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.risk.refresh import refresh_risk
from reminders.gateways.base import Accepted, Gateway, Text
from reminders.models import Attempt, Message, Reminder
from reminders.pipeline.callbacks import store_raw
from reminders.pipeline.closing import close_batch
from reminders.pipeline.dispatch import BATCH, dispatch
from reminders.pipeline.forgetting import SLICE, forget_callbacks
from reminders.pipeline.opening import count_due
from reminders.pipeline.planning import plan
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.storing import Outgoing
from reminders.pipeline.sweeping import sweep
from reminders.queries.limbo import limbos
from tests.bench.book import write_book
from tests.bench.moment import PLANNED_AT, SENT_AT

pytestmark = pytest.mark.django_db(transaction=True)

BORROWERS = 700
SETTLED = 14
"""More settled instalments of each loan, with and without a history."""

EACH = 10
"""Reminders of each settled instalment in the history."""

ENTRIES_RATIO_MAX = 1.2
PAGES_RATIO_MAX = 2.5
"""An index of a hundred thousand entries is three levels deep instead of one."""

FEW = 50
"""Of fewer than this nothing can be said."""

FORGETTING = "forget callbacks"
"""Looks at one slice of them, however many there are."""

_HISTORY = Path(__file__).with_name("history.sql")
_SETTLED = """
INSERT INTO accounts_instalment (loan_id, seq, due_date, amount_due, paid, settled_at)
SELECT
    loan.id, 3 + past.number, DATE '2026-11-24' - 30 * (past.number + 2), 300, 300,
    TIMESTAMPTZ '2026-11-24' - past.number * INTERVAL '30 days'
FROM accounts_loan AS loan
CROSS JOIN generate_series(1, %s) AS past (number)
"""
_IMPORTS = """
INSERT INTO accounts_importrun (source, started_at, finished_at, summary)
SELECT 'book', at, at, '{"files": {"payments.csv": {"new": 1}}}'
FROM generate_series(
    TIMESTAMPTZ '2026-11-20', TIMESTAMPTZ '2026-11-24', INTERVAL '1 hour'
) AS hour (at)
"""
_EMPTY = """
TRUNCATE reminders_reminder, reminders_message, reminders_attempt, reminders_receipt,
    reminders_rawreceipt, reminders_earliertext, reminders_planningstate, reminders_planningchange,
    reminders_settlement
CASCADE
"""
_TOUCHED = """
SELECT
    relname,
    seq_tup_read + coalesce(
        (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes AS i WHERE i.relid = t.relid), 0
    ) AS entries,
    heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)
    + coalesce(toast_blks_read + toast_blks_hit + tidx_blks_read + tidx_blks_hit, 0) AS pages
FROM pg_stat_user_tables AS t
JOIN pg_statio_user_tables AS io USING (relid, relname)
"""


@dataclass(slots=True)
class Touched:
    """Entries of tables and indexes that were read, and pages that were touched, by table."""

    entries: Counter[str]
    pages: Counter[str]

    def bears(self, later: "Touched") -> bool:
        """Whether that is as much, but for the depth of indexes."""
        return later.entries.total() <= ENTRIES_RATIO_MAX * max(
            self.entries.total(), FEW
        ) and later.pages.total() <= PAGES_RATIO_MAX * max(self.pages.total(), FEW)

    def __sub__(self, before: "Touched") -> "Touched":
        return Touched(self.entries - before.entries, self.pages - before.pages)


Steps = dict[str, Touched]


def so_far() -> Touched:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(_TOUCHED)
        rows = cursor.fetchall()
    return Touched(
        Counter({table: int(entries) for table, entries, _ in rows}),
        Counter({table: pages for table, _, pages in rows}),
    )


@contextmanager
def counted(steps: Steps, step: str) -> Iterator[None]:
    before = so_far()
    yield
    steps[step] = so_far() - before


def run_sql(sql: str, parameters: Sequence[int] | Mapping[str, int | datetime] = ()) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, INDEX_CLEANUP ON)")


def a_book(borrowers: int) -> None:
    call_command("load_calendar", "--shipped", stdout=StringIO())
    call_command("load_shipped_policy", stdout=StringIO())
    write_book(borrowers)


def a_day(gateway: Gateway) -> Steps:
    """Every step of a day, on a book to which nothing was said of what is due today."""
    steps: Steps = {}
    later, next_hour = SENT_AT + timedelta(minutes=5), SENT_AT + timedelta(minutes=70)
    with counted(steps, "plan a new day"):
        assert plan(now=PLANNED_AT).new > BORROWERS
    vacuum()
    with counted(steps, "plan when nothing changed"):
        assert plan(now=PLANNED_AT + timedelta(seconds=10)).new == 0
    with counted(steps, "count what is due"):
        assert count_due(now=SENT_AT, most=1_600) > BATCH
    with counted(steps, "dispatch 200"):
        assert dispatch(now=SENT_AT, gateway=gateway).borrowers == BATCH
    while dispatch(now=SENT_AT, gateway=gateway).borrowers:
        pass
    vacuum()
    bodies = [_delivered(str(reference)) for reference in accepted(500)]
    with counted(steps, "store 500 callbacks"):
        for body in bodies:
            store_raw(gateway="simulator", body=body, now=SENT_AT)
    with counted(steps, "apply 500 receipts"):
        assert apply_receipts(now=later, limit=500).applied == 500
    with counted(steps, "sweep when nothing waits"):
        assert sweep(now=later, gateway=gateway).asked == 0
    with counted(steps, "limbo"):
        assert sum(limbo.count for limbo in limbos(now=later)) > 0
    with counted(steps, "sweep and ask"):
        assert sweep(now=next_hour, gateway=gateway).asked > 0
    with counted(steps, "risk"):
        assert refresh_risk(now=later).total == BORROWERS
    with counted(steps, FORGETTING):
        assert forget_callbacks(now=later, days=10_000) == 0
    return steps


def explained_closing(*, many: int) -> str:
    """How the answers to so many texts at once are written down; an answer is not compared with
    every other one, nor looked up in all that was ever tried, when statistics say that all tries
    were accepted."""
    assert not Attempt.objects.exclude(outcome="accepted").exists()
    run_sql("ANALYZE reminders_attempt")
    attempts = list(Attempt.objects.order_by("-pk").values_list("pk", "message")[:many])
    answers = [
        (
            Outgoing(message, pk, 1, Text(str(uuid4()), "+8614000000001", "…", 1, True), SENT_AT),
            Accepted(f"f{pk}"),
        )
        for pk, message in attempts
    ]
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        close_batch(answers, now=SENT_AT)
    ((closing, params),) = (one for one in asked if "), closed AS (" in one[0])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {closing}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def accepted(count: int) -> list[UUID]:
    """References of so many texts that have no receipt yet; there are more."""
    waiting = Message.objects.filter(state="accepted").values_list("reference", flat=True)
    assert len(waiting) > count
    return list(waiting[:count])


def _delivered(reference: str) -> str:
    said = {"reference": reference, "status": "delivered", "event": f"e-{reference}"}
    return json.dumps({"receipts": [said]})


class TestMorning:
    def test_makes_no_claim_dearer_though_statistics_are_of_the_night(
        self, gateway: Gateway
    ) -> None:
        """Nothing had been sent when they were gathered; then the whole book is written to."""
        a_book(3 * BORROWERS)
        assert plan(now=PLANNED_AT).new > 3 * BORROWERS
        vacuum()
        steps: Steps = {}
        for number in range(9):
            with counted(steps, f"claim {number}"):
                assert dispatch(now=SENT_AT, gateway=gateway).borrowers == BATCH

        assert steps["claim 1"].bears(steps["claim 8"])


class TestHistory:
    def test_makes_no_step_dearer(self, gateway: Gateway) -> None:
        a_book(BORROWERS)
        run_sql(_SETTLED, [SETTLED])
        run_sql(_IMPORTS)
        refresh_risk(now=PLANNED_AT)
        vacuum()
        without = a_day(gateway)

        run_sql(_EMPTY)
        run_sql(_HISTORY.read_text(encoding="utf-8"), {"each": EACH, "now": PLANNED_AT})
        vacuum()
        assert Reminder.objects.count() == Message.objects.count() > 100_000
        with_history = a_day(gateway)

        grown = {
            step: (before, with_history[step])
            for step, before in without.items()
            if step != FORGETTING and not before.bears(with_history[step])
        }
        assert grown == {}
        plan_of_closing = explained_closing(many=700)
        assert "Seq Scan" not in plan_of_closing
        compared = re.findall(r"Join Filter: (.+)", plan_of_closing)
        assert not [one for one in compared if "newer" not in one and "reminder." not in one]
        closed = re.search(
            r"attempt_pkey on reminders_attempt attempt .* rows=(\d+)", plan_of_closing
        )
        assert closed is not None
        assert int(closed[1]) > 100  # taken for one row, it may be joined row by row
        assert with_history[FORGETTING].entries.total() < 1.1 * SLICE
