"""What the fast mode remembers: references, when they came, and counts."""

from array import array
from collections.abc import Mapping
from typing import Any

from reminders.simulator.clock import Clock


class Memory:
    """References in the order of their first coming. `latency_ms` delays every answer."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self.latency_ms = 0.0
        self.connections = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew; connections that stand go on counting."""
        self.requests = 0
        self.repeats = 0
        self.connections_peak = self.connections
        self._places: dict[str, int] = {}
        self._times = array("d")

    def take(self, reference: str) -> int:
        """The number of this text; the same again for a reference that came before."""
        places = self._places
        place = places.setdefault(reference, len(places))
        if place == len(self._times):
            self._times.append(self._clock())
        else:
            self.repeats += 1
        return place

    def opened(self) -> None:
        """A connection over which texts come was made."""
        self.connections += 1
        self.connections_peak = max(self.connections_peak, self.connections)

    def closed(self) -> None:
        """Such a connection has gone."""
        self.connections -= 1

    def knows(self, reference: str) -> bool:
        """Whether a text with this reference came."""
        return reference in self._places

    def stats(self) -> Mapping[str, int]:
        """Counts since the beginning: texts by reference, and those that came once more."""
        return {
            "texts": len(self._places),
            "repeats": self.repeats,
            "requests": self.requests,
            "connections_peak": self.connections_peak,
        }

    def arrivals(self) -> Mapping[str, Any]:
        """Every reference with the time of its coming, in Unix seconds."""
        return dict(zip(self._places, self._times, strict=True))
