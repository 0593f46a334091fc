"""The figures and the arithmetic of the contact rules, written a second time.

On purpose: whoever checks `decide()` must not ask `decide()`. Sources are those of
docs/contact-rules.md; a figure that is changed there and not here breaks the simulation.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

PRESSING = frozenset({"collection", "offer", "education"})
"""Purposes that leave people in peace on their days of rest."""

LEDGER_HOURS = 36


@dataclass(frozen=True, slots=True)
class Limits:
    """First full hour that is permitted, the hour from which nothing is, how often, and the rest:
    0 none, 1 holidays, 2 holidays and weekends."""

    begins: int
    ends: int
    a_day: int = 1
    in_7_days: int = 5
    hours_between: int = 20
    rest: int = 0


LAWS: Mapping[str, Limits] = {
    "china": Limits(8, 22, rest=1),
    "us_reg_f": Limits(8, 21),
    "uk_conc": Limits(8, 21),
    "india": Limits(8, 19, rest=1),
    "strictest": Limits(8, 19, rest=1),
}


@dataclass(frozen=True, slots=True)
class Law:
    """Limits in force, and the days that are not what their weekday says."""

    limits: Limits
    holidays: Collection[date] = ()
    workdays: Collection[date] = ()

    def breach(
        self, *, purpose: str, at: datetime, zones: Iterable[ZoneInfo], earlier: Iterable[datetime]
    ) -> str:
        """Which rule a text at `at` breaks, or nothing. `earlier` are the texts before it."""
        before = list(earlier)
        for zone in zones:
            local = at.astimezone(zone)
            if not self.limits.begins <= local.hour < self.limits.ends:
                return f"hours: it is {local:%H:%M} in {zone.key}"
            same_day = [t for t in before if t.astimezone(zone).date() == local.date()]
            if len(same_day) >= self.limits.a_day:
                return f"caps: text {len(same_day) + 1} on {local:%Y-%m-%d} in {zone.key}"
            if purpose in PRESSING and self.is_rest(local.date()):
                return f"rest: {local:%A %Y-%m-%d} in {zone.key}"
        week = [t for t in before if at - t < timedelta(days=7)]
        if len(week) >= self.limits.in_7_days:
            return f"caps: text {len(week) + 1} within 7 days"
        if before and at - max(before) < timedelta(hours=self.limits.hours_between):
            return f"distance: the last text went out at {max(before):%Y-%m-%d %H:%M}Z"
        return ""

    def is_rest(self, day: date) -> bool:
        """Whether people are left in peace on this day."""
        if self.limits.rest >= 1 and day in self.holidays:
            return True
        is_weekend = day.isoweekday() in (6, 7) and day not in self.workdays
        return self.limits.rest >= 2 and is_weekend
