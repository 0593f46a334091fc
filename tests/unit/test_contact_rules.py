"""When and how often a borrower may be written to."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.calendar import Calendar
from reminders.core.contact_rules import (
    PROFILES,
    ContactRules,
    Limit,
    OwnLimits,
    after_rest_days,
    first_limit,
    is_open,
    leaves_no_hours,
    loosenings,
    next_open,
    open_from,
    tighten,
)
from reminders.core.vocabulary import RestDays

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
CHINA = PROFILES["china"]
RULES = ContactRules("test", time(8), time(21), per_day=2, per_7_days=4, hours_between=3)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOON = utc("2026-11-23T04:00")
"""12:00 on a Monday in Shanghai."""


class TestTighten:
    def test_keeps_the_profile_without_own_limits(self) -> None:
        rules = tighten(CHINA, own=OwnLimits())

        assert (rules.earliest, rules.latest) == (time(8), time(22))
        assert (rules.per_day, rules.per_7_days, rules.hours_between) == (1, 5, 20)

    def test_takes_what_is_tighter_and_ignores_what_is_looser(self) -> None:
        own = OwnLimits(time(7), time(20), per_day=3, per_7_days=2, hours_between=24)

        rules = tighten(CHINA, own=own)

        assert (rules.earliest, rules.latest) == (time(8), time(20))
        assert (rules.per_day, rules.per_7_days, rules.hours_between) == (1, 2, 24)

    def test_takes_the_days_of_rest_that_are_more(self) -> None:
        more, fewer = RestDays.HOLIDAYS_AND_WEEKENDS, RestDays.NONE

        assert tighten(CHINA, own=OwnLimits(rest_days=more)).rest_days is more
        assert tighten(CHINA, own=OwnLimits(rest_days=fewer)).rest_days is RestDays.HOLIDAYS

    @pytest.mark.parametrize(("own", "hours"), [(None, 36), (0, 0), (12, 12), (200, 200)])
    def test_takes_the_operators_age_of_the_ledger_as_it_is(
        self, own: int | None, hours: int
    ) -> None:
        rules = tighten(CHINA, own=OwnLimits(ledger_max_age_hours=own))

        assert rules.ledger_max_age_hours == hours

    def test_carries_the_calendar(self) -> None:
        calendar = Calendar("CN")

        assert tighten(CHINA, own=OwnLimits(), calendar=calendar).calendar is calendar

    def test_keeps_the_profiles_hours_when_none_would_be_left(self) -> None:
        own = OwnLimits(earliest=time(23), per_7_days=1)

        rules = tighten(CHINA, own=own)

        assert leaves_no_hours(CHINA, own=own)
        assert (rules.earliest, rules.latest, rules.per_7_days) == (time(8), time(22), 1)

    @given(
        earliest=st.none() | st.times(),
        latest=st.none() | st.times(),
        per_day=st.none() | st.integers(1, 9),
        hours_between=st.none() | st.integers(0, 99),
    )
    def test_never_loosens(
        self,
        earliest: time | None,
        latest: time | None,
        per_day: int | None,
        hours_between: int | None,
    ) -> None:
        own = OwnLimits(earliest, latest, per_day, None, hours_between)
        rules = tighten(CHINA, own=own)

        as_own = OwnLimits(
            rules.earliest, rules.latest, rules.per_day, rules.per_7_days, rules.hours_between
        )
        assert loosenings(CHINA, own=as_own) == []
        assert rules.earliest < rules.latest

    def test_knows_no_holidays_unless_it_is_given_some(self) -> None:
        assert tighten(CHINA, own=OwnLimits()).calendar == Calendar()


class TestLoosenings:
    def test_name_what_is_looser(self) -> None:
        own = OwnLimits(time(7), time(23), 2, 5, hours_between=0, rest_days=RestDays.NONE)

        assert loosenings(CHINA, own=own) == [
            "earliest",
            "latest",
            "per_day",
            "hours_between",
            "rest_days",
        ]


class TestHours:
    @pytest.mark.parametrize(
        ("at", "open_"),
        [
            ("2026-11-22T23:59", False),  # 07:59
            ("2026-11-23T00:00", True),  # 08:00
            ("2026-11-23T12:59", True),  # 20:59
            ("2026-11-23T13:00", False),  # 21:00 itself is closed
        ],
    )
    def test_are_the_borrowers_own(self, at: str, open_: bool) -> None:
        assert is_open(RULES, at=utc(at), zones=[SHANGHAI]) is open_

    @pytest.mark.parametrize(
        ("zone", "at", "expected"),
        [
            (SHANGHAI, "2026-11-23T04:00", "2026-11-23T04:00"),
            (SHANGHAI, "2026-11-22T22:00", "2026-11-23T00:00"),  # 06:00: the same day
            (SHANGHAI, "2026-11-23T14:00", "2026-11-24T00:00"),  # 22:00: the next day
            (NEW_YORK, "2026-11-01T05:30", "2026-11-01T13:00"),  # the night of 25 hours
            (NEW_YORK, "2026-03-08T06:30", "2026-03-08T12:00"),  # the night of 23 hours
        ],
    )
    def test_open_next(self, zone: ZoneInfo, at: str, expected: str) -> None:
        assert next_open(RULES, at=utc(at), zones=[zone]) == utc(expected)


class TestSeveralZones:
    """Shanghai is 13 hours ahead of New York in winter, one hour behind Tokyo."""

    TOKYO = ZoneInfo("Asia/Tokyo")
    FAR = (SHANGHAI, NEW_YORK)
    NEAR = (SHANGHAI, TOKYO)

    @pytest.mark.parametrize(
        ("at", "open_"),
        [
            ("2026-11-22T23:30", False),  # 07:30 and 08:30
            ("2026-11-23T00:00", True),  # 08:00 and 09:00
            ("2026-11-23T11:59", True),  # 19:59 and 20:59
            ("2026-11-23T12:00", False),  # 20:00 and 21:00
        ],
    )
    def test_are_open_only_together(self, at: str, open_: bool) -> None:
        assert is_open(RULES, at=utc(at), zones=self.NEAR) is open_

    def test_open_when_the_last_of_them_does(self) -> None:
        night = utc("2026-11-23T14:00")

        assert next_open(RULES, at=night, zones=self.NEAR) == utc("2026-11-24T00:00")

    def test_may_have_no_hour_in_common(self) -> None:
        rules = tighten(PROFILES["india"], own=OwnLimits())

        assert next_open(rules, at=NOON, zones=self.FAR) is None
        assert open_from(rules, at=NOON, zones=self.FAR) == NOON
        assert first_limit(rules, at=NOON, zones=self.FAR, contacts=[]) == Limit(
            "no_common_hours", NOON + timedelta(days=1)
        )

    def test_count_the_day_in_each(self) -> None:
        """It is the 23rd in Shanghai and still the 22nd in New York, the day of both texts."""
        rules = replace(RULES, latest=time(23, 59), earliest=time(0))
        at = utc("2026-11-23T03:00")  # 11:00 in Shanghai, 22:00 of the 22nd in New York
        contacts = [utc("2026-11-22T14:00"), utc("2026-11-22T15:00")]

        assert first_limit(rules, at=at, zones=[SHANGHAI], contacts=contacts) is None
        assert first_limit(rules, at=at, zones=self.FAR, contacts=contacts) == Limit(
            "per_day", utc("2026-11-23T05:00")
        )


class TestRestDays:
    NEW_YEAR = date(2027, 1, 1)  # a Friday
    CALENDAR = Calendar(
        "CN", {NEW_YEAR: "元旦"}, workdays=frozenset({date(2027, 1, 3)}), years=frozenset({2027})
    )

    def after(self, text: str, kept: RestDays, *zones: ZoneInfo) -> datetime | None:
        rules = replace(RULES, rest_days=kept, calendar=self.CALENDAR)
        return after_rest_days(rules, at=utc(text), zones=zones or (SHANGHAI,))

    def test_end_at_the_opening_of_the_next_working_day(self) -> None:
        found = self.after("2027-01-01T04:00", RestDays.HOLIDAYS)

        assert found == utc("2027-01-02T00:00")

    def test_are_the_borrowers_own(self) -> None:
        """17:00Z on 31 December is 01:00 on New Year's Day in Shanghai."""
        assert self.after("2026-12-31T15:59", RestDays.HOLIDAYS) is None
        assert self.after("2026-12-31T17:00", RestDays.HOLIDAYS) == utc("2027-01-02T00:00")

    def test_follow_one_another(self) -> None:
        """Friday is a holiday and Saturday is free; Sunday is worked instead."""
        found = self.after("2027-01-01T04:00", RestDays.HOLIDAYS_AND_WEEKENDS)

        assert found == utc("2027-01-03T00:00")

    def test_count_in_any_zone(self) -> None:
        """04:00Z on the 2nd is noon in Shanghai and still New Year's Day in New York."""
        found = self.after("2027-01-02T04:00", RestDays.HOLIDAYS, SHANGHAI, NEW_YORK)

        assert found == utc("2027-01-02T13:00")

    @pytest.mark.parametrize("kept", [RestDays.NONE, RestDays.HOLIDAYS])
    def test_are_none_on_a_plain_day(self, kept: RestDays) -> None:
        assert self.after("2027-01-02T04:00", kept) is None

    def test_end_even_in_a_calendar_of_nothing_else(self) -> None:
        always = {date(2027, 1, 1) + timedelta(days=n): "x" for n in range(365)}
        rules = replace(RULES, rest_days=RestDays.HOLIDAYS, calendar=Calendar("X", always))

        found = after_rest_days(rules, at=utc("2027-01-01T04:00"), zones=[SHANGHAI])

        assert found == utc("2027-03-02T00:00")


