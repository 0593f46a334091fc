"""The grid of slots for the zones of the book: what planning and previews join."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from reminders.core.schedule import HORIZON, slots
from reminders.facts.policies import StepInForce
from reminders.sql import statement

log = logging.getLogger(__name__)


def book_zones() -> tuple[list[str], tuple[str, ...]]:
    """Time zones of the book: those that are known, and those that are not.

    One unknown name must not keep the others from being planned; it is logged at every tick
    until someone mends it.
    """
    known, unknown = [], []
    with connection.cursor() as cursor:
        cursor.execute(statement("zones_of_the_book"))
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # the last for a folder such as "Asia"
            unknown.append(name)
        else:
            known.append(name)
    if unknown:
        log.error("customers with an unknown time zone are not planned: %s", ", ".join(unknown))
    return known, tuple(unknown)


def grid(
    steps: Iterable[StepInForce],
    *,
    zones: Iterable[str],
    now: datetime,
    horizon: timedelta = HORIZON,
    begins_after: datetime | None = None,
) -> dict[str, Any]:
    """The slots as parallel arrays: the parameters of `due_now_or_soon.sql`, for all loans.

    With `begins_after` only those that begin later than that.
    """
    by_version = {step.version.pk: step for step in steps}
    found = slots((s.times for s in by_version.values()), timezones=zones, now=now, horizon=horizon)
    cells = [cell for cell in found if begins_after is None or cell.send_at > begins_after]
    return {
        "step_ids": [by_version[cell.step].step_id for cell in cells],
        "step_version_ids": [cell.step for cell in cells],
        "timezones": [cell.timezone for cell in cells],
        "due_dates": [cell.due_date for cell in cells],
        "send_ats": [cell.send_at for cell in cells],
        "expires_ats": [cell.expires_at for cell in cells],
        "loan_ids": None,
    }
