"""Where a page of a list begins: strictly after an instant and an id (Note [Keyset pages])."""

from dataclasses import dataclass
from datetime import datetime

ID_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of the page before, by what the list is ordered by."""

    at: datetime
    id: int

    @classmethod
    def read(cls, text: str) -> "Place":
        """The place that was written as `text`. Raises ValueError."""
        at, _, pk = text.partition("~")
        place = cls(datetime.fromisoformat(at), int(pk))
        if place.at.tzinfo is None or not 0 <= place.id <= ID_MAX:
            raise ValueError(text)
        return place

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"
