"""Counting days that are over, so that nobody counts them again."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from reminders.core.schedule import instant
from reminders.facts.texts import texts_between
from reminders.models import ClosedDay, LateChange, Message, Reminder, TextFact
from reminders.sql import statement

OVER_FOR = timedelta(days=1)
"""A task that began before midnight may still write with the clock of then."""

_LOCK = 7_301_124
"""Any number: whoever holds it closes days, and others leave it at that."""


@dataclass(frozen=True, slots=True)
class RollUpCounts:
    """Days that were closed, or counted again."""

    closed: int = 0


def roll_up(*, now: datetime, seconds: float) -> RollUpCounts:
    """Close what can be closed (Note [Closed days]), the newest first, until the time is up.

    1. Sums of another zone than the one in use are thrown away.
    2. Each day that is over and has no sums, or a change since, is counted in a transaction of its
       own.
    """
    begun = monotonic()
    ClosedDay.objects.exclude(zone=settings.TIME_ZONE).delete()
    closed = 0
    for day in _open_days(now=now):
        if monotonic() - begun > seconds:
            break
        closed += _close(day, now=now)
    return RollUpCounts(closed)


def _open_days(*, now: datetime) -> list[date]:
    """Days that are over and have no sums that hold."""
    zone = ZoneInfo(settings.TIME_ZONE)
    firsts = (
        Message.objects.aggregate(at=Min("opened_at"))["at"],
        Reminder.objects.aggregate(at=Min("decided_at"))["at"],
    )
    first = min((at for at in firsts if at is not None), default=now)
    holding = ClosedDay.objects.holding(zone=settings.TIME_ZONE).filter(has_texts=True)
    closed = set(holding.values_list("day", flat=True))
    last = (now - OVER_FOR).astimezone(zone).date() - timedelta(days=1)
    days = range((last - first.astimezone(zone).date()).days + 1)
    return [day for back in days if (day := last - timedelta(days=back)) not in closed]


def _close(day: date, *, now: datetime) -> bool:
    """Whether it was closed: not while a text is under way, nor while somebody else closes days."""
    zone = ZoneInfo(settings.TIME_ZONE)
    begins = instant(day, time(0), zone=zone)
    ends = instant(day + timedelta(days=1), time(0), zone=zone)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() != (True,):
            return False
        LateChange.objects.filter(at__gte=begins, at__lt=ends).delete()
        ClosedDay.objects.filter(zone=settings.TIME_ZONE, day=day).delete()
        cursor.execute(
            statement("roll_up_day"),
            {
                "day": day,
                "zone": settings.TIME_ZONE,
                "begins": begins,
                "ends": ends,
                "now": now,
            },
        )
        stored: tuple[int] | None = cursor.fetchone()
        if stored is None:
            return False
        TextFact.objects.bulk_create(
            TextFact(closed_day_id=stored[0], **asdict(count))
            for count in texts_between(begins, ends)
        )
        ClosedDay.objects.filter(pk=stored[0]).update(has_texts=True)
        return True
