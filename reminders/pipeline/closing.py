"""The second half of dispatch: what the gateway said becomes rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.operations import mark_address_unusable
from reminders.core.backoff import delay
from reminders.core.lifecycle import FINAL, may_have_reached, sources
from reminders.core.vocabulary import AttemptOutcome, MessageState
from reminders.gateways.base import Accepted, Busy, Outcome, Rejected, Unclear
from reminders.models import Message
from reminders.pipeline.storing import Outgoing
from reminders.sql import binary_cursor, statement

ASK_ABOUT_UNKNOWN = timedelta(seconds=15)
"""How long the gateway is given to have seen an unclear text before it is asked."""

ASK_ABOUT_ACCEPTED = timedelta(hours=1)
"""How long a receipt may take before the gateway is asked."""


_HELD_FOR_UNSENT = sorted(s for s in FINAL if may_have_reached(s, said=MessageState.ACCEPTED))
"""Ends of messages that nobody believes to have been sent."""

_SOURCES = {
    # Only a receipt takes a message out of waiting: it also holds back its reminders. And a call
    # of which nothing is known takes nothing back that a receipt has told meanwhile.
    state: ",".join(sorted(sources(state) - {MessageState.WAITING, MessageState.ACCEPTED}))
    for state in MessageState
}
"""From which states a gateway's answer may move a message, by its new state."""


def close_batch(answers: Sequence[tuple[Outgoing, Outcome]], *, now: datetime) -> Counter[str]:
    """Close the attempts and move the messages; how many messages came to each state.

    1. Lock the messages in the order in which everybody locks them.
    2. Attempts and messages, and the reminders of what waits for another try, in one statement.
    3. Numbers that the gateway called unusable are marked, so that nobody writes to them again.
    """
    if not answers:
        return Counter()
    rows = [_Closed(outgoing, outcome, now=now) for outgoing, outcome in answers]
    with transaction.atomic():
        with binary_cursor() as cursor:
            ids = [row.message_id for row in rows]
            cursor.execute(statement("lock_messages_by_id"), {"ids": ids})
            cursor.execute(
                statement("close_batch"),
                {"now": now, "held_for_unsent": _HELD_FOR_UNSENT, **_columns(rows)},
            )
            moved = Counter(state for _, state in cursor.fetchall())
        unusable = {
            outgoing.message_id: outcome.code
            for outgoing, outcome in answers
            if isinstance(outcome, Rejected) and outcome.address_unusable
        }
        # In the order in which receipts and sweeping mark them.
        for pk, contact_point_id in (
            Message.objects.filter(pk__in=unusable)
            .order_by("contact_point")
            .values_list("pk", "contact_point_id")
        ):
            mark_address_unusable(contact_point_id=contact_point_id, reason=unusable[pk], now=now)
    return moved


class _Closed:
    """One answer as columns."""

    def __init__(self, outgoing: Outgoing, outcome: Outcome, *, now: datetime) -> None:
        self.attempt_id = outgoing.attempt_id
        self.message_id = outgoing.message_id
        self.code = self.provider_id = ""
        self.retry_at = self.ask_at = None
        match outcome:
            case Accepted(provider_id=provider_id):
                self.outcome, self.state = AttemptOutcome.ACCEPTED, MessageState.ACCEPTED
                self.provider_id, self.ask_at = provider_id, now + ASK_ABOUT_ACCEPTED
            case Rejected(code=code):
                self.outcome, self.state, self.code = (
                    AttemptOutcome.REJECTED,
                    MessageState.REJECTED,
                    code,
                )
            case Busy(code=code, retry_after=retry_after):
                self.outcome, self.state, self.code = (
                    AttemptOutcome.BUSY,
                    MessageState.WAITING,
                    code,
                )
                wait = delay(
                    tries=outgoing.attempt_number,
                    reference=outgoing.text.reference,
                    retry_after=retry_after,
                )
                self.retry_at = now + wait
            case Unclear(code=code):
                self.outcome, self.state, self.code = (
                    AttemptOutcome.UNCLEAR,
                    MessageState.UNKNOWN,
                    code,
                )
                self.ask_at = now + ASK_ABOUT_UNKNOWN


def _columns(rows: Sequence[_Closed]) -> dict[str, Any]:
    return {
        "attempt_ids": [row.attempt_id for row in rows],
        "message_ids": [row.message_id for row in rows],
        "outcomes": [row.outcome for row in rows],
        "codes": [_storable(row.code, most=64) for row in rows],
        "provider_ids": [_storable(row.provider_id, most=128) for row in rows],
        "states": [row.state for row in rows],
        "sources": [_SOURCES[row.state] for row in rows],
        "retry_ats": [row.retry_at for row in rows],
        "ask_ats": [row.ask_at for row in rows],
    }


def _storable(text: str, *, most: int) -> str:
    """One NUL in one gateway's number must not cost the answers of a whole batch."""
    return "".join(filter(str.isprintable, text[:most]))
