"""When and how often a borrower may be written to.

A profile is what the law asks (`reminders.core.profiles`); an operator's own limits may only
tighten it. Who may live in several time zones is written to only when all of them permit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.core.calendar import Calendar
from reminders.core.profiles import LIMITS, Profile, is_looser
from reminders.core.profiles import PROFILES as PROFILES  # the way in for everyone outside
from reminders.core.schedule import instant
from reminders.core.vocabulary import RestDays

LEDGER_MAX_AGE_HOURS = 36
"""A daily feed may be half a day late before overdue messages wait for it. Our choice."""

LOOK_AHEAD = timedelta(hours=48)
"""Where no hour within it is permitted in all zones of a borrower, there is none."""

_A_DAY = timedelta(days=1)
_REST_DAYS_MAX = 60


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """An operator's limits; None leaves the profile's, or LEDGER_MAX_AGE_HOURS.

    `ledger_max_age_hours` is no law's and may be more as well as less; 0 never asks.
    """

    earliest: time | None = None
    latest: time | None = None
    per_day: int | None = None
    per_7_days: int | None = None
    hours_between: int | None = None
    rest_days: RestDays | None = None
    ledger_max_age_hours: int | None = None


@dataclass(frozen=True, slots=True)
class ContactRules:
    """The limits in force: a profile, tightened. `latest` itself is no longer permitted."""

    profile: str
    earliest: time
    latest: time
    per_day: int
    per_7_days: int
    hours_between: int
    rest_days: RestDays = RestDays.NONE
    ledger_max_age_hours: int = LEDGER_MAX_AGE_HOURS
    calendar: Calendar = field(default_factory=Calendar)


def loosenings(profile: Profile, *, own: OwnLimits) -> list[str]:
    """Names of the limits in `own` that are looser than the profile's."""
    return [
        name
        for name in LIMITS
        if (mine := getattr(own, name)) is not None
        and is_looser(name, mine, than=getattr(profile, name))
    ]


def tighten(profile: Profile, *, own: OwnLimits, calendar: Calendar | None = None) -> ContactRules:
    """The tighter of both for each limit; a looser value of `own` has no effect.

    Limits that leave no hour of the day are refused where they are entered
    (`leaves_no_hours`); here they would defer for ever, so the profile's hours hold.
    """
    ignored = set(loosenings(profile, own=own))
    if leaves_no_hours(profile, own=own):
        ignored |= {"earliest", "latest"}
    tighter = {
        name: getattr(profile, name)
        if name in ignored or getattr(own, name) is None
        else getattr(own, name)
        for name in LIMITS
    }
    age = own.ledger_max_age_hours
    return ContactRules(
        profile=profile.name,
        **tighter,
        ledger_max_age_hours=LEDGER_MAX_AGE_HOURS if age is None else age,
        calendar=calendar or Calendar(),
    )


def leaves_no_hours(profile: Profile, *, own: OwnLimits) -> bool:
    """Whether both together permit no hour of the day."""
    earliest = max(profile.earliest, own.earliest or profile.earliest)
    return earliest >= min(profile.latest, own.latest or profile.latest)


def is_open(rules: ContactRules, *, at: datetime, zones: Sequence[ZoneInfo]) -> bool:
    """Whether `at` lies in the permitted hours of all these zones."""
    return all(rules.earliest <= at.astimezone(zone).time() < rules.latest for zone in zones)


def next_open(rules: ContactRules, *, at: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
    """The first instant from `at` on that is permitted in all zones, in UTC; None if there is none
    within LOOK_AHEAD. Hours that all permit begin where one of them begins to."""
    if is_open(rules, at=at, zones=zones):
        return at
    openings = (
        instant(at.astimezone(zone).date() + days * _A_DAY, rules.earliest, zone=zone)
        for zone in zones
        for days in range(LOOK_AHEAD // _A_DAY + 1)
    )
    permitted = (
        opening
        for opening in sorted(openings)
        if at < opening <= at + LOOK_AHEAD and is_open(rules, at=opening, zones=zones)
    )
    return next(permitted, None)


def closes_at(rules: ContactRules, *, at: datetime, zones: Sequence[ZoneInfo]) -> datetime:
    """Until when, from a permitted instant `at` on, all zones go on permitting it, in UTC."""
    return min(instant(at.astimezone(zone).date(), rules.latest, zone=zone) for zone in zones)


def after_rest_days(
    rules: ContactRules, *, at: datetime, zones: Sequence[ZoneInfo]
) -> datetime | None:
    """When the next working day opens, if it is a rest day at `at` in any of the zones; else None.

    Ends after so many rest days in a row as no calendar has.
    """
    when = at
    for _day in range(_REST_DAYS_MAX):
        resting = [
            zone
            for zone in zones
            if rules.calendar.is_rest(when.astimezone(zone).date(), kept=rules.rest_days)
        ]
        if not resting:
            break
        when = max(
            instant(when.astimezone(zone).date() + _A_DAY, rules.earliest, zone=zone)
            for zone in resting
        )
    return when if when > at else None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that stands in the way: its name and when it gives way at the soonest."""

    rule: str
    until: datetime


def first_limit(
    rules: ContactRules, *, at: datetime, zones: Sequence[ZoneInfo], contacts: Sequence[datetime]
) -> Limit | None:
    """The limit that forbids a message at `at`, or None.

    `contacts` are the instants of this borrower's messages of the last 7 days, over all loans,
    steps and channels. Asked again at `until`, another limit may stand in the way.
    """
    if not is_open(rules, at=at, zones=zones):
        opens = next_open(rules, at=at, zones=zones)
        if opens is None:
            # Asked once a day, for clocks change; what is untrue by then expires.
            return Limit("no_common_hours", at + _A_DAY)
        return Limit("hours", opens)
    past = sorted(moment for moment in contacts if moment > at - timedelta(days=7))
    if past and at - past[-1] < timedelta(hours=rules.hours_between):
        wait = past[-1] + timedelta(hours=rules.hours_between)
        return Limit("hours_between", open_from(rules, at=wait, zones=zones))
    for zone in zones:
        today = at.astimezone(zone).date()
        if sum(moment.astimezone(zone).date() == today for moment in past) >= rules.per_day:
            tomorrow = instant(today + _A_DAY, rules.earliest, zone=zone)
            return Limit("per_day", open_from(rules, at=tomorrow, zones=zones))
    if len(past) >= rules.per_7_days:
        freed = past[-rules.per_7_days] + timedelta(days=7)
        return Limit("per_7_days", open_from(rules, at=freed.astimezone(UTC), zones=zones))
    return None


def open_from(rules: ContactRules, *, at: datetime, zones: Sequence[ZoneInfo]) -> datetime:
    """The first permitted instant from `at` on; `at` itself, to be asked then, if there is none."""
    return next_open(rules, at=at, zones=zones) or at
