"""The gateway's rate in parts per second, kept by all workers on all hosts together.

Note [Parts are booked, not counted]
One number in Redis says until when the parts that were asked for so far fill the rate. To take
parts is to book them behind that moment, in one script by the server's own clock, and to be told
how long to wait until they may leave. So whoever asks first goes first and nobody starves, and in
any span of time no more leaves than `rate` x span + BURST_SECONDS of the rate (or one text, where
one is larger). Bookings of a worker that dies are lost, which only slows the others a little.
An emptied Redis forgets what was booked: one more burst may follow.

Where Redis does not answer nobody knows what the others send, so nothing is sent: a limit that
cannot be counted is not exceeded. The texts are Busy, certainly not sent, and come back.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import redis

from reminders.gateways.base import (
    BEGIN_SECONDS_MAX,
    Busy,
    Gateway,
    Outcome,
    ReadReceipts,
    Status,
    Text,
)

log = logging.getLogger(__name__)

BURST_SECONDS = 0.25
"""What may leave at once, as seconds of the rate."""

SETTING_OUT_SECONDS = 0.05
"""What is kept of the time for handing over what was waited for."""

REDIS_SECONDS = 1.0
RETRY_SECONDS = 5.0
"""How soon to try again what Redis was away for."""

# Microseconds, as whole numbers written out: Lua would round what it turns into text by itself.
_BOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, burst, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local booked = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = math.max(0, booked + cost - math.max(burst, cost) - now)
if wait <= patience then
  local ends = string.format('%.0f', booked + cost)
  redis.call('SET', KEYS[1], ends, 'PX', math.ceil((booked + cost - now) / 1000))
  return {1, string.format('%.0f', wait)}
end
return {0, string.format('%.0f', wait)}
"""


@dataclass(frozen=True, slots=True)
class Booking:
    """Whether the parts are ours, and the seconds: until they may leave, or might be had."""

    is_ours: bool
    wait: float


class RateUnknown(RuntimeError):
    """Redis did not answer, so nobody knows what may be sent."""


class Rate:
    """So many parts a second for everybody who names the same `key` at the same server."""

    def __init__(self, *, redis_url: str, key: str, parts_per_second: float) -> None:
        self.parts_per_second = parts_per_second
        self._key = key
        client = redis.Redis.from_url(
            redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )
        self._book = client.register_script(_BOOK)
        self.burst = max(1, int(parts_per_second * BURST_SECONDS))
        """The most parts to take at once, unless one text has more."""

    def take(self, parts: int, *, at_most_wait: float) -> Booking:
        """Book `parts`, if they may leave within `at_most_wait` seconds. Raises RateUnknown.

        Nothing is booked where the answer is no.
        """
        micro = 1_000_000
        arguments = [
            round(parts * micro / self.parts_per_second),
            round(self.burst * micro / self.parts_per_second),
            round(max(at_most_wait, 0.0) * micro),
        ]
        try:
            is_ours, wait = cast(Sequence[Any], self._book(keys=[self._key], args=arguments))
        except redis.RedisError as error:
            raise RateUnknown(str(error)) from error
        return Booking(bool(is_ours), int(wait) / micro)


class PacedGateway:
    """A gateway whose texts leave at a common rate; in everything else the one within."""

    def __init__(self, gateway: Gateway, *, rate: Rate) -> None:
        self.name = gateway.name
        self.max_batch = gateway.max_batch
        self.honours_references = gateway.honours_references
        self.can_query = gateway.can_query
        self.takes_demonstrations = gateway.takes_demonstrations
        self._gateway = gateway
        self._rate = rate

    def send(self, texts: Sequence[Text], *, within: float = BEGIN_SECONDS_MAX) -> list[Outcome]:
        """Hand over slice after slice; what gets no parts in time is Busy("rate_limited")."""
        until = time.monotonic() + within
        outcomes: list[Outcome] = []
        for some, parts in _slices(texts, parts_max=self._rate.burst):
            patience = until - time.monotonic() - SETTING_OUT_SECONDS
            try:
                booking = self._rate.take(parts, at_most_wait=patience)
            except RateUnknown as error:
                log.warning("%s waits, its rate cannot be kept: %s", self.name, error)
                left = len(texts) - len(outcomes)
                return outcomes + [Busy("rate_unknown", RETRY_SECONDS)] * left
            if not booking.is_ours:
                return outcomes + self._turned_away(texts[len(outcomes) :], wait=booking.wait)
            time.sleep(booking.wait)  # until these parts are due; their turn is booked already
            outcomes += self._gateway.send(some, within=until - time.monotonic())
        return outcomes

    def _turned_away(self, texts: Sequence[Text], *, wait: float) -> list[Outcome]:
        """Each is to come back when those before it may have left, not all together."""
        busy: list[Outcome] = []
        for text in texts:
            busy.append(Busy("rate_limited", wait))
            wait += _parts(text) / self._rate.parts_per_second
        return busy

    def query(self, references: Sequence[str]) -> list[Status]:
        """As the gateway within."""
        return self._gateway.query(references)

    def verify(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """As the gateway within."""
        self._gateway.verify(body=body, headers=headers, now=now)

    def read_receipts(self, body: str) -> ReadReceipts:
        """As the gateway within."""
        return self._gateway.read_receipts(body)


def _parts(text: Text) -> int:
    return max(text.parts, 1)


def _slices(texts: Sequence[Text], *, parts_max: int) -> Iterator[tuple[list[Text], int]]:
    """The texts in order, cut so that none but a single text has more than `parts_max` parts."""
    some: list[Text] = []
    parts = 0
    for text in texts:
        if some and parts + _parts(text) > parts_max:
            yield some, parts
            some, parts = [], 0
        some.append(text)
        parts += _parts(text)
    if some:
        yield some, parts
