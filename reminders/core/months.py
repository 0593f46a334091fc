"""Months as collections departments count them."""

from datetime import date, timedelta

AFTER_DAYS = (0, 1, 3, 7, 15, 30, 60, 90)
"""Days after the due date at which a due month is looked at."""


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """The last day of its month."""
    return first_of(first_of(day) + timedelta(days=31)) - timedelta(days=1)


def months_before(day: date, *, count: int) -> list[date]:
    """First days of the `count` months that are over on `day`, the newest first."""
    months = []
    month = first_of(day)
    for _number in range(count):
        month = first_of(month - timedelta(days=1))
        months.append(month)
    return months
