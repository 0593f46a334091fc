"""The days of a campaign."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from reminders.core.campaigns import Course
from reminders.core.vocabulary import RestDays
from tests.decisions import LIMITS

MONDAY = date(2026, 11, 23)


def a_course(first: int = 23, last: int = 30, per_day: int | None = None) -> Course:
    days = date(2026, 11, first), date(2026, 11, last)
    return Course(*days, local_time=time(10), per_day=per_day)


class TestCourse:
    def test_speaks_on_both_its_first_and_its_last_day(self) -> None:
        assert [day.day for day in a_course(last=25).days(LIMITS)] == [23, 24, 25]
        assert a_course(last=23).days(LIMITS) == (MONDAY,)

    def test_leaves_out_days_of_rest(self) -> None:
        rules = replace(LIMITS, rest_days=RestDays.HOLIDAYS_AND_WEEKENDS)

        assert [day.day for day in a_course().days(rules)] == [23, 24, 25, 26, 27, 30]

    def test_speaks_at_its_hour_and_ends_at_midnight_where_one_lives(self) -> None:
        course = a_course()

        assert course.send_at(MONDAY, timezone="America/New_York") == datetime(
            2026, 11, 23, 15, tzinfo=UTC
        )
        assert course.expires_at(timezone="Asia/Shanghai") == datetime(2026, 11, 30, 16, tzinfo=UTC)
