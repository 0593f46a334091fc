"""How long to wait before a busy gateway is tried again, and before a text is sent anew."""

import hashlib
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=30)

RESEND_WAITS = (timedelta(minutes=30), timedelta(hours=2))
"""The waits before the second and the third text of a reminder whose text the carrier could not
deliver for the time being. There is no fourth."""


def delay(*, tries: int, reference: str, retry_after: float | None) -> timedelta:
    """The wait after try number `tries` (from 1): doubling from FIRST up to LONGEST.

    Up to a quarter more is added by a hash of the reference, so that what was refused
    together does not come back together, yet every run gives the same. A gateway's own wish
    (`retry_after`, seconds) is kept if it is longer, up to LONGEST.
    """
    doubled = min(FIRST * (1 << min(tries - 1, 20)), LONGEST)
    digest = hashlib.sha256(f"{reference}\n{tries}".encode()).digest()
    spread = int.from_bytes(digest[:4], "big") / 2**32 / 4
    # Written so that a wish that is no number (NaN) is none: every comparison with it is false.
    wished = timedelta(0)
    if retry_after is not None and retry_after > 0:
        wished = timedelta(seconds=min(retry_after, LONGEST.total_seconds()))
    return max(doubled, wished) * (1 + spread)
