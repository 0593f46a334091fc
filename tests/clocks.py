"""The clock of a test, for this process and for those that it starts."""

import math
from datetime import datetime

from pytest_django.fixtures import Settings

from accounts.clock import now


def set_clock(settings: Settings, moment: datetime) -> None:
    """It is `moment`, or up to a second later: what is due at `moment` is due."""
    settings.CLOCK_SHIFT_SECONDS = 0
    settings.CLOCK_SHIFT_SECONDS = math.ceil((moment - now()).total_seconds())
