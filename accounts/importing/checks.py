"""Checks of single values.

Each takes the text of a field and gives it in the form that COPY reads (or NULL, written `\\N`);
it raises BadValue with what is wrong. What passes here, PostgreSQL accepts: one value that it
refused would stop the whole run.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from accounts import addresses
from accounts.core.vocabulary import Channel, LoanStatus
from accounts.importing.errors import BadValue
from accounts.pinyin import pinyin_of

Check = Callable[[str], str]

NULL = "\\N"
_NUMBER_MAX, _NAME_MAX = 64, 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Three digits short of what a column holds, for the sums of a loan and of a borrower are stored
# as well: one that does not fit would stop the whole run, or the sending.
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2}0*)?")
_AMOUNT_TOO_LARGE = re.compile(r"[0-9]{14,}(?:\.[0-9]*)?")
_RATE = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,6}0*)?")
_SEQ = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
_ZONES_MAX, _ZONE_SHOWN_MAX = 8, 40
_CURRENCY = re.compile(r"[A-Z]{3}")
_YEARS = range(1950, 2151)
_OFFSET_MAX = timedelta(hours=14)
_AHEAD_MAX = timedelta(days=1)  # cores that know the day only write its end, somewhere
_GRACE_DAYS_MAX = 365
_ANNUAL_RATE_MAX, _DAILY_RATE_MAX = 10.0, 0.1
_SIMPLIFIED_CHINESE = frozenset({"zh", "zh-cn", "zh-sg", "zh-hans-cn", "zh-chs"})
_STATUSES = tuple(status.value for status in LoanStatus)
_KNOWN_DATES_MAX = 100_000


def _text(value: str, *, length_max: int) -> str:
    if not value:
        raise BadValue("is empty")
    if len(value) > length_max:
        raise BadValue(f"is longer than {length_max} characters")
    found = _CONTROL.search(value)
    if found:
        what = "a NUL byte" if found.group() == "\0" else "a control character"
        raise BadValue(f"contains {what}")
    return value.replace("\\", "\\\\") if "\\" in value else value


def number(value: str) -> str:
    """A number in the lender's books, a product or a segment: 1 to 64 characters."""
    return _text(value, length_max=_NUMBER_MAX)


def number_or_blank(value: str) -> str:
    """The same, or nothing."""
    return _text(value, length_max=_NUMBER_MAX) if value else ""


def name(value: str) -> str:
    """A person's name: 1 to 500 characters; and what it is found by."""
    return f"{_text(value, length_max=_NAME_MAX)}\t{pinyin_of(value)}"


def language(value: str) -> str:
    """A language tag in lower case; the ways to say simplified Chinese become `zh-hans`."""
    tag = value.lower().replace("_", "-")
    if tag in _SIMPLIFIED_CHINESE:
        return "zh-hans"
    if len(tag) > 10 or not _LANGUAGE.fullmatch(tag):
        raise BadValue("is no language tag such as zh-hans or en")
    return tag


def timezone(known: frozenset[str]) -> Check:
    """A check for names of time zones that are among `known`."""

    def check(value: str) -> str:
        if value not in known:
            raise BadValue("is no IANA time zone such as Asia/Shanghai")
        return value

    return check


def timezones(known: frozenset[str]) -> Check:
    """A check for several names of time zones, parted by spaces; nothing is none."""

    def check(value: str) -> str:
        names = list(dict.fromkeys(value.split()))
        for name in names:
            if name not in known:
                shown = name if len(name) <= _ZONE_SHOWN_MAX else f"{name[:_ZONE_SHOWN_MAX]}…"
                raise BadValue(f"names {shown}, which is no IANA time zone such as Asia/Shanghai")
        if len(names) > _ZONES_MAX:
            raise BadValue(f"names more than {_ZONES_MAX} time zones")
        return "{" + ",".join(names) + "}"

    return check


def amount(value: str) -> str:
    """More than nothing, at most two decimals."""
    if not _AMOUNT.fullmatch(value):
        raise BadValue(_why_no_amount(value))
    if not value.strip("0."):
        raise BadValue("is zero")
    return value


def amount_or_null(value: str) -> str:
    """Nothing, or an amount that may be zero."""
    if not value:
        return NULL
    if not _AMOUNT.fullmatch(value):
        raise BadValue(_why_no_amount(value))
    return value


def _why_no_amount(value: str) -> str:
    if not value:
        return "is empty"
    if value.startswith("-") and _AMOUNT.fullmatch(value[1:]):
        return "is negative"
    if _AMOUNT_TOO_LARGE.fullmatch(value):
        return "is larger than 9999999999999.99"
    if re.fullmatch(r"[0-9]+\.[0-9]{3,}", value):
        return "has more than two decimals"
    return "is no amount such as 1234.50"


