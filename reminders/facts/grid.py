"""The grid of slots for the zones of the book: what planning and previews join."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Customer
from reminders.core.schedule import HORIZON, slots
from reminders.facts.policies import StepInForce

log = logging.getLogger(__name__)


def book_zones() -> tuple[list[str], tuple[str, ...]]:
    """Time zones of the book: those that are known, and those that are not.

    One unknown name must not keep the others from being planned; it is logged at every tick
    until someone mends it.
    """
    known, unknown = [], []
    for name in Customer.objects.values_list("timezone", flat=True).distinct().order_by():
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
) -> dict[str, list[Any]]:
    """The slots as parallel arrays: the parameters of `due_now_or_soon.sql`."""
    by_version = {step.version.pk: step for step in steps}
    cells = list(
        slots((s.times for s in by_version.values()), timezones=zones, now=now, horizon=horizon)
    )
    return {
        "step_ids": [by_version[cell.step].step_id for cell in cells],
        "step_version_ids": [cell.step for cell in cells],
        "timezones": [cell.timezone for cell in cells],
        "due_dates": [cell.due_date for cell in cells],
        "send_ats": [cell.send_at for cell in cells],
        "expires_ats": [cell.expires_at for cell in cells],
    }
