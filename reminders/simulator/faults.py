"""Faults to order, and the seeded decisions that they lead to. Pure.

A decision is drawn from a hash of the seed, its kind and a key: the reference for what becomes
of a message, the running number for what becomes of a request. The same seed therefore loses
the same messages in whatever order concurrent clients hand them in.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from reminders.simulator.wire import Refused

DELAY_MS_MAX = 3_600_000
REORDER_MS_MAX = 1_500
DOUBLE_MS_MAX = 1_500
_NO_DELAY = (0, 0)


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong at the moment; by default nothing does."""

    latency_ms: int = 0
    error_rate: float = 0.0
    error_status: int = 500
    throttle_per_second: float = 0.0
    timeout_after_acceptance_rate: float = 0.0
    # How long the connection stays silent before it is cut, after such a timeout.
    hang_ms: int = 0
    lose_rate: float = 0.0
    undelivered_rate: float = 0.0
    # Of the undelivered, those that failed for a reason that may pass.
    temporary_rate: float = 0.0
    receipt_delay_ms: tuple[int, int] = _NO_DELAY
    double_receipt_rate: float = 0.0
    reorder_receipts: bool = False
    ignores_references: bool = False
    seed: int = 1

    def as_json(self) -> dict[str, Any]:
        """As GET /v1/faults shows them."""
        return asdict(self) | {"receipt_delay_ms": list(self.receipt_delay_ms)}

    def ordered(self) -> dict[str, Any]:
        """Those that differ from the quiet default."""
        quiet = NO_FAULTS.as_json()
        return {name: value for name, value in self.as_json().items() if value != quiet[name]}


NO_FAULTS = Faults()


def parse_faults(document: Mapping[str, Any]) -> Faults:
    """Faults from JSON; what is not named is off. Raises Refused naming the field."""
    unknown = sorted(set(document) - {field.name for field in fields(Faults)})
    if unknown:
        raise Refused("malformed", f"Unknown faults: {', '.join(unknown)[:200]}")
    return Faults(**{name: _value(name, document[name]) for name in document})


def _value(name: str, value: object) -> Any:
    if name.endswith("_rate"):
        return _number(name, value, least=0, most=1)
    match name:
        case "reorder_receipts" | "ignores_references":
            if not isinstance(value, bool):
                raise Refused("malformed", f"{name} must be true or false.")
            return value
        case "receipt_delay_ms":
            return _delay(name, value)
        case "throttle_per_second":
            return _number(name, value, least=0, most=1_000_000)
        case "error_status":
            return _whole(name, value, least=400, most=599)
        case "seed":
            return _whole(name, value, least=0, most=2**63 - 1)
        case _:
            return _whole(name, value, least=0, most=DELAY_MS_MAX)


def _number(name: str, value: object, *, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("malformed", f"{name} must be a number.")
    if not least <= value <= most:
        raise Refused("malformed", f"{name} must lie between {least} and {most}.")
    return float(value)


def _whole(name: str, value: object, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused("malformed", f"{name} must be a whole number.")
    if not least <= value <= most:
        raise Refused("malformed", f"{name} must lie between {least} and {most}.")
    return value


def _delay(name: str, value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise Refused("malformed", f"{name} must be a list of two numbers: least and most.")
    least, most = (_whole(name, one, least=0, most=DELAY_MS_MAX) for one in value)
    if least > most:
        raise Refused("malformed", f"{name} must not fall: [least, most].")
    return least, most


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an accepted message."""

    lost: bool = False
    undelivered: bool = False
    temporary: bool = False
    # From the acceptance until the phone has it or never will.
    settles_after_ms: int = 0
    # From the acceptance until each receipt falls due, and whether a later one pretends to be
    # an event of its own: some vendors repeat the identifier of a receipt, some do not.
    receipts_after_ms: tuple[int, ...] = (0,)
    repeats_event: bool = True


_CLEAN_FATE = Fate()


class Dice:
    """The seeded decisions of one setting of the faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._requests = 0

    def next_request(self) -> int:
        """The running number of a request since the faults were set."""
        self._requests += 1
        return self._requests

    def fails(self, key: object) -> bool:
        """Whether this request, or this message of a batch, gets the ordered error."""
        return self._happens("error", key, self.faults.error_rate)

    def times_out(self, request: int) -> bool:
        """Whether this request is obeyed but never answered."""
        return self._happens("timeout", request, self.faults.timeout_after_acceptance_rate)

    def fate(self, reference: str) -> Fate:
        """What becomes of the message of that reference."""
        faults = self.faults
        if not (
            faults.lose_rate
            or faults.undelivered_rate
            or faults.double_receipt_rate
            or faults.reorder_receipts
            or faults.receipt_delay_ms != _NO_DELAY
        ):
            return _CLEAN_FATE
        if self._happens("lose", reference, faults.lose_rate):
            return Fate(lost=True, receipts_after_ms=())
        least, most = faults.receipt_delay_ms
        settles = least + int(self._draw("delay", reference) * (most - least + 1))
        first = settles
        if faults.reorder_receipts:
            first += int(self._draw("reorder", reference) * REORDER_MS_MAX)
        receipts = [first]
        if self._happens("double", reference, faults.double_receipt_rate):
            receipts.append(first + int(self._draw("double-delay", reference) * DOUBLE_MS_MAX))
        undelivered = self._happens("undelivered", reference, faults.undelivered_rate)
        return Fate(
            undelivered=undelivered,
            temporary=undelivered and self._happens("temporary", reference, faults.temporary_rate),
            settles_after_ms=settles,
            receipts_after_ms=tuple(receipts),
            repeats_event=self._draw("event", reference) < 0.5,
        )

    def _happens(self, kind: str, key: object, rate: float) -> bool:
        return rate > 0 and self._draw(kind, key) < rate

    def _draw(self, kind: str, key: object) -> float:
        """A number in [0, 1), the same for the same seed, kind and key."""
        words = f"{self.faults.seed}/{kind}/{key}".encode()
        digest = hashlib.blake2b(words, digest_size=8).digest()
        return int.from_bytes(digest[:7], "big") / (1 << 56)


class Throttle:
    """A token bucket that holds one second's worth of messages."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._room = max(1.0, per_second)
        self._tokens = self._room
        self._at: float | None = None

    def seconds_to_wait(self, *, now: float) -> float:
        """Take a token and return 0, or return how long until there is one."""
        if not self._per_second:
            return 0.0
        if self._at is not None:
            gained = max(0.0, now - self._at) * self._per_second
            self._tokens = min(self._room, self._tokens + gained)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_second
