"""Months, their ends, and those that are over."""

from datetime import date

import pytest

from reminders.core.months import first_of, last_of, months_before


class TestMonths:
    @pytest.mark.parametrize(
        ("day", "last"),
        [
            (date(2026, 11, 23), date(2026, 11, 30)),
            (date(2028, 2, 1), date(2028, 2, 29)),  # a leap year
            (date(2026, 2, 28), date(2026, 2, 28)),
            (date(2026, 12, 31), date(2026, 12, 31)),
        ],
    )
    def test_end(self, day: date, last: date) -> None:
        assert last_of(day) == last
        assert first_of(day) == day.replace(day=1)

    def test_that_are_over_begin_with_the_last_and_cross_the_year(self) -> None:
        assert months_before(date(2027, 1, 31), count=3) == [
            date(2026, 12, 1),
            date(2026, 11, 1),
            date(2026, 10, 1),
        ]
