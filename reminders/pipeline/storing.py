"""Rows for the texts that are about to leave: a message and an open attempt for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max

from reminders.core.types import Draft
from reminders.facts.words import Composed
from reminders.gateways.base import Text
from reminders.models import Attempt, Message, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.sql import statement

LEASE = timedelta(seconds=settings.SEND_LEASE_SECONDS)
"""How long a worker may take from opening an attempt to closing it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text with an open attempt, ready to be handed to the gateway."""

    message_id: int
    attempt_id: int
    attempt_number: int
    text: Text
    leaves_before: datetime


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
        _take_up_again(list(waiting.values()), now=now, gateway=gateway)
        taken = {reminder_id for item in written for reminder_id in item.draft.reminder_ids}
        Reminder.objects.filter(message__in=waiting, state=ReminderState.PLANNED).exclude(
            pk__in=taken
        ).update(message=None)
    return messages


def _fill(message: Message, *, item: Written, now: datetime, gateway: str) -> None:
    draft, composed = item.draft, item.composed
    message.contact_point_id = draft.contact_point_id
    message.channel = draft.channel.value
    message.gateway = gateway
    message.stage = draft.stage.value
    message.purpose = draft.purpose.value
    message.template_version_id = composed.template_version_id
    message.language = composed.language
    message.tone = draft.tone.value
    message.body = composed.body
    message.parts = composed.parts
    message.price = composed.price
    message.price_currency = settings.SMS_PRICE_CURRENCY
    message.amount = draft.amount
    message.currency = draft.currency
    message.state = MessageState.SENDING
    message.reason = ""
    message.opened_at = now
    message.lease_until = now + LEASE


def _take_up_again(messages: Sequence[Message], *, now: datetime, gateway: str) -> None:
    """In one statement: Django's own takes a second of a processor for 200 of them, which a claim
    of texts that wait for a busy gateway pays again and again."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("take_up_again"),
            {
                "gateway": gateway,
                "price_currency": settings.SMS_PRICE_CURRENCY,
                "now": now,
                "lease_until": now + LEASE,
                "ids": [m.pk for m in messages],
                "contact_point_ids": [m.contact_point_id for m in messages],
                "channels": [m.channel for m in messages],
                "stages": [m.stage for m in messages],
                "purposes": [m.purpose for m in messages],
                "template_version_ids": [m.template_version_id for m in messages],
                "languages": [m.language for m in messages],
                "tones": [m.tone for m in messages],
                "bodies": [m.body for m in messages],
                "parts": [m.parts for m in messages],
                "prices": [m.price for m in messages],
                "amounts": [m.amount for m in messages],
                "currencies": [m.currency for m in messages],
            },
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
            leaves_before=item.draft.leaves_before,
        )
        for item, message, attempt in zip(written, messages, attempts, strict=True)
    ]
