"""How many borrowers one claim takes."""

_LEAST, _FIRST, _MOST = 50, 200, 800
_SECONDS = 1.0
"""What a batch should take from claim to close: long enough to spread the cost of its statements,
short enough that what is asked for by hand waits for one batch only."""


class Pace:
    """Doubles batches that were quick, halves those that were slow."""

    def __init__(self) -> None:
        self.size = _FIRST

    def took(self, seconds: float) -> None:
        """A batch of this size took so long."""
        if seconds < _SECONDS / 2:
            self.size = min(self.size * 2, _MOST)
        elif seconds > _SECONDS * 1.5:
            self.size = max(self.size // 2, _LEAST)
