"""The calendar of the place where the lender works."""

from datetime import date, datetime, timedelta

from django.conf import settings

from reminders.core.calendar import Calendar
from reminders.core.contact_rules import ContactRules
from reminders.core.schedule import HORIZON
from reminders.core.vocabulary import RestDays
from reminders.models import CalendarDay
from reminders.models.calendar import DayKind


def calendar_in_force() -> Calendar:
    """The days of the calendar that DEFAULT_REGION names."""
    holidays: dict[date, str] = {}
    workdays: set[date] = set()
    rows = CalendarDay.objects.filter(calendar=settings.DEFAULT_REGION)
    for day, kind, name in rows.values_list("date", "kind", "name"):
        if kind == DayKind.HOLIDAY:
            holidays[day] = name
        else:
            workdays.add(day)
    return Calendar(
        code=settings.DEFAULT_REGION,
        holidays=holidays,
        workdays=frozenset(workdays),
        years=frozenset(day.year for day in (*holidays, *workdays)),
    )


def unknown_years(rules: ContactRules, *, now: datetime) -> list[int]:
    """Years within the horizon of planning, or beginning within a month, whose holidays matter and
    are not known."""
    if rules.rest_days is RestDays.NONE:
        return []
    days = (now, now + HORIZON, now + timedelta(days=31))
    return sorted({day.year for day in days} - rules.calendar.years)
