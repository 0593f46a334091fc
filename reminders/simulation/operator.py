"""What the operator of a world set up: own limits, holidays, and the same as the law has it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.conf import settings

from reminders.models import CalendarDay, ContactRules
from reminders.simulation.law import LAWS, Law
from reminders.simulation.scenario import Scenario

_OWN: tuple[dict[str, Any], ...] = (
    {"earliest": time(9), "latest": time(18)},
    {"per_7_days": 3},
    {"hours_between": 30},
    {"rest_days": "holidays_and_weekends"},
    {"earliest": time(10), "per_7_days": 2, "hours_between": 48},
)


def set_up(scenario: Scenario, *, now: datetime) -> Law:
    """Limits of the operator in half of the worlds, holidays in all; the law that follows."""
    random = Random(f"operator/{scenario.seed}")
    limits = LAWS[scenario.profile]
    if random.random() < 0.5:
        own = random.choice(_OWN)
        ContactRules.objects.create(pk=1, updated_at=now, **own)
        limits = replace(
            limits,
            begins=_hour(own.get("earliest"), limits.begins),
            ends=_hour(own.get("latest"), limits.ends),
            in_7_days=own.get("per_7_days", limits.in_7_days),
            hours_between=own.get("hours_between", limits.hours_between),
            rest=2 if "rest_days" in own else limits.rest,
        )
    first = now.date() - timedelta(days=3)
    days = [first + timedelta(days=n) for n in range(scenario.days + 12)]
    holidays = {day for day in days if random.random() < 0.06}
    workdays = {day for day in days if day.isoweekday() > 5 and random.random() < 0.1} - holidays
    CalendarDay.objects.bulk_create(
        [_day(day, kind="holiday") for day in sorted(holidays)]
        + [_day(day, kind="workday") for day in sorted(workdays)]
    )
    return Law(limits, frozenset(holidays), frozenset(workdays))


def _hour(own: object, law: int) -> int:
    return own.hour if isinstance(own, time) else law


def _day(day: date, *, kind: str) -> CalendarDay:
    return CalendarDay(
        calendar=settings.DEFAULT_REGION, date=day, kind=kind, name="simulated", is_official=False
    )
