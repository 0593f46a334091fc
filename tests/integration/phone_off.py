"""Wei is written to at 10:00 in Shanghai, and the carrier says what became of it."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from reminders.core.backoff import RESEND_WAITS
from reminders.gateways.base import Gateway
from reminders.models import Message
from reminders.pipeline.callbacks import store_raw
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.pipeline.receipts import AppliedReceipts, apply_receipts
from tests.builders import NOW, TODAY, an_instalment
from tests.reminder_builders import a_policy

SOON, LATER = RESEND_WAITS
_events = count(1)


def sent(gateway: Gateway, *, amount: str = "100.00") -> Message:
    """Wei's text of 10:00, accepted; it stays true until midnight."""
    a_policy(-3)
    an_instalment(due_date=TODAY + timedelta(days=3), amount_due=amount)
    plan(now=NOW)
    dispatch(now=NOW, gateway=gateway)
    return Message.objects.get()


def says(message: Message, status: str = "undelivered", **fields: Any) -> None:
    """A callback of the gateway is stored."""
    item = {
        "reference": str(message.reference),
        "status": status,
        "code": "EXPIRED" if status == "undelivered" else "DELIVRD",
        "event": f"e-{next(_events)}",
    }
    store_raw(gateway=message.gateway, body=json.dumps({"receipts": [item | fields]}), now=NOW)


def phone_was_off(message: Message, *, now: datetime = NOW) -> AppliedReceipts:
    """The carrier gave up for now, and the receipt is applied."""
    says(message, temporary=True)
    return apply_receipts(now=now, limit=10)


def newest() -> Message:
    """The text that was opened last."""
    return Message.objects.order_by("-pk")[0]
