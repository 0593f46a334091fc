"""Amounts, days and instants as staff read them, in the language that is active."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateformat import format as formatted
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reminders.core.wording import format_amount

_CHINESE = {
    "day": "n月j日 l",
    "day_of_year": "Y年n月j日",
    "instant": "n月j日 H:i",
    "long": "Y年n月j日 l H:i",
}
_OTHERS = {
    "day": "D j M",
    "day_of_year": "j M Y",
    "instant": "D j M, H:i",
    "long": "l j F Y, H:i",
}


def language() -> str:
    """The active language, such as `zh-hans`."""
    return get_language() or settings.LANGUAGE_CODE


def _form(name: str) -> str:
    return (_CHINESE if language().startswith("zh") else _OTHERS)[name]


def amount(value: Decimal, currency: str) -> str:
    """An amount with its currency: `1,234.50元`, `CNY 1,234.50`."""
    return format_amount(value, currency=currency, language=language())


def number(value: Decimal) -> str:
    """An amount whose currency is known: `1,234.50`."""
    return f"{value:,.2f}"


def listed(words: Iterable[object]) -> str:
    """Words one after another, parted as the language parts them."""
    return ("、" if language().startswith("zh") else ", ").join(map(str, words))


def sentences(parts: Iterable[str]) -> str:
    """Whole sentences one after another, parted as the language parts them; empty ones are left
    out."""
    return ("" if language().startswith("zh") else " ").join(part for part in parts if part)


def day(value: date) -> str:
    """A day of this year or the next: `Mon 23 Nov`."""
    return formatted(value, _form("day"))


def short_day(value: date) -> str:
    """A day as an axis has it: `23/11`, `11-23`."""
    return formatted(value, "m-d" if language().startswith("zh") else "j/n")


def month(value: date) -> str:
    """A month with its year: `Nov 2026`."""
    return formatted(value, "Y年n月" if language().startswith("zh") else "M Y")


def day_of_year(value: date) -> str:
    """A day with its year: `23 Nov 2026`."""
    return formatted(value, _form("day_of_year"))


@dataclass(frozen=True, slots=True)
class Clock:
    """Instants as read off the clock of one zone."""

    zone: ZoneInfo

    def instant(self, at: datetime) -> str:
        """`Mon 23 Nov, 10:00`."""
        return formatted(at.astimezone(self.zone), _form("instant"))

    def told(self, at: datetime) -> str:
        """As `instant`, with the name of the zone where the lender's own clocks show another time:
        `Mon 23 Nov, 08:00 (Asia/Dubai)`."""
        shown = self.instant(at)
        if Clock(ZoneInfo(settings.TIME_ZONE)).instant(at) == shown:
            return shown
        return _("%(time)s (%(zone)s)") % {"time": shown, "zone": self.zone.key}

    def long(self, at: datetime) -> str:
        """`Monday 23 November 2026, 10:00`."""
        return formatted(at.astimezone(self.zone), _form("long"))

    def time(self, at: datetime) -> str:
        """`10:00:07`."""
        return formatted(at.astimezone(self.zone), "H:i:s")

    def exact(self, at: datetime, *, until: datetime | None = None) -> str:
        """`23 Nov 2026 10:00:07`; with `until` of the same day `23 Nov 2026 10:00:07–10:00:08`."""
        start = f"{day_of_year(self.date(at))} {self.time(at)}"
        if until is None:
            return start
        same_day = self.date(at) == self.date(until)
        return f"{start}–{self.time(until) if same_day else self.exact(until)}"

    def date(self, at: datetime) -> date:
        """The local date."""
        return at.astimezone(self.zone).date()
