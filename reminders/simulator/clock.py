"""The simulator's clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

# Seconds since 1970. Passed down from the process's start, so that nothing else reads a clock.
Clock = Callable[[], float]


def shifted(seconds: float) -> Clock:
    """A clock moved by so much, so that trials which move the product's time move ours too.

    Otherwise a receipt would be dated before its message, and its signature would look stale.
    """
    return lambda: time.time() + seconds


def iso(instant: float) -> str:
    """The instant as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds")
