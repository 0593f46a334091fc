"""When a step speaks: wall-clock times, zones that change their clocks, month ends, catching up."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.schedule import HORIZON, Slot, StepTimes, instant, slot, slots

TEN = time(10)
THREE_DAYS_BEFORE = StepTimes(1, -3, TEN, -2)
DAY_BEFORE = StepTimes(2, -1, TEN, -1)
DAY_AFTER = StepTimes(3, 1, TEN, 2)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestInstant:
    @pytest.mark.parametrize(
        ("zone", "day", "at", "expected"),
        [
            ("Asia/Shanghai", date(2026, 11, 23), TEN, "2026-11-23T02:00"),
            ("America/New_York", date(2026, 7, 1), TEN, "2026-07-01T14:00"),
            ("America/New_York", date(2026, 12, 1), TEN, "2026-12-01T15:00"),
            # 02:30 does not exist on this night; the clocks jump from 02:00 to 03:00.
            ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:30"),
            # 01:30 comes twice on this night; the first is in summer time.
            ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
            # Lord Howe Island moves by half an hour.
            ("Australia/Lord_Howe", date(2026, 10, 5), TEN, "2026-10-04T23:00"),
            ("Asia/Kathmandu", date(2026, 2, 28), time(0), "2026-02-27T18:15"),
        ],
    )
    def test_reads_a_wall_clock(self, zone: str, day: date, at: time, expected: str) -> None:
        assert instant(day, at, zone=ZoneInfo(zone)) == utc(expected)


class TestSlot:
    def test_counts_days_over_a_month_end(self) -> None:
        made = slot(date(2028, 3, 1), times=DAY_BEFORE, timezone="Asia/Shanghai")

        assert made.send_at == utc("2028-02-29T02:00")  # a leap day

    def test_is_true_to_the_end_of_its_last_local_day(self) -> None:
        made = slot(date(2026, 11, 26), times=THREE_DAYS_BEFORE, timezone="Asia/Shanghai")

        assert made.expires_at == utc("2026-11-24T16:00")  # midnight after the 24th in Shanghai

    def test_three_days_may_be_71_hours(self) -> None:
        # New York puts its clocks forward on 8 March 2026.
        before = slot(date(2026, 3, 9), times=THREE_DAYS_BEFORE, timezone="America/New_York")
        due_at = instant(date(2026, 3, 9), TEN, zone=ZoneInfo("America/New_York"))

        assert due_at - before.send_at == timedelta(hours=71)


class TestSlots:
    NOW = utc("2026-11-23T02:00")

    def slots(self, *steps: StepTimes, zone: str = "Asia/Shanghai") -> list[Slot]:
        return list(slots(steps, timezones=[zone], now=self.NOW))

    def test_reach_48_hours_ahead(self) -> None:
        due = [made.due_date for made in self.slots(DAY_AFTER)]

        assert max(due) == date(2026, 11, 24)  # 10:00 on the 25th is exactly 48 hours away

    def test_reach_no_further(self) -> None:
        just_later = StepTimes(3, 1, time(10, 1), 2)

        due = [made.due_date for made in self.slots(just_later)]

        assert max(due) == date(2026, 11, 23)  # 10:01 on the 25th is a minute too far

    def test_reach_ahead_for_steps_before_the_due_date_too(self) -> None:
        due = [made.due_date for made in self.slots(THREE_DAYS_BEFORE)]

        assert max(due) == date(2026, 11, 28)  # 10:00 on the 25th is three days before

    def test_reach_into_the_day_that_has_begun_elsewhere(self) -> None:
        evening = utc("2026-11-23T20:00")

        made = list(slots([DAY_AFTER], timezones=["Pacific/Kiritimati"], now=evening))

        # In 48 hours it is 10:00 on the 26th there.
        assert max(slot.due_date for slot in made) == date(2026, 11, 25)

    def test_leave_out_what_has_just_expired(self) -> None:
        midnight = utc("2026-11-23T16:00")  # the end of the 23rd in Shanghai

        made = list(slots([DAY_AFTER], timezones=["Asia/Shanghai"], now=midnight))

        assert min(slot.due_date for slot in made) == date(2026, 11, 22)

    def test_hold_what_began_and_is_still_true(self) -> None:
        due = [made.due_date for made in self.slots(DAY_AFTER)]

        # Due on the 21st: the text of the 22nd is true until the end of the 23rd.
        assert min(due) == date(2026, 11, 21)

    def test_hold_a_due_date_once_per_step_and_zone(self) -> None:
        made = list(
            slots(
                [THREE_DAYS_BEFORE, DAY_BEFORE],
                timezones=["Asia/Shanghai", "Europe/London"],
                now=self.NOW,
            )
        )

        assert len({(s.step, s.timezone, s.due_date) for s in made}) == len(made)

    @given(
        offset=st.integers(-30, 60),
        valid_for=st.integers(0, 10),
        at=st.times(),
        zone=st.sampled_from(
            ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu"]
        ),
        now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
        due_in=st.integers(-80, 80),
    )
    def test_are_exactly_those_within_the_horizon_and_still_true(
        self, offset: int, valid_for: int, at: time, zone: str, now: datetime, due_in: int
    ) -> None:
        times = StepTimes(1, offset, at, offset + valid_for)
        due_date = now.date() + timedelta(days=due_in)

        wanted = slot(due_date, times=times, timezone=zone)

        within = wanted.send_at <= now + HORIZON and wanted.expires_at > now
        assert (wanted in list(slots([times], timezones=[zone], now=now))) == within
