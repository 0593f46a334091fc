"""Hours and caps, against a search quarter by quarter and a count that knows nothing of limits."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.core.contact_rules import ContactRules, Limit, first_limit, is_open, next_open

ZONES = sorted(available_timezones())
A_MINUTE, A_QUARTER, A_DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)

zone_lists = st.lists(st.sampled_from(ZONES).map(ZoneInfo), min_size=1, max_size=3)
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


def is_open_by_the_clocks(limits: ContactRules, at: datetime, zones: Sequence[ZoneInfo]) -> bool:
    """All the clocks on the walls show a permitted time."""
    shown = [at.astimezone(zone).strftime("%H:%M") for zone in zones]
    return all(f"{limits.earliest:%H:%M}" <= one < f"{limits.latest:%H:%M}" for one in shown)


def by_search(limits: ContactRules, at: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
    """The first permitted moment within 48 hours. The clocks of the world differ by quarters."""
    quarter = at.replace(minute=at.minute // 15 * 15)
    tried = [at, *(quarter + number * A_QUARTER for number in range(1, 4 * 48 + 1))]
    found = (when for when in tried if is_open_by_the_clocks(limits, when, zones))
    return next((when for when in found if when <= at + 2 * A_DAY), None)


class TestHours:
    @given(rules(), moments, zone_lists)
    def test_are_open_as_the_clocks_say(
        self, limits: ContactRules, at: datetime, zones: list[ZoneInfo]
    ) -> None:
        assert is_open(limits, at=at, zones=zones) == is_open_by_the_clocks(limits, at, zones)

    @given(rules(), moments, zone_lists)
    def test_open_at_the_first_moment_that_is_open(
        self, limits: ContactRules, at: datetime, zones: list[ZoneInfo]
    ) -> None:
        assert next_open(limits, at=at, zones=zones) == by_search(limits, at, zones)

    @given(rules(), moments, zone_lists)
    def test_that_are_open_stay_as_they_are(
        self, limits: ContactRules, at: datetime, zones: list[ZoneInfo]
    ) -> None:
        found = next_open(limits, at=at, zones=zones)

        assert found is None or next_open(limits, at=found, zones=zones) == found


def is_within(limits: ContactRules, sent: Sequence[datetime], zones: Sequence[ZoneInfo]) -> bool:
    """Counts what was sent, by the calendars on the walls and by spans of seven times 24 hours."""
    dates = [[moment.astimezone(zone).date() for moment in sent] for zone in zones]
    return (
        all(is_open_by_the_clocks(limits, moment, zones) for moment in sent)
        and all(days.count(day) <= limits.per_day for days in dates for day in days)
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

    @given(rules(), moments, zone_lists, st.lists(st.integers(0, 3_000), min_size=1, max_size=20))
    @settings(max_examples=50)
    def test_never_goes_beyond_a_cap(
        self, limits: ContactRules, at: datetime, zones: list[ZoneInfo], pauses: list[int]
    ) -> None:
        sent: list[datetime] = []
        for pause in pauses:
            asked = first_permitted(limits, at + pause * A_MINUTE, zones, sent)
            if asked is None:
                break
            at = asked
            sent.append(at)

        assert is_within(limits, sent, zones)

    @given(rules(), moments, zone_lists, st.lists(st.integers(0, 200), max_size=9))
    def test_waits_for_nothing_that_is_not_in_the_way(
        self, limits: ContactRules, at: datetime, zones: list[ZoneInfo], hours_ago: list[int]
    ) -> None:
        """One minute before a limit gives way, something still stands in the way."""
        sent = sorted(at - timedelta(hours=hours) for hours in hours_ago)
        found = first_limit(limits, at=at, zones=zones, contacts=sent)
        if found is None or found.rule == "no_common_hours":
            return

        before = found.until - A_MINUTE
        assert before < at or first_limit(limits, at=before, zones=zones, contacts=sent)


def first_permitted(
    limits: ContactRules, at: datetime, zones: Sequence[ZoneInfo], sent: Sequence[datetime]
) -> datetime | None:
    """Asked until nothing is in the way: soon, and never going back. None where no hour is
    permitted in all zones."""
    for _ in range(40):
        found: Limit | None = first_limit(limits, at=at, zones=zones, contacts=sent)
        if found is None:
            return at
        assert found.until > at, found
        if found.rule == "no_common_hours":
            assert by_search(limits, at, zones) is None
            return None
        at = found.until
    raise AssertionError(f"never permitted: {limits}, {zones}, {sent}")
