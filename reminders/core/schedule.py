"""From days and local times to instants.

Note [Instants are computed here alone]
SQL joins the grid that `slots` makes and never computes an instant: PostgreSQL and `zoneinfo`
read the repeated hour differently (2026-11-01 01:30 in New York is 06:30Z in one and 05:30Z in
the other).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HORIZON = timedelta(hours=48)
"""How far ahead reminders are planned."""

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StepTimes:
    """The part of a step that times it. `step` is whatever the caller names it by."""

    step: int
    offset_days: int
    local_time: time
    valid_until_offset_days: int


@dataclass(frozen=True, slots=True)
class Slot:
    """For instalments due on `due_date` of borrowers in `timezone`: when this step speaks."""

    step: int
    timezone: str
    due_date: date
    send_at: datetime
    expires_at: datetime


def instant(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time, in UTC.

    A time that the clocks skip in spring becomes the same distance after the gap's start (02:30
    is 03:30); one that they repeat in autumn is the first of the two.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def slot(due_date: date, *, times: StepTimes, timezone: str) -> Slot:
    """When one step speaks for one due date in one zone."""
    zone = ZoneInfo(timezone)
    last_day = due_date + timedelta(days=times.valid_until_offset_days)
    return Slot(
        step=times.step,
        timezone=timezone,
        due_date=due_date,
        send_at=instant(due_date + timedelta(days=times.offset_days), times.local_time, zone=zone),
        expires_at=instant(last_day + _A_DAY, time(0), zone=zone),
    )


def slots(
    steps: Iterable[StepTimes],
    *,
    timezones: Iterable[str],
    now: datetime,
    horizon: timedelta = HORIZON,
) -> Iterator[Slot]:
    """All slots that begin within the horizon and are still true: the grid that planning joins.

    What began in the past and has not expired is in it, so that a tick after an outage, a late
    import or a new policy catches up.
    """
    zones = tuple(timezones)
    # A zone's local date is within a day of UTC's, so one more day on each side covers all.
    first, last = now.date() - _A_DAY, (now + horizon).date() + _A_DAY
    for times in steps:
        due = first - timedelta(days=times.valid_until_offset_days)
        until = last - timedelta(days=times.offset_days)
        while due <= until:
            for timezone in zones:
                candidate = slot(due, times=times, timezone=timezone)
                if candidate.send_at <= now + horizon and candidate.expires_at > now:
                    yield candidate
            due += _A_DAY
