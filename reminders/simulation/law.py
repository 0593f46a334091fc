"""The figures and the arithmetic of the contact rules, written a second time.

On purpose: whoever checks `decide()` must not ask `decide()`. Sources are those of
docs/contact-rules.md; a figure that is changed there and not here breaks the simulation.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HOURS: Mapping[str, tuple[int, int]] = {
    "china": (8, 22),
    "us_reg_f": (8, 21),
    "uk_conc": (8, 21),
    "india": (8, 19),
    "strictest": (8, 19),
}
"""First full hour that is permitted, and the hour from which nothing is, where people live."""

A_DAY = 1
IN_7_DAYS = 5
HOURS_BETWEEN = 20


def breach(
    *, profile: str, at: datetime, zones: Iterable[ZoneInfo], earlier: Iterable[datetime]
) -> str:
    """Which rule a text at `at` breaks, or nothing. `earlier` are the texts before it."""
    begins, ends = HOURS[profile]
    before = list(earlier)
    for zone in zones:
        local = at.astimezone(zone)
        if not begins <= local.hour < ends:
            return f"hours: it is {local:%H:%M} in {zone.key}"
        same_day = [t for t in before if t.astimezone(zone).date() == local.date()]
        if len(same_day) >= A_DAY:
            return f"caps: text {len(same_day) + 1} on {local:%Y-%m-%d} in {zone.key}"
    week = [t for t in before if at - t < timedelta(days=7)]
    if len(week) >= IN_7_DAYS:
        return f"caps: text {len(week) + 1} within 7 days"
    if before and at - max(before) < timedelta(hours=HOURS_BETWEEN):
        return f"distance: the last text went out at {max(before):%Y-%m-%d %H:%M}Z"
    return ""