class TestCalendar:
    def test_knows_the_years_that_it_has_days_of(self) -> None:
        calendar = TestRestDays.CALENDAR

        assert calendar.knows(date(2027, 6, 1))
        assert not calendar.knows(date(2028, 6, 1))

    def test_keeps_no_day_where_none_is_to_be_kept(self) -> None:
        feast = Calendar("X", {date(2026, 10, 1): "feast"})

        assert feast.is_rest(date(2026, 10, 1), kept=RestDays.NONE) is False
        assert feast.is_rest(date(2026, 10, 1), kept=RestDays.HOLIDAYS) is True


class TestRestInSeveralZones:
    def test_ends_when_the_last_of_them_opens(self) -> None:
        feast = Calendar("X", {date(2026, 11, 23): "feast"})
        rules = replace(RULES, rest_days=RestDays.HOLIDAYS, calendar=feast)

        until = after_rest_days(rules, at=NOON, zones=[ZoneInfo("Asia/Tokyo"), SHANGHAI])

        assert until == utc("2026-11-24T00:00")  # 09:00 in Tokyo, 08:00 in Shanghai


class TestHoursTwiceADay:
    """In July it is twelve hours earlier in New York than in Shanghai."""

    LONG = replace(RULES, earliest=time(6), latest=time(20))

    @pytest.mark.parametrize("zones", [[SHANGHAI, NEW_YORK], [NEW_YORK, SHANGHAI]])
    def test_open_next_wherever_that_is(self, zones: list[ZoneInfo]) -> None:
        at = utc("2026-07-06T02:00")  # 10:00 and 22:00

        # 18:00 in Shanghai, where it has been open all day; New York gets up.
        assert next_open(self.LONG, at=at, zones=zones) == utc("2026-07-06T10:00")


