"""Rows for the texts that are about to leave: a message and an open attempt for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from reminders.core.types import Draft
from reminders.facts.words import Composed
from reminders.gateways.base import Text
from reminders.models import Attempt, Message, Reminder
from reminders.models.choices import MessageState, ReminderState

LEASE = timedelta(minutes=3)
"""How long a worker may take from opening an attempt to closing it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text with an open attempt, ready to be handed to the gateway."""

    message_id: int
    attempt_id: int
    attempt_number: int
    text: Text


@dataclass(frozen=True, slots=True)
class Written:
    """A text that is complete, before rows exist for it."""

    draft: Draft
    composed: Composed
    customer_id: int
    is_demonstration: bool
    address: str
    waiting_message_id: int | None


def store_messages(written: Sequence[Written], *, now: datetime, gateway: str) -> list[Message]:
    """A message for each text, in the same order; one that waits is taken up again, with
    today's amounts, unless it waits for another gateway: a late word of that one about its
    reference would then belong to nobody.

    Reminders that waited with it and are not in its text this time get a message of their own when
    theirs is decided: this one will then have been sent, and what was sent is what is stored.
    """
    waiting = Message.objects.filter(state=MessageState.WAITING, gateway=gateway).in_bulk(
        [item.waiting_message_id for item in written if item.waiting_message_id is not None]
    )
    messages = []
    for item in written:
        message = waiting.get(item.waiting_message_id or 0) or Message(customer_id=item.customer_id)
        _fill(message, item=item, now=now, gateway=gateway)
        messages.append(message)
    Message.objects.bulk_create([message for message in messages if message.pk is None])
    if waiting:
        Message.objects.bulk_update(waiting.values(), _FILLED)
        taken = {reminder_id for item in written for reminder_id in item.draft.reminder_ids}
        Reminder.objects.filter(message__in=waiting, state=ReminderState.PLANNED).exclude(
            pk__in=taken
        ).update(message=None)
    return messages


def _fill(message: Message, *, item: Written, now: datetime, gateway: str) -> None:
    draft, composed = item.draft, item.composed
    values = (
        draft.contact_point_id,
        draft.channel.value,
        gateway,
        draft.stage.value,
        draft.purpose.value,
        composed.template_version_id,
        composed.language,
        draft.tone.value,
        composed.body,
        composed.parts,
        composed.price,
        settings.SMS_PRICE_CURRENCY,
        draft.amount,
        draft.currency,
        MessageState.SENDING,
        "",
        now,
        now + LEASE,
    )
    for name, value in zip(_FILLED, values, strict=True):
        setattr(message, name, value)


_FILLED = (
    "contact_point_id",
    "channel",
    "gateway",
    "stage",
    "purpose",
    "template_version_id",
    "language",
    "tone",
    "body",
    "parts",
    "price",
    "price_currency",
    "amount",
    "currency",
    "state",
    "reason",
    "opened_at",
    "lease_until",
)


def open_attempts(
    written: Sequence[Written], messages: Sequence[Message], *, now: datetime, gateway: str
) -> list[Outgoing]:
    """The next attempt at each message, ready to be handed over."""
    tried = dict(
        Attempt.objects.filter(message__in=[item.waiting_message_id for item in written])
        .values("message")
        .annotate(last=Max("number"))
        .values_list("message", "last")
    )
    attempts = Attempt.objects.bulk_create(
        Attempt(
            message=message,
            number=tried.get(message.pk, 0) + 1,
            gateway=gateway,
            opened_at=now,
        )
        for message in messages
    )
    return [
        Outgoing(
            message_id=message.pk,
            attempt_id=attempt.pk,
            attempt_number=attempt.number,
            text=Text(
                reference=str(message.reference),
                to=item.address,
                body=message.body,
                parts=message.parts,
                is_demonstration=item.is_demonstration,
            ),
        )
        for item, message, attempt in zip(written, messages, attempts, strict=True)
    ]
