"""Filters and tags of the pages: `{% load duecourse %}`."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from reminders.queries import formats
from reminders.queries.formats import Clock
from reminders.queries.words import days_in_words, lasting_in_words

register = template.Library()


@register.filter
def money(value: Decimal, currency: str) -> str:
    """An amount with its currency."""
    return formats.amount(value, currency)


@register.filter
def price(value: Decimal, currency: str) -> str:
    """A price of texts: three places, since a part costs a fraction of a cent."""
    return f"{currency} {value:.3f}"


@register.filter
def number(value: Decimal) -> str:
    """An amount whose currency stands elsewhere."""
    return formats.number(value)


@register.filter
def percent(value: Decimal) -> str:
    """A share as a percentage without needless zeros: 0.18 gives 18 %."""
    return _("%(number)s %%") % {"number": f"{(value * 100).normalize():f}"}


@register.filter
def day(value: date) -> str:
    """A day without its year."""
    return formats.day(value)


@register.filter
def day_of_year(value: date) -> str:
    """A day with its year."""
    return formats.day_of_year(value)


@register.filter
def instant(value: datetime, clock: Clock) -> str:
    """An instant on `clock`."""
    return clock.instant(value)


@register.filter
def hms(value: datetime, clock: Clock) -> str:
    """The time of day on `clock`, with seconds."""
    return clock.time(value)


@register.filter
def local_date(value: datetime, clock: Clock) -> date:
    """The date on `clock`."""
    return clock.date(value)


@register.filter
def dialled(value: str) -> str:
    """A phone number as a link dials it."""
    return "".join(sign for sign in value if sign in "+*#" or "0" <= sign <= "9")


@register.filter
def days(value: int) -> str:
    """A number of days in words."""
    return days_in_words(value)


@register.filter
def lasting(value: timedelta) -> str:
    """A span of time in words, as exactly as one cares."""
    return lasting_in_words(value)


@register.simple_tag
def when(at: datetime, clock: Clock | None = None) -> SafeString:
    """An instant as staff's clocks show it, and the borrower's own time where that differs."""
    staff = Clock(ZoneInfo(settings.TIME_ZONE))
    shown = format_html('<time datetime="{}">{}</time>', at.isoformat(), staff.instant(at))
    if clock is None or staff.instant(at) == clock.instant(at):
        return shown
    return format_html(
        '{} <span class="there">{}</span>',
        shown,
        _("%(time)s for the borrower") % {"time": clock.instant(at)},
    )


@register.simple_tag
def on_day(at: datetime, clock: Clock) -> SafeString:
    """The day of an instant on staff's calendars, and the borrower's own where that differs."""
    staff = Clock(ZoneInfo(settings.TIME_ZONE))
    shown = format_html("{}", formats.day_of_year(staff.date(at)))
    if staff.date(at) == clock.date(at):
        return shown
    return format_html(
        '{} <span class="there">{}</span>',
        shown,
        _("%(day)s for the borrower") % {"day": formats.day_of_year(clock.date(at))},
    )


@register.simple_tag
def clocks(
    at: datetime, *, borrower: Clock, lender: Clock, until: datetime | None = None
) -> SafeString:
    """An instant to the second, or two, on the borrower's clock and in parentheses on the lender's,
    each with the name of its zone; once where both are of one zone."""
    shown = [(clock.exact(at, until=until), clock.zone.key) for clock in (borrower, lender)]
    theirs = format_html('<span class="clock">{} <span class="zone">{}</span></span>', *shown[0])
    if borrower == lender:
        return theirs
    return format_html(
        '{} <span class="clock">({} <span class="zone">{}</span>)</span>', theirs, *shown[1]
    )


_CHINESE_MARKS = {":": "：", ",": "，", ";": "；", "(": "（", ")": "）", " ": ""}
_OTHER_MARKS = {":": ": ", ",": ", ", ";": "; ", "(": " (", ")": ")", " ": " "}


@register.simple_tag
def mark(sign: str) -> str:
    """A punctuation mark between words, with its blanks, as the language writes it."""
    return (_CHINESE_MARKS if formats.language().startswith("zh") else _OTHER_MARKS)[sign]


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of the sprite in base.html; without a label it is decoration."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="#i-{}"/></svg>', label, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)
