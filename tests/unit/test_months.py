"""Months, their ends, and those that are over."""

from datetime import date

import pytest

from reminders.core.months import AFTER_DAYS, first_of, last_of, months_before


class TestMonths:
    def test_are_looked_at_so_many_days_after(self) -> None:
        """Rows are stored by these numbers, and the page names them."""
        assert AFTER_DAYS == (0, 1, 3, 7, 15, 30, 60, 90)

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
