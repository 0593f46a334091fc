"""The first half of dispatch: claim, facts, decision, and rows for what is about to happen.

One transaction. What was committed before the claim is obeyed: a payment, a hold, an opt-out
(P2). When it ends, every text that is about to leave has a message and an open attempt, and
everything else that was looked at has its reason.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.encryption import CannotDecrypt, decrypt
from reminders.core.eligibility import decide
from reminders.core.types import (
    Answer,
    Decision,
    Defer,
    Draft,
    Expire,
    Send,
    Skip,
    Verdict,
)
from reminders.facts.borrowers import Known, known, rules_in_force
from reminders.facts.campaigns import without_active_loan
from reminders.facts.due import DueReminder, coming_reminders, due_reminders
from reminders.facts.words import NoText, Words
from reminders.models import Reminder
from reminders.models.choices import ReminderState
from reminders.pipeline.links import new_token, store_links
from reminders.pipeline.resending import stop_resends
from reminders.pipeline.storing import Outgoing, Written, open_messages
from reminders.sql import binary_cursor, statement

log = logging.getLogger(__name__)

_PUSHED_BACK = timedelta(hours=1)
"""A row that cannot be handled now is looked at again then, so that it never loops or blocks."""

_WINDOWS = (3, 20)
"""Reminders that a claim looks at for each borrower that it wants."""


@dataclass(slots=True)
class Opened:
    """What one claim came to: borrowers decided on, texts to hand over, reminders by outcome."""

    borrowers: int = 0
    outgoing: list[Outgoing] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


def open_batch(
    *, now: datetime, limit: int, gateway: str, only: Sequence[int] | None = None
) -> Opened:
    """Claim up to `limit` borrowers and open an attempt for each text that goes out now.

    1. Lock borrowers with a reminder to look at, and these reminders, passing over what others
       hold.
    2. Read the facts; decide, borrower by borrower, in pure code.
    3. Compose the texts; store messages and open attempts.
    4. Store every verdict with its reason.

    A batch that fails is taken again borrower by borrower, so that only the culprit stays behind.
    `only` names the borrowers to look at, for a text sent by hand.
    """
    with transaction.atomic():
        claimed = _claim(now=now, limit=limit, only=only)
        if not claimed:
            return Opened()
        try:
            return _open(claimed, now=now, gateway=gateway)
        except OperationalError:
            raise  # the server, not a row: the next tick tries again
        except _FAULTS_OF_A_ROW:
            log.exception("a claim of %s borrowers failed; taking them one by one", len(claimed))
        opened = Opened()
        for customer_id in claimed:
            _add(opened, _open_one(customer_id, now=now, gateway=gateway))
        return opened


_FAULTS_OF_A_ROW = (
    DatabaseError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


@transaction.atomic
def _open(claimed: Sequence[int], *, now: datetime, gateway: str) -> Opened:
    """Decide on borrowers who are locked, and open what goes out; all of it or nothing."""
    # A busy gateway or a dead worker may have brought back what turned out to have arrived.
    stop_resends(claimed)
    due = due_reminders(customer_ids=claimed, now=now)
    if not due:
        return Opened()
    verdicts, written = _decide_all(due, customer_ids=claimed, now=now)
    outgoing = open_messages(written, now=now, gateway=gateway)
    store_links(written, outgoing, now=now)
    for item, opened in zip(written, outgoing, strict=True):
        for reminder_id in item.draft.reminder_ids:
            verdicts[reminder_id].message_id = opened.message_id
    _part_from(written, outgoing)
    _record(verdicts, now=now)
    _cancel_abandoned([r.message_id for r in due], now=now)
    return Opened(
        borrowers=len({reminder.customer_id for reminder in due}),
        outgoing=outgoing,
        outcomes=Counter(row.outcome for row in verdicts.values()),
    )


def _open_one(customer_id: int, *, now: datetime, gateway: str) -> Opened:
    """One borrower alone. Whose rows cannot be handled is put back, or it would block the others
    at every claim."""
    try:
        return _open([customer_id], now=now, gateway=gateway)
    except OperationalError:
        raise
    except _FAULTS_OF_A_ROW:
        log.exception("customer %s cannot be decided on", customer_id)
    rows = Reminder.objects.filter(
        customer=customer_id, state=ReminderState.PLANNED, next_attempt_at__lte=now
    ).values_list("pk", "expires_at", "message")
    verdicts = _pushed_back([row[:2] for row in rows], reason="facts_unreadable", now=now)
    _record(verdicts, now=now)
    _cancel_abandoned([row[2] for row in rows], now=now)
    return Opened(borrowers=1, outcomes=Counter(row.outcome for row in verdicts.values()))


def count_due(*, now: datetime, most: int) -> int:
    """How many reminders are to be looked at now, counted up to `most`."""
    due = Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now)
    return due[:most].count()


def _add(total: Opened, one: Opened) -> None:
    total.borrowers += one.borrowers
    total.outgoing += one.outgoing
    total.outcomes += one.outcomes


@dataclass(slots=True)
class _Row:
    """What becomes of one reminder's row."""

    state: ReminderState
    reason: str
    detail: Mapping[str, object] | None = None
    next_attempt_at: datetime | None = None
    message_id: int | None = None
    trace: Sequence[Answer] = ()

    @property
    def outcome(self) -> str:
        if self.state == ReminderState.MESSAGED:
            return "sent"
        if self.state == ReminderState.PLANNED:
            return f"deferred:{self.reason}"
        return f"{self.state.value}:{self.reason}"


