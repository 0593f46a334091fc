"""Hours and caps, against a search minute by minute and a count that knows nothing of limits."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.core.contact_rules import ContactRules, Limit, first_limit, is_open, next_open

ZONES = sorted(available_timezones())
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@st.composite
def rules(draw: st.DrawFn) -> ContactRules:
    """Any limits that leave an hour of the day, told in quarters of an hour."""
    earliest = draw(st.integers(0, 91))
    latest = draw(st.integers(earliest + 4, 95))
    return ContactRules(
        "test",
        time(earliest // 4, earliest % 4 * 15),
        time(latest // 4, latest % 4 * 15),
        per_day=draw(st.integers(1, 4)),
        per_7_days=draw(st.integers(1, 9)),
        hours_between=draw(st.integers(0, 48)),
    )


def shows(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def is_open_by_the_clock(limits: ContactRules, at: datetime, zone: ZoneInfo) -> bool:
    return f"{limits.earliest:%H:%M}" <= shows(at, zone) < f"{limits.latest:%H:%M}"


def opens(limits: ContactRules, at: datetime, zone: ZoneInfo) -> datetime:
    found = next_open(limits, at=at, zones=[zone])
    assert found is not None
    return found


def limit(
    limits: ContactRules, at: datetime, zone: ZoneInfo, contacts: Sequence[datetime]
) -> Limit | None:
    return first_limit(limits, at=at, zones=[zone], contacts=contacts)


class TestHours:
    @given(rules(), moments, zones)
    def test_are_open_as_the_clock_on_the_wall_says(
        self, limits: ContactRules, at: datetime, zone: ZoneInfo
    ) -> None:
        assert is_open(limits, at=at, zones=[zone]) == is_open_by_the_clock(limits, at, zone)

    @given(rules(), moments, zones)
    @settings(max_examples=60)
    def test_open_at_the_first_minute_that_is_open(
        self, limits: ContactRules, at: datetime, zone: ZoneInfo
    ) -> None:
        found = opens(limits, at, zone)

        searched = at
        while not is_open_by_the_clock(limits, searched, zone):
            searched += A_MINUTE
        assert found == searched

    @given(rules(), moments, zones)
    def test_that_are_open_stay_as_they_are(
        self, limits: ContactRules, at: datetime, zone: ZoneInfo
    ) -> None:
        found = opens(limits, at, zone)

        assert opens(limits, found, zone) == found


def is_within(limits: ContactRules, sent: Sequence[datetime], zone: ZoneInfo) -> bool:
    """Counts what was sent, by the calendar on the wall and by spans of seven times 24 hours."""
    by_date = [moment.astimezone(zone).date() for moment in sent]
    return (
        all(is_open_by_the_clock(limits, moment, zone) for moment in sent)
        and all(by_date.count(day) <= limits.per_day for day in by_date)
        and all(
            sum(first <= moment < first + 7 * A_DAY for moment in sent) <= limits.per_7_days
            for first in sent
        )
        and all(
            later - earlier >= timedelta(hours=limits.hours_between)
            for earlier, later in pairwise(sent)
        )
    )


class TestSendingAsSoonAsPermitted:
    """Someone who always writes at the first moment that nothing forbids."""

    @given(rules(), moments, zones, st.lists(st.integers(0, 3_000), min_size=1, max_size=25))
    @settings(max_examples=60)
    def test_never_goes_beyond_a_cap(
        self, limits: ContactRules, at: datetime, zone: ZoneInfo, pauses: list[int]
    ) -> None:
        sent: list[datetime] = []
        for pause in pauses:
            at = first_permitted(limits, at + pause * A_MINUTE, zone, sent)
            sent.append(at)

        assert is_within(limits, sent, zone)

    @given(rules(), moments, zones, st.lists(st.integers(0, 200), max_size=9))
    def test_waits_for_nothing_that_is_not_in_the_way(
        self, limits: ContactRules, at: datetime, zone: ZoneInfo, hours_ago: list[int]
    ) -> None:
        """One minute before a limit gives way, it still stands in the way."""
        sent = sorted(at - timedelta(hours=hours) for hours in hours_ago)
        found = limit(limits, at, zone, sent)
        if found is None or found.rule == "hours":
            return

        just_before = found.until - A_MINUTE
        assert just_before < at or limit(limits, just_before, zone, sent) is not None


def first_permitted(
    limits: ContactRules, at: datetime, zone: ZoneInfo, sent: Sequence[datetime]
) -> datetime:
    """Asked until nothing is in the way: soon, and never going back."""
    for _ in range(40):
        found = limit(limits, at, zone, sent)
        if found is None:
            return at
        assert found.until > at, found
        at = found.until
    raise AssertionError(f"never permitted: {limits}, {zone}, {sent}")
