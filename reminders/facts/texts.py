"""Texts of a span of time in counts: stored of days that are over, counted of the others."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from reminders.core.spans import BEYOND_SECONDS, EDGES_SECONDS
from reminders.sql import statement


@dataclass(frozen=True, slots=True)
class TextCount:
    """How many texts share these; `parts` and `cost` are theirs together.

    `kind` says what `key` is: a gateway, the beginning of a number, or the step that speaks
    ("by_hand" and "campaign" where none does). `within_seconds`: the end of the range into which
    the time from acceptance to outcome falls, 0 where there is none.
    """

    kind: str
    key: str
    state: str
    currency: str
    within_seconds: int
    texts: int
    parts: int
    cost: Decimal


def texts_between(begins: datetime, ends: datetime) -> list[TextCount]:
    """The texts opened from `begins` to just before `ends`, each in every kind once."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("texts_by_kind"),
            {
                "begins": begins,
                "ends": ends,
                "edges": list(EDGES_SECONDS),
                "beyond": BEYOND_SECONDS,
            },
        )
        return [TextCount(*row) for row in cursor.fetchall()]
