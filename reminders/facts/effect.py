"""The borrowers that a measurement of a policy looks at: which due dates, and which decisions."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reminders.core.schedule import instant

AFTER_DAYS = (0, 3, 7, 15, 30)
"""Days after the due date within which a borrower may have paid."""

DUE_DAYS = 90
"""So many due dates are looked at, the last of them just old enough."""

_LONGEST_BEFORE = timedelta(days=60)
"""No step speaks earlier than this before the due date."""

ASKED_AFTER_THE_HOLDOUT = (
    "holdout",
    "no_address",
    "not_allowed_by_borrower",
    "ledger_stale",
    "rest_day",
    "replaced_by_newer_step",
    "one_text_at_a_time",
    "hours",
    "no_common_hours",
    "hours_between",
    "per_day",
    "per_7_days",
    "gateway_busy",
    "text_impossible",
    "never_seen",
    "undelivered",
)
"""Reasons of what came as far as the hold-out; the others objected before it was asked."""


def window(after_days: int, *, today: date) -> tuple[date, date]:
    """The first and the last due date that are looked at."""
    last = today - timedelta(days=after_days + 1)
    return last - timedelta(days=DUE_DAYS - 1), last


def parameters(
    policy_id: int, *, after_days: int, first: date, last: date, zone: ZoneInfo
) -> dict[str, Any]:
    """What the statements about effects are given."""
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    ends: list[datetime] = [
        instant(due + timedelta(days=after_days + 1), time(0), zone=zone) for due in dates
    ]
    return {
        "policy": policy_id,
        "dates": dates,
        "ends": ends,
        "since": instant(first, time(0), zone=zone) - _LONGEST_BEFORE,
        "reasons": list(ASKED_AFTER_THE_HOLDOUT),
    }
