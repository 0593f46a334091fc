"""What the law, or its nearest written guidance, asks: one profile for each jurisdiction.

Each figure carries where it is from and how certain that is. Where no text gives one, it is marked
as our choice: it is what we would want to receive, and an operator may want less. This is
configuration for lawyers to confirm, not advice; docs/contact-rules.md has it as a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import time
from typing import Any, Generic, TypeVar

from reminders.core.vocabulary import Certainty, RestDays

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Figure(Generic[Value]):
    """A limit, where it is from, and how certain that is."""

    value: Value
    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Figures:
    """Local hours (`latest` itself is no longer permitted), messages a day and in 7 days, hours
    between messages, and the days on which nobody is pressed."""

    earliest: Figure[time]
    latest: Figure[time]
    per_day: Figure[int]
    per_7_days: Figure[int]
    hours_between: Figure[int]
    rest_days: Figure[RestDays]


LIMITS = tuple(item.name for item in fields(Figures))
"""Names of the limits, which are also the names of the rules that a looser value breaks."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The limits of one jurisdiction, with their sources in `figures`."""

    name: str
    figures: Figures

    @property
    def earliest(self) -> time:
        """From when on, local time."""
        return self.figures.earliest.value

    @property
    def latest(self) -> time:
        """Until when, local time; itself no longer permitted."""
        return self.figures.latest.value

    @property
    def per_day(self) -> int:
        """Messages on one local day."""
        return self.figures.per_day.value

    @property
    def per_7_days(self) -> int:
        """Messages in any 7 days."""
        return self.figures.per_7_days.value

    @property
    def hours_between(self) -> int:
        """Hours between two messages."""
        return self.figures.hours_between.value

    @property
    def rest_days(self) -> RestDays:
        """Days on which nobody is pressed."""
        return self.figures.rest_days.value


_REST_DAYS = tuple(RestDays)


def is_looser(name: str, value: Any, *, than: Any) -> bool:
    """Whether `value` of the limit `name` permits what `than` does not."""
    if name == "rest_days":
        return _REST_DAYS.index(value) < _REST_DAYS.index(than)
    later_is_tighter = name in ("earliest", "hours_between")
    return bool(value < than) if later_is_tighter else bool(value > than)


def strictest_of(profiles: Sequence[Profile]) -> Profile:
    """The tightest figure of any of these for each limit, with the source of that one."""
    figures: dict[str, Any] = {}
    for name in LIMITS:
        tightest = getattr(profiles[0].figures, name)
        for profile in profiles[1:]:
            other = getattr(profile.figures, name)
            if is_looser(name, tightest.value, than=other.value):
                tightest = other
        figures[name] = tightest
    return Profile("strictest", Figures(**figures))


_OURS, _READ = Certainty.OUR_CHOICE, Certainty.READ
_REPORTED = Certainty.REPORTED

_NO_NUMBER = "no number for text messages in any source we found"
_NO_REST_DAYS = "no rest days in any source we found"


def _profile(
    name: str, *, earliest: Figure[time], latest: Figure[time], rest_days: Figure[RestDays]
) -> Profile:
    """With the caps of our choice: the numbers that laws give are for calls."""
    return Profile(
        name,
        Figures(
            earliest=earliest,
            latest=latest,
            per_day=Figure(1, _NO_NUMBER, _OURS),
            per_7_days=Figure(5, _NO_NUMBER, _OURS),
            hours_between=Figure(20, _NO_NUMBER, _OURS),
            rest_days=rest_days,
        ),
    )


_CHINA = (
    "GB/T 45251-2025; China Banking Association, guideline on collecting consumer loans, "
    "30 January 2026: 22:00 to 08:00 is barred for every way of collecting"
)
_REG_F = "12 CFR 1006.6(b)(1)(i): before 08:00 and after 21:00 is presumed inconvenient"
_MCOB = (
    "FCA Handbook MCOB 13.5.4G (mortgages), as the yardstick for CONC 7.9, which says "
    "“not at unreasonable times” and gives no hours"
)
_RBI = "Reserve Bank of India, 12 August 2022: before 08:00 and after 19:00 is barred"

_OF_LAWS = (
    _profile(
        "china",
        earliest=Figure(time(8), _CHINA, _REPORTED),
        latest=Figure(time(22), _CHINA, _REPORTED),
        rest_days=Figure(RestDays.HOLIDAYS, _NO_REST_DAYS, _OURS),
    ),
    _profile(
        "us_reg_f",
        earliest=Figure(time(8), _REG_F, _READ),
        latest=Figure(time(21), _REG_F, _READ),
        rest_days=Figure(RestDays.NONE, _NO_REST_DAYS, _OURS),
    ),
    _profile(
        "uk_conc",
        earliest=Figure(time(8), _MCOB, _READ),
        latest=Figure(time(21), _MCOB, _READ),
        rest_days=Figure(RestDays.NONE, _NO_REST_DAYS, _OURS),
    ),
    _profile(
        "india",
        earliest=Figure(time(8), _RBI, _READ),
        latest=Figure(time(19), _RBI, _READ),
        rest_days=Figure(
            RestDays.HOLIDAYS,
            "Reserve Bank of India, draft directions of 2026: none at festivals; "
            "the final text was not seen",
            _REPORTED,
        ),
    ),
)

REFUSAL_IN_OFFERS = frozenset({"china", "strictest"})
"""Profiles under which an offer must say how to refuse it (通信短信息服务管理规定; read)."""

PROFILES: Mapping[str, Profile] = {
    profile.name: profile for profile in (*_OF_LAWS, strictest_of(_OF_LAWS))
}
"""By name. `strictest` permits only what all the others permit."""
