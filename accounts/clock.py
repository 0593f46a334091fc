"""The one place where the product reads the clock.

Only entry points (tasks, views, commands) call `now`, once, and pass it down; a linter ban
on every other way to read a clock holds that.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings


def now() -> datetime:
    """The instant it is, aware and in UTC, moved by CLOCK_SHIFT_SECONDS in trials."""
    return datetime.now(UTC) + timedelta(seconds=settings.CLOCK_SHIFT_SECONDS)
