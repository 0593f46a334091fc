"""Rows for the texts that are about to leave: a message and an open attempt for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from reminders.core.types import Draft
from reminders.facts.due import Waiting
from reminders.facts.words import Composed
from reminders.gateways.base import Text
from reminders.models import Message
from reminders.sql import binary_cursor, statement

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
    waiting: Waiting | None


def open_messages(written: Sequence[Written], *, now: datetime, gateway: str) -> list[Outgoing]:
    """A message with an open attempt for each text, in the same order.

    One that waits is taken up again, with today's amounts, unless it waits for another gateway: a
    late word of that one about its reference would then belong to nobody.
    """
    if not written:
        return []
    references = [_reference(item, gateway=gateway) for item in written]
    with binary_cursor() as cursor:
        cursor.execute(
            statement("open_messages"),
            {
                "gateway": gateway,
                "price_currency": settings.SMS_PRICE_CURRENCY,
                "now": now,
                "lease_until": now + LEASE,
                "references": references,
                **_columns(written),
            },
        )
        opened = {reference: numbers for reference, *numbers in cursor.fetchall()}
    return [
        _outgoing(item, reference=reference, numbers=opened[reference])
        for item, reference in zip(written, references, strict=True)
    ]


def _reference(item: Written, *, gateway: str) -> str:
    if item.waiting is not None and item.waiting.gateway == gateway:
        return item.waiting.reference
    return str(Message._meta.get_field("reference").get_default())


def _columns(written: Sequence[Written]) -> dict[str, Any]:
    drafts = [item.draft for item in written]
    texts = [item.composed for item in written]
    return {
        "customer_ids": [item.customer_id for item in written],
        "contact_point_ids": [draft.contact_point_id for draft in drafts],
        "channels": [draft.channel for draft in drafts],
        "stages": [draft.stage for draft in drafts],
        "purposes": [draft.purpose for draft in drafts],
        "template_version_ids": [text.template_version_id for text in texts],
        "languages": [text.language for text in texts],
        "tones": [draft.tone for draft in drafts],
        "bodies": [text.kept for text in texts],
        "parts": [text.parts for text in texts],
        "prices": [text.price for text in texts],
        "amounts": [draft.amount for draft in drafts],
        "currencies": [draft.currency for draft in drafts],
    }


def _outgoing(item: Written, *, reference: str, numbers: Sequence[int]) -> Outgoing:
    message_id, attempt_id, attempt_number = numbers
    return Outgoing(
        message_id=message_id,
        attempt_id=attempt_id,
        attempt_number=attempt_number,
        text=Text(
            reference=reference,
            to=item.address,
            body=item.composed.body,
            parts=item.composed.parts,
            is_demonstration=item.is_demonstration,
        ),
        leaves_before=item.draft.leaves_before,
    )
