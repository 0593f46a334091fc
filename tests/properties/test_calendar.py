"""Instants and slots in every time zone there is, against a reading of the wall clock by search."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.schedule import StepTimes, instant, slot

ZONES = sorted(available_timezones())
A_DAY = timedelta(days=1)

zones = st.sampled_from(ZONES)
days = st.dates(date(2026, 1, 1), date(2031, 12, 31))
times_of_day = st.times().map(lambda at: at.replace(fold=0))
steps = st.builds(
    lambda offset, at, valid_for: StepTimes(1, offset, at, offset + valid_for),
    st.integers(-40, 120),
    times_of_day,
    st.integers(0, 30),
)

HARD_DAYS = (
    date(2026, 2, 28),
    date(2026, 12, 31),
    date(2028, 2, 29),
    date(2028, 3, 1),
    # Nights on which somebody's clocks change.
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 4, 24),
    date(2026, 9, 6),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
)
HARD_TIMES = (time(0), time(0, 30), time(1, 30), time(2, 30), time(10), time(23, 59, 59))


def by_search(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock in that zone shows this; where none does, as far behind
    the gap's start as the wall clock asked for."""
    shown = datetime.combine(day, at)
    around = [shown.replace(tzinfo=UTC) + hours * timedelta(hours=1) for hours in range(-30, 31, 6)]
    offsets = [moment.astimezone(zone).utcoffset() or timedelta(0) for moment in around]
    found = [
        shown.replace(tzinfo=UTC) - offset
        for offset in sorted(set(offsets), reverse=True)
        if (shown.replace(tzinfo=UTC) - offset).astimezone(zone).replace(tzinfo=None) == shown
    ]
    if found:
        return min(found)
    # The clocks jump over it: the offset that was in force before they did.
    before = min(offset for offset, following in pairwise(offsets) if offset < following)
    return shown.replace(tzinfo=UTC) - before


class TestInstant:
    @pytest.mark.parametrize("day", HARD_DAYS, ids=str)
    def test_is_what_the_wall_clock_shows_in_every_zone(self, day: date) -> None:
        for zone in map(ZoneInfo, ZONES):
            for at in HARD_TIMES:
                assert instant(day, at, zone=zone) == by_search(day, at, zone), (zone, at)

    @given(zones, days, times_of_day)
    def test_is_what_the_wall_clock_shows_on_any_day(self, name: str, day: date, at: time) -> None:
        zone = ZoneInfo(name)

        assert instant(day, at, zone=zone) == by_search(day, at, zone)


class TestSlot:
    @given(zones, days, steps)
    def test_speaks_on_its_day_and_is_true_until_a_local_midnight(
        self, name: str, due_date: date, step: StepTimes
    ) -> None:
        made = slot(due_date, times=step, timezone=name)
        zone = ZoneInfo(name)

        speaks_on = due_date + timedelta(days=step.offset_days)
        last_day = due_date + timedelta(days=step.valid_until_offset_days)
        assert made.send_at == by_search(speaks_on, step.local_time, zone)
        assert made.expires_at == by_search(last_day + A_DAY, time(0), zone)
        assert made.send_at < made.expires_at

    @given(zones, days, steps)
    def test_of_a_later_due_date_is_later(self, name: str, due_date: date, step: StepTimes) -> None:
        earlier = slot(due_date, times=step, timezone=name)
        later = slot(due_date + A_DAY, times=step, timezone=name)

        assert earlier.send_at < later.send_at
        assert earlier.expires_at < later.expires_at

    @given(zones, days, steps, st.integers(0, 5))
    def test_that_is_true_for_longer_expires_no_earlier(
        self, name: str, due_date: date, step: StepTimes, more: int
    ) -> None:
        longer = StepTimes(
            1, step.offset_days, step.local_time, step.valid_until_offset_days + more
        )

        short = slot(due_date, times=step, timezone=name).expires_at
        assert (
            short + more * timedelta(hours=22)
            <= slot(due_date, times=longer, timezone=name).expires_at
        )