def _claim(*, now: datetime, limit: int, only: Sequence[int] | None) -> list[int]:
    """Up to `limit` borrowers, locked. Looks further down the queue only when many of those who are
    first in it are held by others."""
    claimed: list[int] = []
    with connection.cursor() as cursor:
        for window in _WINDOWS:
            cursor.execute(
                statement("claim_due"),
                {
                    "now": now,
                    "limit": limit,
                    "window": limit * window,
                    "only": list(only) if only is not None else None,
                },
            )
            claimed = [pk for (pk,) in cursor.fetchall()]
            if len(claimed) == limit:
                break
    return claimed


def _decide_all(
    due: Sequence[DueReminder], *, customer_ids: Sequence[int], now: datetime
) -> tuple[dict[int, _Row], list[Written]]:
    apart = {r.customer_id for r in due if r.candidate.is_of_campaign}
    coming = coming_reminders(customer_ids=apart, now=now) if apart else {}
    gone = without_active_loan(apart) if apart else frozenset()
    named = [r.candidate for r in due] + [c.candidate for them in coming.values() for c in them]
    last = max((r.candidate.due_date for r in due), default=None)
    # Every overdue debt belongs to the total of an overdue text, so never less than today.
    due_until = max(last, now.date()) if last else None
    facts = known(
        customer_ids=customer_ids,
        now=now,
        due_until=due_until,
        instalment_ids=[pk for c in named if (pk := c.instalment_id) is not None],
    )
    rules = rules_in_force()
    words = Words({reminder.candidate.template_id for reminder in due})
    per_borrower: dict[int, list[DueReminder]] = defaultdict(list)
    rows: dict[int, _Row] = {}
    for reminder in due:
        if reminder.is_in_force:
            per_borrower[reminder.customer_id].append(reminder)
        else:
            # As planning does it: a step that speaks at another time now comes back then.
            why = "campaign_stopped" if reminder.candidate.is_of_campaign else "step_withdrawn"
            rows[reminder.candidate.reminder_id] = _Row(ReminderState.CANCELLED, why)
    written = []
    for customer_id, reminders in per_borrower.items():
        one = facts.get(customer_id)
        if one is None:
            rows |= _pushed_back(_ends(reminders), reason="facts_unreadable", now=now)
            continue
        borrower = one.borrower
        if customer_id in apart:
            borrower = replace(
                borrower,
                coming=coming.get(customer_id, ()),
                has_active_loan=customer_id not in gone,
            )
        plan = decide(borrower, candidates=[r.candidate for r in reminders], rules=rules, now=now)
        if plan.draft is not None:
            try:
                written.append(_write(plan.draft, one=one, reminders=reminders, words=words))
            except (NoText, CannotDecrypt) as error:
                log.error("customer %s: %s", customer_id, error)
                rows |= _pushed_back(_ends(reminders), reason="text_impossible", now=now)
                continue
        rows |= {d.candidate.reminder_id: _row(d) for d in plan.decisions}
    return rows, written