def _rate(value: str, *, rate_max: float, example: str) -> str:
    if not _RATE.fullmatch(value):
        raise BadValue(f"is no rate; {example}")
    if float(value) > rate_max:
        raise BadValue(f"is larger than {rate_max:g}; {example}")
    return value


def annual_rate(value: str) -> str:
    """Nothing, or a rate a year."""
    if not value:
        return NULL
    return _rate(value, rate_max=_ANNUAL_RATE_MAX, example="0.18 is 18 % a year")


def daily_rate(value: str) -> str:
    """A rate a day; nothing is 0."""
    return _rate(value or "0", rate_max=_DAILY_RATE_MAX, example="0.0005 is 0.05 % a day")


def grace_days(value: str) -> str:
    """Whole days; nothing is 0."""
    value = value or "0"
    if not _SEQ.fullmatch(value) or int(value) > _GRACE_DAYS_MAX:
        raise BadValue(f"is no number of days from 0 to {_GRACE_DAYS_MAX}")
    return value


def status(value: str) -> str:
    """A loan's status; nothing is active."""
    value = value or LoanStatus.ACTIVE.value
    if value not in _STATUSES:
        raise BadValue("is none of " + ", ".join(_STATUSES))
    return value


def currency(value: str) -> str:
    """An ISO 4217 code."""
    if not _CURRENCY.fullmatch(value):
        raise BadValue("is no currency code such as CNY")
    return value


def seq(value: str) -> str:
    """The number of an instalment within its loan."""
    if not _SEQ.fullmatch(value):
        raise BadValue("is no whole number")
    return value


def dates() -> Check:
    """A check for dates. A book has few different ones, so those that passed are remembered."""
    known: set[str] = set()

    def check(value: str) -> str:
        if value in known:
            return value
        if not _DATE.fullmatch(value):
            raise BadValue("is no date such as 2026-11-23")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise BadValue("is not in the calendar") from None
        if day.year not in _YEARS:
            raise BadValue(f"lies outside {_YEARS.start} to {_YEARS.stop - 1}")
        if len(known) < _KNOWN_DATES_MAX:
            known.add(value)
        return value

    return check


def instant(value: str) -> str:
    """A time with its offset from UTC."""
    if not _INSTANT.fullmatch(value):
        raise BadValue("is no time with offset such as 2026-11-23T10:00:00+08:00")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise BadValue("is not in the calendar") from None
    offset = at.utcoffset()
    if offset is None:
        raise BadValue("has no offset from UTC; write it such as 2026-11-23T10:00:00+08:00")
    if abs(offset) > _OFFSET_MAX:
        raise BadValue("has an offset of more than 14 hours")
    if at.year not in _YEARS:
        raise BadValue(f"lies outside {_YEARS.start} to {_YEARS.stop - 1}")
    return value


def paid_at(*, now: datetime) -> Check:
    """A time that has come; money that is only expected would silence reminders today."""
    latest = now + _AHEAD_MAX

    def check(value: str) -> str:
        at = datetime.fromisoformat(instant(value))
        if at > latest:
            raise BadValue("lies in the future; import a payment when it has come in")
        return value

    return check


def consent(value: str) -> str:
    """yes, no, or nothing said."""
    match value.lower():
        case "yes":
            return "t"
        case "no":
            return "f"
        case "":
            return NULL
        case _:
            raise BadValue("is neither yes nor no")


def phone(*, region: str, made_up_allowed: bool) -> Check:
    """A check that gives three COPY fields: ciphertext, look-up hash, masked number."""

    def check(value: str) -> str:
        if not value:
            raise BadValue("is empty")
        try:
            number = addresses.phone_to_e164(value, region=region, made_up_allowed=made_up_allowed)
        except addresses.BadAddress as error:
            raise BadValue(str(error)) from None
        return _sealed(number, channel=Channel.SMS)

    return check


def email(value: str) -> str:
    """Nothing, or an e-mail address; three COPY fields like a phone."""
    if not value:
        return f"{NULL}\t{NULL}\t{NULL}"
    try:
        address = addresses.email_to_canonical(value)
    except addresses.BadAddress as error:
        raise BadValue(str(error)) from None
    return _sealed(address, channel=Channel.EMAIL)


def _sealed(address: str, *, channel: Channel) -> str:
    sealed = addresses.seal(address, channel=channel)
    return f"\\\\x{sealed.encrypted.hex()}\t\\\\x{sealed.hash.hex()}\t{sealed.masked}"
