"""When and how often a borrower may be written to.

A profile is what the law or its nearest written guidance asks; an operator's own limits may only
tighten it. Figures that no text of law gives are marked so: they are our choice and an
operator may want tighter ones. This is configuration for lawyers to confirm, not advice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.core.schedule import instant


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits of one jurisdiction: local hours, messages a day and in 7 days, hours between."""

    name: str
    earliest: time
    latest: time
    per_day: int
    per_7_days: int
    hours_between: int


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """An operator's limits; None leaves the profile's."""

    earliest: time | None = None
    latest: time | None = None
    per_day: int | None = None
    per_7_days: int | None = None
    hours_between: int | None = None


@dataclass(frozen=True, slots=True)
class ContactRules:
    """The limits in force: a profile, tightened. `latest` itself is no longer permitted."""

    profile: str
    earliest: time
    latest: time
    per_day: int
    per_7_days: int
    hours_between: int


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        # Hours: GB/T 45251-2025 and the Banking Association's guideline of 30 January 2026 bar
        # 22:00-08:00 for every way of collecting (read in news reports of the text). No number for
        # text messages is written anywhere we found: the caps are our choice.
        Profile("china", time(8), time(22), per_day=1, per_7_days=5, hours_between=20),
        # The narrowest hours of any jurisdiction we looked at: India's 08:00-19:00
        # (RBI, 12 August 2022). Caps as above, our choice.
        Profile("strictest", time(8), time(19), per_day=1, per_7_days=5, hours_between=20),
    )
}

_LATER_IS_TIGHTER = ("earliest", "hours_between")
_LESS_IS_TIGHTER = ("latest", "per_day", "per_7_days")


def loosenings(profile: Profile, *, own: OwnLimits) -> list[str]:
    """Names of the limits in `own` that are looser than the profile's."""
    looser: list[str] = []
    for name in _LATER_IS_TIGHTER + _LESS_IS_TIGHTER:
        mine, law = getattr(own, name), getattr(profile, name)
        if mine is not None and (mine < law if name in _LATER_IS_TIGHTER else mine > law):
            looser.append(name)
    return looser


def tighten(profile: Profile, *, own: OwnLimits) -> ContactRules:
    """The tighter of both for each limit; a looser value of `own` has no effect.

    Limits that leave no hour of the day are refused where they are entered
    (`leaves_no_hours`); here they would defer for ever, so the profile's hours hold.
    """
    if leaves_no_hours(profile, own=own):
        own = OwnLimits(None, None, own.per_day, own.per_7_days, own.hours_between)
    return ContactRules(
        profile=profile.name,
        earliest=max(profile.earliest, own.earliest or profile.earliest),
        latest=min(profile.latest, own.latest or profile.latest),
        per_day=min(profile.per_day, own.per_day or profile.per_day),
        per_7_days=min(profile.per_7_days, own.per_7_days or profile.per_7_days),
        hours_between=max(profile.hours_between, own.hours_between or 0),
    )


def leaves_no_hours(profile: Profile, *, own: OwnLimits) -> bool:
    """Whether both together permit no hour of the day."""
    earliest = max(profile.earliest, own.earliest or profile.earliest)
    return earliest >= min(profile.latest, own.latest or profile.latest)


def is_open(rules: ContactRules, *, at: datetime, zone: ZoneInfo) -> bool:
    """Whether `at` lies in the permitted hours of that zone."""
    return rules.earliest <= at.astimezone(zone).time() < rules.latest


def next_open(rules: ContactRules, *, at: datetime, zone: ZoneInfo) -> datetime:
    """The first permitted instant from `at` on, in UTC."""
    if is_open(rules, at=at, zone=zone):
        return at
    local = at.astimezone(zone)
    day = local.date() if local.time() < rules.earliest else local.date() + timedelta(days=1)
    return instant(day, rules.earliest, zone=zone)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that stands in the way: its name and when it gives way at the soonest."""

    rule: str
    until: datetime


def first_limit(
    rules: ContactRules, *, at: datetime, zone: ZoneInfo, contacts: Sequence[datetime]
) -> Limit | None:
    """The limit that forbids a message at `at`, or None.

    `contacts` are the instants of this borrower's messages of the last 7 days, over all loans,
    steps and channels. Asked again at `until`, another limit may stand in the way.
    """
    if not is_open(rules, at=at, zone=zone):
        return Limit("hours", next_open(rules, at=at, zone=zone))
    past = sorted(moment for moment in contacts if moment > at - timedelta(days=7))
    if past and at - past[-1] < timedelta(hours=rules.hours_between):
        wait = past[-1] + timedelta(hours=rules.hours_between)
        return Limit("hours_between", next_open(rules, at=wait, zone=zone))
    today = at.astimezone(zone).date()
    if sum(moment.astimezone(zone).date() == today for moment in past) >= rules.per_day:
        tomorrow = instant(today + timedelta(days=1), rules.earliest, zone=zone)
        return Limit("per_day", tomorrow)
    if len(past) >= rules.per_7_days:
        freed = past[-rules.per_7_days] + timedelta(days=7)
        return Limit("per_7_days", next_open(rules, at=freed.astimezone(UTC), zone=zone))
    return None
