"""Counting the book by night: late loans at ends of months, and how due months were paid."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from accounts.core.instalments import BUCKET_EDGES
from accounts.models import Loan
from reminders.core.months import AFTER_DAYS, first_of, last_of, months_before
from reminders.core.schedule import instant
from reminders.models import CohortFact, MonthEnd
from reminders.sql import statement

MONTHS = 13
"""A year to compare with, and the month before it to roll from."""

AGAIN = 4
"""So many of the newest months are counted again: payments come in late."""

_LOCK = 7_301_155
"""Any number: whoever holds it counts the book, and others leave it at that."""


@dataclass(frozen=True, slots=True)
class BookCounts:
    """Ends of months and due months that were counted."""

    month_ends: int = 0
    due_months: int = 0


def count_book(*, now: datetime) -> BookCounts:
    """Count what is missing and the newest months anew (Note [Facts of the book]), each in a
    transaction of its own."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    opened = Loan.objects.aggregate(first=Min("opened_on"))["first"]
    if opened is None:
        return BookCounts()
    months = [m for m in months_before(today, count=MONTHS) if last_of(m) >= opened]
    ends = set(MonthEnd.objects.values_list("day", flat=True))
    cohorts = set(CohortFact.objects.values_list("due_month", flat=True))
    done = [0, 0]
    for number, month in enumerate(months):
        if number < AGAIN or last_of(month) not in ends:
            done[0] += _count_end(last_of(month), zone=zone, now=now)
        if number < AGAIN or month not in cohorts:
            done[1] += _count_cohort(month, today=today, zone=zone, now=now)
    return BookCounts(*done)


def _count_end(day: date, *, zone: ZoneInfo, now: datetime) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_mine():
            return False
        MonthEnd.objects.filter(day=day).delete()
        end = MonthEnd.objects.create(day=day, loans=0, counted_at=now)
        cursor.execute(
            statement("late_at_month_end"),
            {
                "day": day,
                "ends": instant(day + timedelta(days=1), time(0), zone=zone),
                "month_end": end.pk,
                "edges": list(BUCKET_EDGES),
            },
        )
        end.loans = cursor.fetchone()[0]
        end.save(update_fields=["loans"])
    return True


def _count_cohort(month: date, *, today: date, zone: ZoneInfo, now: datetime) -> bool:
    """Only days that are over for every instalment of the month: else the later ones would lack."""
    days = [days for days in AFTER_DAYS if last_of(month) + timedelta(days=days) < today]
    dates = [month + timedelta(days=number) for number in range(last_of(month).day)]
    grid = [
        (due, n, instant(due + timedelta(days=n + 1), time(0), zone=zone))
        for due in dates
        for n in days
    ]
    if not grid:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_mine():
            return False
        names = ("dates", "days", "ends")
        columns = dict(zip(names, map(list, zip(*grid, strict=True)), strict=True))
        cursor.execute(statement("cohort"), columns)
        found = cursor.fetchall()
        CohortFact.objects.filter(due_month=first_of(month)).delete()
        CohortFact.objects.bulk_create(
            CohortFact(
                due_month=month, after_days=n, instalments=all_, unpaid=unpaid, counted_at=now
            )
            for n, all_, unpaid in found
        )
    return bool(found)


def _is_mine() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone() == (True,))
