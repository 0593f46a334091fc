"""When the benchmark is: a Tuesday morning in Shanghai, whatever the day outside."""

import time
from datetime import UTC, date, datetime

TODAY = date(2026, 11, 24)
FAR_DUE_DATE = date(2026, 12, 4)
"""Of the borrowers to whom nothing is to be said for days."""

PLANNED_AT = datetime(2026, 11, 24, 1, 59, 30, tzinfo=UTC)
"""Half a minute before ten o'clock there, when every step of the shipped policy speaks."""

SENT_AT = datetime(2026, 11, 24, 2, 0, 30, tzinfo=UTC)
"""Half a minute after it: all that is due today waits."""


def shift_seconds(to: datetime) -> int:
    """What CLOCK_SHIFT_SECONDS must be for the product's clock to stand at `to` now."""
    return round(to.timestamp() - time.time())  # noqa: TID251 - the harness makes the clock that the product reads
