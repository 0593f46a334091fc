"""Days of rest out of a CSV file: `date,kind,name` and optionally `official`.

A file is the whole truth about the years that it names: a day of those years that it no longer
has was corrected away and is forgotten, unless a row is bad. Lines that begin with # are comments.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib import resources

from django.db import transaction
from django.utils.translation import gettext as _

from reminders.authoring.problems import Problem
from reminders.models import CalendarDay
from reminders.models.calendar import DayKind

_SHIPPED = resources.files("reminders") / "shipped"
_COLUMNS = ("date", "kind", "name")
_YEARS = range(2000, 2100)
_NAME_MAX = 100
_OFFICIAL = {"yes": True, "": True, "no": False}


@dataclass(frozen=True, slots=True)
class Day:
    """One day that is not what its weekday says."""

    date: date
    kind: DayKind
    name: str
    is_official: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """Days that are new, changed, forgotten."""

    new: int = 0
    changed: int = 0
    forgotten: int = 0


def read_days(text: str) -> tuple[list[Day], list[Problem]]:
    """The good rows, and what is wrong with the others, each named by its line."""
    days: dict[date, Day] = {}
    problems: list[Problem] = []
    lines = [
        (number, line)
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    header = _fields(lines[0][1]) if lines else []
    if missing := [name for name in _COLUMNS if name not in header]:
        return [], [
            Problem("", _("A column is missing: %(names)s.") % {"names": ", ".join(missing)})
        ]
    for number, line in lines[1:]:
        try:
            day = _day(dict(zip(header, _fields(line), strict=False)))
            if day.date in days:
                raise ValueError(_("The date stands there twice."))
        except (ValueError, csv.Error) as error:
            problems.append(Problem(_("line %(number)s") % {"number": number}, str(error)))
        else:
            days[day.date] = day
    return list(days.values()), problems


def _fields(line: str) -> list[str]:
    return [field.strip() for field in next(csv.reader([line]), [])]


def _day(row: dict[str, str]) -> Day:
    """Raises ValueError with what is wrong, in words."""
    text, kind, name = (row.get(column, "") for column in _COLUMNS)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(text)s” is no date such as 2027-01-01.") % {"text": text}) from None
    if day.year not in _YEARS:
        raise ValueError(_("%(day)s is not of this century.") % {"day": day})
    if kind not in DayKind.values:
        raise ValueError(
            _("“%(kind)s” is no kind of day; there are: %(kinds)s.")
            % {"kind": kind, "kinds": ", ".join(DayKind.values)}
        )
    if not name or len(name) > _NAME_MAX or not name.isprintable():
        raise ValueError(_("The name is empty, too long or not printable."))
    official = row.get("official", "")
    if official not in _OFFICIAL:
        raise ValueError(_("official is yes or no."))
    return Day(day, DayKind(kind), name, _OFFICIAL[official])


@transaction.atomic
def load_days(days: Iterable[Day], *, calendar: str, is_whole: bool) -> Loaded:
    """Store these days. `is_whole`: what else is stored of their years is forgotten."""
    wanted = {day.date: day for day in days}
    years = {day.year for day in wanted}
    stored = {
        row.date: row for row in CalendarDay.objects.filter(calendar=calendar, date__year__in=years)
    }
    changed = [
        row
        for day, row in stored.items()
        if day in wanted and (row.kind, row.name, row.is_official) != _values(wanted[day])
    ]
    for row in changed:
        row.kind, row.name, row.is_official = _values(wanted[row.date])
    CalendarDay.objects.bulk_update(changed, ["kind", "name", "is_official"])
    new = [
        CalendarDay(
            calendar=calendar,
            date=day.date,
            kind=day.kind,
            name=day.name,
            is_official=day.is_official,
        )
        for day in wanted.values()
        if day.date not in stored
    ]
    CalendarDay.objects.bulk_create(new)
    gone = [row.pk for day, row in stored.items() if is_whole and day not in wanted]
    CalendarDay.objects.filter(pk__in=gone).delete()
    return Loaded(len(new), len(changed), len(gone))


def _values(day: Day) -> tuple[str, str, bool]:
    return day.kind.value, day.name, day.is_official


def shipped_calendars() -> dict[str, str]:
    """The files that come with Duecourse, by calendar."""
    return {
        path.name.removeprefix("calendar_").removesuffix(".csv"): path.read_text(encoding="utf-8")
        for path in _SHIPPED.iterdir()
        if path.name.startswith("calendar_")
    }


def load_shipped_days() -> Loaded:
    """Store the shipped days of the years of which nothing is stored yet: what an operator has
    loaded is better."""
    total = Loaded()
    for calendar, text in shipped_calendars().items():
        days, _problems = read_days(text)
        rows = CalendarDay.objects.filter(calendar=calendar)
        known = {day.year for day in rows.dates("date", "year")}
        fresh = [day for day in days if day.date.year not in known]
        loaded = load_days(fresh, calendar=calendar, is_whole=True)
        total = Loaded(total.new + loaded.new, total.changed, total.forgotten)
    return total
