"""Receipts of the fast mode: signed callbacks over a few connections, as fast as they are taken."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson

from reminders.simulator.clock import Clock, iso
from reminders.simulator.signing import sign


class Caller:
    """Posts `delivered` for references that it is told, and waits for every answer."""

    def __init__(self, *, clock: Clock, secret: str) -> None:
        self._clock = clock
        self._secret = secret

    async def post(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order: `url`, `references`, `per_callback`, `connections`.

        Returns callbacks, those not answered with 200, seconds, and milliseconds of the slowest
        hundredth. Raises KeyError, ValueError or TypeError for nonsense.
        """
        parts = urlsplit(order["url"])
        per_callback, references = int(order["per_callback"]), list(order["references"])
        waiting = deque(
            references[start : start + per_callback]
            for start in range(0, len(references), per_callback)
        )
        callbacks = len(waiting)
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        lines = [
            _Line(waiting, make=lambda some: self._request(order["url"], some))
            for _ in range(min(int(order["connections"]), callbacks))
        ]
        each = iter(lines)
        for _ in lines:
            await loop.create_connection(partial(next, each), parts.hostname, parts.port)
        await asyncio.gather(*(line.done for line in lines))
        seconds = time.monotonic() - started
        times = sorted(taken for line in lines for taken in line.times)
        return {
            "callbacks": callbacks,
            "refused": sum(line.refused for line in lines) + len(waiting),
            "seconds": seconds,
            "p99_ms": times[len(times) * 99 // 100] * 1_000 if times else 0.0,
        }

    def _request(self, url: str, references: Sequence[str]) -> bytes:
        parts = urlsplit(url)
        now = self._clock()
        at, timestamp = iso(now), int(now)
        body = orjson.dumps(
            {
                "receipts": [
                    {
                        "reference": reference,
                        "id": "",
                        "status": "delivered",
                        "code": "DELIVRD",
                        "at": at,
                        "event": "1",
                    }
                    for reference in references
                ]
            }
        )
        signature = sign(body, timestamp=timestamp, secret=self._secret)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Signature-Timestamp: {timestamp}\r\nX-Signature: {signature}\r\n\r\n"
        )
        return head.encode() + body


class _Line(asyncio.Protocol):
    """One connection: the next callback leaves when the last was answered."""

    def __init__(self, waiting: "deque[list[str]]", *, make: Any) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.refused = 0
        self.times: list[float] = []
        self._waiting = waiting
        self._make = make
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._asked_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: go."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are not derived from it
        self._next()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes of an answer."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the other side has closed, or we have."""
        if self._asked_at is not None:
            self.refused += 1
        if not self.done.done():
            self.done.set_result(None)

    def on_message_complete(self) -> None:
        """httptools: an answer is whole."""
        assert self._asked_at is not None
        self.times.append(time.monotonic() - self._asked_at)
        self._asked_at = None
        self.refused += self._parser.get_status_code() != 200
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        if not self._waiting:
            self._transport.close()
            return
        self._asked_at = time.monotonic()
        self._transport.write(self._make(self._waiting.popleft()))
