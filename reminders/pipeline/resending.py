"""Texts that the carrier could not deliver for the time being: planned again, and stopped again.

Note [Sent again]
Only a final word of the gateway that the text did not reach the phone, for a reason that may
pass, leads to another text; silence and doubt never do. The reminder is decided afresh, with all
rules and facts of then, and gets a message of its own with a reference of its own. Should the
carrier say before that leaves that the first arrived after all, the second is not sent. Should it
say so afterwards, the borrower has read it twice: the carrier's error, shown in the history.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection

from reminders.core.backoff import RESEND_WAITS
from reminders.sql import binary_cursor, statement


def plan_resends(message_ids: Collection[int], *, now: datetime) -> int:
    """Plan again what these messages, which just ended undelivered, had to say.

    The caller holds them. How many reminders are planned again.
    """
    if not message_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            statement("plan_resends"),
            {"message_ids": list(message_ids), "waits": list(RESEND_WAITS), "now": now},
        )
        return len(cursor.fetchall())


def mark_arrived(customers: Mapping[int, int], *, now: datetime) -> None:
    """These messages, by id with their borrower, may have arrived although they had ended.

    The caller holds them. What was planned again because of them is stopped.
    """
    if not customers:
        return
    with connection.cursor() as cursor:
        cursor.execute(statement("mark_arrived"), {"ids": list(customers), "now": now})
    stop_resends(set(customers.values()))


def stop_resends(customer_ids: Collection[int]) -> int:
    """Stop what is planned again although it may have arrived; how many reminders."""
    with binary_cursor() as cursor:
        cursor.execute(statement("stop_resends"), {"customer_ids": list(customer_ids)})
        stopped: int = cursor.rowcount
    return stopped
