"""Days on which people rest: holidays, weekends, and weekend days that are worked instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reminders.core.vocabulary import RestDays

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known of one place's days: holidays with their names, and weekend days that are
    worked (调休). `years` are those that anything is known of; in others only weekends are sure."""

    code: str = ""
    holidays: Mapping[date, str] = field(default_factory=dict)
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def is_rest(self, day: date, *, kept: RestDays) -> bool:
        """Whether `day` is one of the rest days that are kept."""
        if kept is RestDays.NONE:
            return False
        if day in self.holidays:
            return True
        is_weekend = day.weekday() >= _SATURDAY and day not in self.workdays
        return kept is RestDays.HOLIDAYS_AND_WEEKENDS and is_weekend

    def knows(self, day: date) -> bool:
        """Whether the holidays of that year are known."""
        return day.year in self.years
