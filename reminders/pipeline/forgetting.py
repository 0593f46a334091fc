"""Callbacks are kept as evidence and to be read once more; not for ever.

What they said stays in receipts, one row a statement, with what it changed.
"""

from datetime import datetime, timedelta

from django.db import connection

from reminders.sql import statement

SLICE = 10_000
"""Callbacks in one transaction, some 0.1 s: nobody waits for it, and the space is used again."""


def forget_callbacks(*, now: datetime, days: int) -> int:
    """Delete one slice of the callbacks that were read and came `days` ago; how many.

    Nothing left to delete is 0. Nought days keep them for ever.
    """
    if days <= 0:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            statement("drop_raw_receipts"), {"before": now - timedelta(days=days), "slice": SLICE}
        )
        deleted: int = cursor.rowcount
    return deleted
