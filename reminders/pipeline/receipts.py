"""Receipts: what callbacks say, read after they were stored (`callbacks`).

Reading never blocks on one bad callback: what cannot be read is noted with it, and a batch that the
database refuses is read again one by one, so that only the culprit stays behind, with a note.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import DatabaseError, OperationalError, connection, transaction

from reminders.gateways.base import MalformedCallback, ReadReceipts
from reminders.gateways.registry import UnknownGateway, reader_named
from reminders.models import RawReceipt
from reminders.pipeline.statements import Statement, StatementCounts, apply_statements
from reminders.sql import binary_cursor, statement

log = logging.getLogger(__name__)

CALLBACKS_AT_ONCE = 1_000
STATEMENTS_AT_ONCE = 2_000
"""What one transaction holds at the most of callbacks, and about of statements: some 0.1 s.

A gateway puts one statement or some hundred into a callback, so a round begins small and grows.
"""

_CALLBACKS_AT_FIRST = 50
_PROBLEM_LINES_MAX = 20


@dataclass(frozen=True, slots=True)
class AppliedReceipts:
    """What was read: callbacks, and what became of the statements in them.

    `unreadable` counts what is noted as a problem; `put_off` callbacks that wait for the next
    round because their borrower was being decided on.
    """

    callbacks: int = 0
    applied: int = 0
    late: int = 0
    doubled: int = 0
    unknown_reference: int = 0
    unreadable: int = 0
    put_off: int = 0

    @property
    def statements(self) -> int:
        """What was read in the callbacks that are done."""
        return self.applied + self.late + self.doubled + self.unknown_reference

    def __add__(self, other: "AppliedReceipts") -> "AppliedReceipts":
        return AppliedReceipts(
            self.callbacks + other.callbacks,
            self.applied + other.applied,
            self.late + other.late,
            self.doubled + other.doubled,
            self.unknown_reference + other.unknown_reference,
            self.unreadable + other.unreadable,
            self.put_off + other.put_off,
        )


class _Raw(NamedTuple):
    """A stored callback, locked."""

    pk: int
    gateway: str
    body: str
    received_at: datetime


def apply_receipts(*, now: datetime, limit: int) -> AppliedReceipts:
    """Read up to `limit` stored callbacks, oldest first; counts of what became of them.

    Any number of workers may do so at once: each passes over what others hold.
    """
    total, after, at_once = AppliedReceipts(), 0, _CALLBACKS_AT_FIRST
    while limit > 0:
        at_once = min(at_once, limit)
        try:
            counts, last = _apply_some(after=after, limit=at_once, now=now)
        except OperationalError:
            raise  # the server, not a row: the next tick tries again
        except DatabaseError:
            log.exception("a batch of receipts was refused; reading them one by one")
            counts, last = _apply_one_by_one(after=after, limit=at_once, now=now)
        total += counts
        if last is None:
            break
        after, limit = last, limit - at_once
        at_once = _next_size(at_once, statements=counts.statements)
    return total


def _next_size(callbacks: int, *, statements: int) -> int:
    """How many callbacks to take after so many with so many statements."""
    fitting = callbacks * STATEMENTS_AT_ONCE // max(statements, 1)
    return max(1, min(2 * callbacks, fitting, CALLBACKS_AT_ONCE))


@transaction.atomic
def _apply_some(*, after: int, limit: int, now: datetime) -> tuple[AppliedReceipts, int | None]:
    """Read up to `limit` callbacks beyond `after`; counts, and the last id or None for the end."""
    raws = _take(after=after, limit=limit)
    counts = _apply(raws, now=now) if raws else AppliedReceipts()
    return counts, raws[-1].pk if len(raws) == limit else None


def _take(*, after: int, limit: int) -> list[_Raw]:
    """The next callbacks that nobody else holds, locked."""
    with connection.cursor() as cursor:
        cursor.execute(statement("take_raw_receipts"), {"after": after, "limit": limit})
        return [_Raw(*row) for row in cursor.fetchall()]


def _apply(raws: Sequence[_Raw], *, now: datetime) -> AppliedReceipts:
    """Read these callbacks, which are locked."""
    statements, problems = _read(raws)
    counts = apply_statements(statements, now=now)
    return _close(raws, problems=problems, counts=counts, now=now)


def _read(raws: Sequence[_Raw]) -> tuple[list[Statement], dict[int, tuple[str, ...]]]:
    """The statements in these callbacks, and what could not be read, by callback."""
    statements: list[Statement] = []
    problems: dict[int, tuple[str, ...]] = {}
    for raw in raws:
        read = _read_one(raw)
        statements += [
            Statement(raw.gateway, status, raw.received_at, raw.pk) for status in read.statuses
        ]
        if read.problems:
            problems[raw.pk] = read.problems
    return statements, problems


def _read_one(raw: _Raw) -> ReadReceipts:
    try:
        return reader_named(raw.gateway).read_receipts(raw.body)
    except (UnknownGateway, MalformedCallback) as error:
        return ReadReceipts((), (str(error),))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        # A fault in a gateway's file. The callback is kept; once mended, clear `applied_at`.
        log.exception("raw receipt %s cannot be read", raw.pk)
        return ReadReceipts((), (f"{type(error).__name__} while reading",))


def _close(
    raws: Sequence[_Raw],
    *,
    problems: dict[int, tuple[str, ...]],
    counts: StatementCounts,
    now: datetime,
) -> AppliedReceipts:
    done = [raw for raw in raws if raw.pk not in counts.put_off]
    with binary_cursor() as cursor:
        cursor.execute(
            statement("close_raw_receipts"),
            {
                "now": now,
                "ids": [raw.pk for raw in done],
                "problems": [_words(problems.get(raw.pk, ())) for raw in done],
            },
        )
    if counts.put_off:
        waiting = RawReceipt.objects.filter(pk__in=counts.put_off, put_off_since=None)
        waiting.update(put_off_since=now)
    return AppliedReceipts(
        callbacks=len(done),
        applied=counts.applied,
        late=counts.late,
        doubled=counts.doubled,
        unknown_reference=counts.unknown_reference,
        unreadable=sum(len(problems.get(raw.pk, ())) for raw in done),
        put_off=len(counts.put_off),
    )


def _words(problems: Sequence[str]) -> str:
    lines = list(problems[:_PROBLEM_LINES_MAX])
    if len(problems) > len(lines):
        lines.append(f"and {len(problems) - len(lines)} more")
    return "\n".join(lines)


def _apply_one_by_one(
    *, after: int, limit: int, now: datetime
) -> tuple[AppliedReceipts, int | None]:
    """Read the next callbacks each in a transaction of its own; note the one that is refused."""
    total, last = AppliedReceipts(), None
    waiting = RawReceipt.objects.filter(applied_at=None, pk__gt=after).order_by("pk")
    for pk in list(waiting.values_list("pk", flat=True)[:limit]):
        last = pk
        try:
            total += _apply_one(pk, now=now)
        except OperationalError:
            raise
        except DatabaseError as error:
            total += _give_up(pk=pk, problem=type(error).__name__, now=now)
    return total, last


def _locked(pk: int) -> RawReceipt | None:
    """The callback, unless another worker holds it or has read it."""
    raws = RawReceipt.objects.select_for_update(skip_locked=True, no_key=True)
    return raws.filter(applied_at=None, pk=pk).first()


@transaction.atomic
def _apply_one(pk: int, *, now: datetime) -> AppliedReceipts:
    raw = _locked(pk)
    if raw is None:
        return AppliedReceipts()
    return _apply([_Raw(raw.pk, raw.gateway, raw.body, raw.received_at)], now=now)


@transaction.atomic
def _give_up(*, pk: int, problem: str, now: datetime) -> AppliedReceipts:
    raw = _locked(pk)
    if raw is None:
        return AppliedReceipts()
    log.error("raw receipt %s was given up: %s", pk, problem)
    raw.applied_at, raw.problem = now, f"{problem} while applying"
    raw.save(update_fields=["applied_at", "problem"])
    return AppliedReceipts(callbacks=1, unreadable=1)
