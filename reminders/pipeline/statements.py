"""What gateways say of texts, applied to messages by the table of transitions, in any order.

Within one call statements are taken in the order in which they happened; across calls the first
end stands, because final means final. What cannot move anything is stored all the same, as
late or of an unknown reference, and counted.

A text that the carrier could not deliver for the time being is planned again; one of which it says
later that it arrived after all stops that again (at most one text that may have reached a phone).
"""

import re
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from accounts.models import Customer
from accounts.operations import mark_address_unusable
from reminders.core.lifecycle import may_have_reached, may_move
from reminders.core.vocabulary import MessageState
from reminders.gateways.base import Status
from reminders.pipeline.closing import ASK_ABOUT_ACCEPTED
from reminders.pipeline.resending import mark_arrived, plan_resends
from reminders.sql import binary_cursor, statement

Effect = Literal["applied", "late", "unknown_reference"]

_STATES = {
    "accepted": MessageState.ACCEPTED,
    "delivered": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
}
_BY_WORD = {state.value: state for state in MessageState}


_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def _canonical(reference: str) -> str:
    """The reference as we write it; empty if it can be none of ours."""
    if _CANONICAL(reference):
        return reference
    try:
        return str(uuid.UUID(reference))
    except ValueError:
        return ""


@dataclass(slots=True)
class Statement:
    """A status with who said it, when we heard of it, and the raw receipt that it lay in.

    A gateway speaks for the messages that it was given and for no others, so `name` has both. `key`
    is what doubled statements have in common; `happened_at` is as the gateway has it, else when
    we heard of it.
    """

    gateway: str
    status: Status
    received_at: datetime
    raw_id: int
    name: "_Name" = field(init=False)
    key: tuple[str, str] = field(init=False)
    happened_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what is asked for several times."""
        self.name = self.gateway, _canonical(self.status.reference)
        self.key = self.gateway, self.status.event
        self.happened_at = self.status.happened_at or self.received_at


@dataclass(slots=True)
class StatementCounts:
    """What became of statements. `put_off` holds the raw receipts to be read once more."""

    applied: int = 0
    late: int = 0
    doubled: int = 0
    unknown_reference: int = 0
    put_off: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Told:
    """A message that statements are about, and what they make of it."""

    pk: int
    customer_id: int
    contact_point_id: int
    was: MessageState
    state: MessageState
    by: Statement | None = None
    unusable: str = ""
    arrived: bool = False

    @property
    def may_be_resent(self) -> bool:
        """Whether it just ended for a reason that may pass."""
        return self.by is not None and self.by.status.temporary and not self.arrived


def apply_statements(statements: Sequence[Statement], *, now: datetime) -> StatementCounts:
    """Apply statements to the messages that they name. Needs a transaction.

    1. Lock the messages, in order of id; leave those alone that a claim is just deciding on.
    2. Drop what is known already; judge the rest by the table of transitions.
    3. Store the statements, move the messages and their attempts, mark dead numbers.
    4. Plan again what can be; stop what turns out to have arrived.
    """
    told, busy = _lock(statements)
    ours = [s for s in statements if s.name not in busy] if busy else statements
    judged = [(s, told.get(s.name)) for s in _fresh(ours)]
    effects = [_judge(s, message) for s, message in judged]
    stored = _insert(judged, effects)
    _move(told.values(), now=now)
    _mark_unusable(told.values(), now=now)
    mark_arrived({m.pk: m.customer_id for m in told.values() if m.arrived}, now=now)
    plan_resends([m.pk for m in told.values() if m.may_be_resent], now=now)
    return StatementCounts(
        applied=stored["applied"],
        late=stored["late"],
        doubled=len(ours) - stored.total(),
        unknown_reference=stored["unknown_reference"],
        put_off=frozenset(s.raw_id for s in statements if s.name in busy),
    )


_Name = tuple[str, str]
"""Gateway and reference."""


def _lock(statements: Sequence[Statement]) -> tuple[dict[_Name, _Told], set[_Name]]:
    """The messages, locked in order of id, and the names of those to leave for the next round.

    A claim holds its borrowers' rows and writes over a message of theirs that waits for another
    try. So the borrower of such a message is locked here too, first as a claim does it, or the
    message is left alone. Passing over locks instead of waiting leaves no room for a deadlock.
    """
    references = {s.name[1] for s in statements} - {""}
    waiting = _messages("find_waiting_messages", references=references)
    ours = _lock_borrowers({m.customer_id for m in waiting.values()})
    busy = {name for name, m in waiting.items() if m.customer_id not in ours}
    locked = _messages("lock_messages", references=references - {name[1] for name in busy})
    # A message may have come to wait between the two reads.
    busy |= {
        name
        for name, m in locked.items()
        if m.was is MessageState.WAITING and m.customer_id not in ours
    }
    return {name: m for name, m in locked.items() if name not in busy}, busy


def _messages(by: str, *, references: Collection[str]) -> dict[_Name, _Told]:
    """The messages of these references, by the named statement."""
    with binary_cursor() as cursor:
        cursor.execute(statement(by), {"references": list(references)})
        rows = cursor.fetchall()
    return {
        (gateway, reference): _Told(
            pk, customer_id, contact_point_id, was=_BY_WORD[state], state=_BY_WORD[state]
        )
        for gateway, reference, pk, customer_id, contact_point_id, state in rows
    }


def _lock_borrowers(customer_ids: Collection[int]) -> set[int]:
    """Those of these borrowers that nobody else holds."""
    if not customer_ids:
        return set()
    return set(
        Customer.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk__in=customer_ids)
        .values_list("pk", flat=True)
    )


def _fresh(statements: Sequence[Statement]) -> list[Statement]:
    """Statements not stored yet, each once, in the order in which they happened."""
    with binary_cursor() as cursor:
        cursor.execute(
            statement("find_receipts"),
            {
                "gateways": [s.gateway for s in statements],
                "events": [s.status.event for s in statements],
            },
        )
        known = set(cursor.fetchall())
    fresh: dict[tuple[str, str], Statement] = {}
    for said in sorted(statements, key=lambda s: (s.happened_at, s.key)):
        if said.key not in known:
            fresh.setdefault(said.key, said)
    return list(fresh.values())


def _judge(said: Statement, message: _Told | None) -> Effect:
    """Move the message, in memory, if the table allows it."""
    if message is None:
        return "unknown_reference"
    to = _STATES[said.status.status]
    effect: Effect = "late"
    if may_move(message.state, to=to):
        message.state, message.by, effect = to, said, "applied"
    elif may_have_reached(message.state, said=to):
        message.arrived = True
    if said.status.address_unusable and message.state is MessageState.UNDELIVERED:
        message.unusable = said.status.code or "undelivered"
    return effect


def _insert(
    judged: Sequence[tuple[Statement, _Told | None]], effects: Sequence[Effect]
) -> Counter[str]:
    """Store the statements; how many with each effect."""
    columns: dict[str, Any] = {
        "gateways": [s.gateway for s, _ in judged],
        "events": [s.status.event for s, _ in judged],
        "message_ids": [m.pk if m else None for _, m in judged],
        "references": [s.status.reference for s, _ in judged],
        "statuses": [s.status.status for s, _ in judged],
        "codes": [s.status.code for s, _ in judged],
        "happened_ats": [s.happened_at for s, _ in judged],
        "received_ats": [s.received_at for s, _ in judged],
        "effects": list(effects),
    }
    with binary_cursor() as cursor:
        cursor.execute(statement("insert_receipts"), columns)
        return Counter(dict(cursor.fetchall()))


def _move(messages: Collection[_Told], *, now: datetime) -> None:
    by = [(m, m.by) for m in messages if m.by is not None]
    if not by:
        return
    with binary_cursor() as cursor:
        cursor.execute(
            statement("move_by_statements"),
            {
                "now": now,
                "ask_at": now + ASK_ABOUT_ACCEPTED,
                "ids": [m.pk for m, _ in by],
                "states": [m.state.value for m, _ in by],
                "reasons": [_reason(m, s) for m, s in by],
                "happened_ats": [s.happened_at for _, s in by],
                "provider_ids": [s.status.provider_id for _, s in by],
                "waited_ids": [m.pk for m, _ in by if m.was is MessageState.WAITING],
                "unsure_ids": [m.pk for m, _ in by if m.was is not MessageState.ACCEPTED],
            },
        )


def _reason(message: _Told, said: Statement) -> str:
    if message.state is not MessageState.UNDELIVERED:
        return ""
    return said.status.code or "undelivered"


def _mark_unusable(messages: Collection[_Told], *, now: datetime) -> None:
    dead = {m.contact_point_id: m.unusable for m in messages if m.unusable}
    for contact_point_id, reason in sorted(dead.items()):
        mark_address_unusable(contact_point_id=contact_point_id, reason=reason, now=now)