def _write(draft: Draft, *, one: Known, reminders: Sequence[DueReminder], words: Words) -> Written:
    """The complete text: words, name, address. Raises NoText, CannotDecrypt."""
    sent = set(draft.reminder_ids)
    waiting = (r.waiting for r in reminders if r.candidate.reminder_id in sent)
    return Written(
        draft=draft,
        composed=words.compose(draft, borrower=one.borrower, token=new_token),
        customer_id=one.borrower.customer_id,
        is_demonstration=one.is_demonstration,
        address=decrypt(one.addresses[draft.contact_point_id]),
        waiting=next((message for message in waiting if message is not None), None),
    )


def _part_from(written: Sequence[Written], outgoing: Sequence[Outgoing]) -> None:
    """Reminders that waited with a message which was taken up again, and are not in its text this
    time, get a message of their own when theirs is decided: this one will then have been sent, and
    what was sent is what is stored."""
    again = [
        opened.message_id
        for item, opened in zip(written, outgoing, strict=True)
        if item.waiting is not None
    ]
    if again:
        taken = [reminder_id for item in written for reminder_id in item.draft.reminder_ids]
        Reminder.objects.filter(message__in=again, state=ReminderState.PLANNED).exclude(
            pk__in=taken
        ).update(message=None)


def _row(decision: Decision) -> _Row:
    row = _row_of(decision.verdict, figures=dict(decision.figures) or None)
    row.trace = decision.trace
    return row


def _row_of(verdict: Verdict, *, figures: Mapping[str, object] | None) -> _Row:
    match verdict:
        case Send():
            return _Row(ReminderState.MESSAGED, "")
        case Defer(until=until, reason=reason):
            return _Row(ReminderState.PLANNED, reason, figures, next_attempt_at=until)
        case Skip(reason="due_date_moved"):
            # As planning does it, had it come first: so the step speaks for the new date as well.
            return _Row(ReminderState.CANCELLED, "due_date_moved", figures)
        case Skip(reason=reason):
            return _Row(ReminderState.SKIPPED, reason, figures)
        case Expire(reason=reason):
            return _Row(ReminderState.EXPIRED, reason, figures)


def _as_json(value: object) -> str | None:
    return orjson.dumps(value).decode() if value else None


def _asked(trace: Sequence[Answer]) -> list[object]:
    """Each rule that was asked as [rule, passed, figures]: what `explain` reads back."""
    return [(rule, passed, figures) for rule, passed, figures in trace]


def _ends(reminders: Sequence[DueReminder]) -> list[tuple[int, datetime]]:
    return [(r.candidate.reminder_id, r.candidate.expires_at) for r in reminders]


def _pushed_back(
    ends: Sequence[tuple[int, datetime]], *, reason: str, now: datetime
) -> dict[int, _Row]:
    """These, by id and end, cannot be decided; they come back in an hour, or expire if that is
    too late."""
    again = now + _PUSHED_BACK
    return {
        pk: _Row(ReminderState.PLANNED, reason, next_attempt_at=again)
        if again < expires_at
        else _Row(ReminderState.EXPIRED, reason)
        for pk, expires_at in ends
    }


def _record(rows: Mapping[int, _Row], *, now: datetime) -> None:
    verdicts = rows.values()
    with binary_cursor() as cursor:
        cursor.execute(
            statement("record_decisions"),
            {
                "now": now,
                "ids": list(rows),
                "states": [row.state for row in verdicts],
                "reasons": [row.reason for row in verdicts],
                "details": [_as_json(row.detail) for row in verdicts],
                "next_attempt_ats": [row.next_attempt_at for row in verdicts],
                "message_ids": [row.message_id for row in verdicts],
                "traces": [_as_json(_asked(row.trace)) for row in verdicts],
            },
        )


def _cancel_abandoned(message_ids: Sequence[int | None], *, now: datetime) -> None:
    waiting = [pk for pk in message_ids if pk is not None]
    if waiting:
        with connection.cursor() as cursor:
            cursor.execute(statement("cancel_abandoned"), {"ids": waiting, "now": now})