class TestFirstLimit:
    def limit(self, *contacts: str, at: datetime = NOON) -> Limit | None:
        return first_limit(
            RULES, at=at, zones=[SHANGHAI], contacts=[utc(text) for text in contacts]
        )

    def test_none_for_a_borrower_left_in_peace(self) -> None:
        assert self.limit() is None

    def test_hours_come_first(self) -> None:
        found = self.limit("2026-11-23T13:00", at=utc("2026-11-23T14:00"))

        assert found == Limit("hours", utc("2026-11-24T00:00"))

    def test_distance_to_the_last_message(self) -> None:
        assert self.limit("2026-11-23T02:00") == Limit("hours_between", utc("2026-11-23T05:00"))

    def test_distance_is_counted_from_the_last_in_whatever_order_they_come(self) -> None:
        found = self.limit("2026-11-23T02:00", "2026-11-22T02:00")

        assert found == Limit("hours_between", utc("2026-11-23T05:00"))

    def test_distance_ends_in_permitted_hours(self) -> None:
        late = utc("2026-11-23T12:30")  # 20:30

        found = self.limit("2026-11-23T12:00", at=late)

        assert found == Limit("hours_between", utc("2026-11-24T00:00"))

    def test_messages_of_the_local_day(self) -> None:
        at = utc("2026-11-23T12:00")

        found = self.limit("2026-11-23T00:30", "2026-11-23T08:00", at=at)

        assert found == Limit("per_day", utc("2026-11-24T00:00"))

    def test_yesterdays_messages_do_not_count_for_today(self) -> None:
        # 15:30Z on the 22nd is 23:30 in Shanghai: still yesterday.
        assert self.limit("2026-11-22T14:30", "2026-11-22T15:30") is None

    def test_messages_of_seven_days(self) -> None:
        found = self.limit(
            "2026-11-16T05:00", "2026-11-18T04:00", "2026-11-19T04:00", "2026-11-20T04:00"
        )

        assert found == Limit("per_7_days", utc("2026-11-23T05:00"))

    def test_older_messages_are_forgotten(self) -> None:
        found = self.limit(
            "2026-11-16T03:59", "2026-11-18T04:00", "2026-11-19T04:00", "2026-11-20T04:00"
        )

        assert found is None

    @given(
        hours_ago=st.lists(st.integers(0, 200), max_size=12),
        at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
        zone=st.sampled_from([SHANGHAI, NEW_YORK]),
    )
    def test_gives_way_in_the_end_and_never_in_the_past(
        self, hours_ago: list[int], at: datetime, zone: ZoneInfo
    ) -> None:
        contacts = [at - timedelta(hours=hours) for hours in hours_ago]
        asked = at
        for _ in range(20):
            found = first_limit(RULES, at=asked, zones=[zone], contacts=contacts)
            if found is None:
                break
            assert found.until > asked
            asked = found.until
        assert found is None
        assert is_open(RULES, at=asked, zones=[zone])
        assert asked <= at + timedelta(days=9)
