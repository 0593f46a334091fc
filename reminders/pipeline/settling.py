"""A person says what became of a text: they looked it up at the gateway, or asked the borrower."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce

from accounts.models import Staff
from reminders.core.lifecycle import may_move
from reminders.core.vocabulary import MessageState
from reminders.models import Attempt, Message, Settlement
from reminders.models.choices import AttemptOutcome

SETTLED_BY_STAFF = "settled_by_staff"


class NotOpen(ValueError):
    """A receipt or a colleague was faster, or the gateway is still asked about this message."""


@transaction.atomic
def settle(
    *, message_id: int, arrived: bool, note: str, settled_by: Staff, now: datetime
) -> Settlement:
    """End a message that was given to a person. Raises NotOpen, and ValueError without a note.

    1. Lock it, so that a receipt waits and then comes late, or was first.
    2. Delivered or undelivered, with the person's word as the reason. Its reminders stay as they
       are: a text that did not arrive is not sent again on a person's word.
    3. What arrived was accepted, so the call that was unclear is called so.
    """
    if not note.strip():
        raise ValueError("say how it was found out")
    message = Message.objects.select_for_update(no_key=True).filter(pk=message_id).first()
    to = MessageState.DELIVERED if arrived else MessageState.UNDELIVERED
    if message is None or message.state != MessageState.UNKNOWN or message.ask_at is not None:
        raise NotOpen(message_id)
    assert may_move(MessageState(message.state), to=to), "staff settle by the table of transitions"
    message.state, message.reason, message.ended_at = to, SETTLED_BY_STAFF, now
    message.save(update_fields=["state", "reason", "ended_at"])
    if arrived:
        Message.objects.filter(pk=message_id).update(accepted_at=Coalesce("accepted_at", now))
        _call_accepted(message_id)
    return Settlement.objects.create(
        message=message, arrived=arrived, note=note.strip(), settled_by=settled_by, settled_at=now
    )


def _call_accepted(message_id: int) -> None:
    attempts = Attempt.objects.filter(message=message_id)
    if attempts.filter(outcome=AttemptOutcome.ACCEPTED).exists():
        return
    last = attempts.order_by("-number").first()
    if last is not None and last.outcome == AttemptOutcome.UNCLEAR:
        last.outcome = AttemptOutcome.ACCEPTED
        last.save(update_fields=["outcome"])
