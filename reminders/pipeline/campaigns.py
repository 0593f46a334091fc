"""The part of planning that places campaigns: whom each of their days takes.

The audience is gone through by number, slice by slice (Note [Planning in slices]): what is stored
is found stored by whoever comes next, so a planner that dies loses nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from reminders.facts.borrowers import rules_in_force
from reminders.facts.campaigns import (
    DayOfCampaign,
    audience_parameters,
    campaigns_in_force,
    course_of,
    days_to_plan,
    places_taken,
)
from reminders.models import Campaign
from reminders.models.choices import CampaignState
from reminders.sql import statement

_SLICE = 20_000


def plan_campaigns(*, zones: Iterable[str], now: datetime, whole: bool) -> int:
    """Number of reminders that were placed for campaigns in force.

    With `whole` every day within the horizon is looked at, for borrowers who have come since;
    else only the days that came within it.
    """
    campaigns = campaigns_in_force(now=now)
    if not campaigns:
        return 0
    rules, names = rules_in_force(), list(zones)
    placed = 0
    for row in campaigns:
        after = None if whole else row.planned_through
        days = days_to_plan(course_of(row), rules=rules, zones=names, now=now, after=after)
        if days:
            placed += _place(row, days=days, now=now)
            Campaign.objects.filter(
                pk=row.pk, state=CampaignState.PUBLISHED, published_at=row.published_at
            ).update(planned_through=days[-1].day)
    return placed


def cancel_campaigns(*, now: datetime) -> int:
    """Number of reminders that were withdrawn because their campaign was stopped."""
    cancelled: int = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement("cancel_campaigns"), {"limit": _SLICE, "now": now})
            cancelled += cursor.rowcount
            if cursor.rowcount < _SLICE:
                return cancelled


def _place(row: Campaign, *, days: Iterable[DayOfCampaign], now: datetime) -> int:
    placed = after = 0
    for one in days:
        room = _room(row, one)
        while room is None or room > 0:
            limit = _SLICE if room is None else min(_SLICE, room)
            found, last, stored = _store(row, one, after=after, limit=limit, now=now)
            placed += stored
            if found < limit:
                return placed  # nobody is left for later days
            after, room = last, None if room is None else room - stored
    return placed


def _room(row: Campaign, one: DayOfCampaign) -> int | None:
    """How many more borrowers this day takes; None is any number."""
    return None if row.per_day is None else row.per_day - places_taken(row, day=one.day)


def _store(
    row: Campaign, one: DayOfCampaign, *, after: int, limit: int, now: datetime
) -> tuple[int, int, int]:
    zones = list(one.slots)
    with connection.cursor() as cursor:
        cursor.execute(
            statement("plan_campaign").format(campaign_audience=statement("campaign_audience")),
            {
                **audience_parameters(row, timezones=zones, after=after, limit=limit),
                "day": one.day,
                "send_ats": [one.slots[zone][0] for zone in zones],
                "expires_ats": [one.slots[zone][1] for zone in zones],
                "now": now,
            },
        )
        found, last, stored = cursor.fetchone()
    return found, last or 0, stored
