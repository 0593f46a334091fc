"""The HTTP of the fast mode: one protocol object per connection, as little work as can be."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import httptools
import orjson

from reminders.simulator.fast.memory import Memory

REQUEST_BYTES_MAX = 64 * 1024 * 1024

Answered = tuple[int, bytes]
Slow = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Work that takes its time: a JSON object in, one out."""

_REASONS = {200: b"OK", 400: b"Bad Request", 401: b"Unauthorized", 404: b"Not Found"}


class Connection(asyncio.Protocol):
    """Takes requests one after the other and answers each, `latency_ms` later if that is set."""

    def __init__(self, memory: Memory, *, token: str, slow: Mapping[bytes, Slow]) -> None:
        self._memory = memory
        self._authorization = f"Bearer {token}".encode()
        self._slow = slow
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._body: list[bytes] = []
        self._path = b""
        self._is_known = False
        self._brings_texts = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: somebody has connected."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are not derived from it

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: they have left."""
        self._transport = None
        if self._brings_texts:
            self._memory.closed()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes of a request."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport is not None:
                self._transport.close()

    def on_message_begin(self) -> None:
        """httptools: a request begins."""
        self._body.clear()
        self._is_known = False

    def on_url(self, url: bytes) -> None:
        """httptools: its address."""
        self._path = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one of its headers."""
        if len(name) == 13 and name.lower() == b"authorization":
            self._is_known = hmac.compare_digest(value, self._authorization)

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of its body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """httptools: the request is whole."""
        self._memory.requests += 1
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        if not self._is_known:
            self._answer(401, b'{"error":{"code":"unauthorised"}}')
            return
        if slow := self._slow.get(self._path):
            task = self._loop.create_task(self._answer_slowly(slow, body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        is_text = self._path.startswith(b"/v1/messages")
        if is_text and not self._brings_texts:
            self._brings_texts = True
            self._memory.opened()
        try:
            status, answer = respond(self._memory, self._path, body)
        except (ValueError, KeyError, TypeError):
            status, answer = 400, b'{"error":{"code":"malformed"}}'
        if is_text and self._memory.latency_ms:
            self._loop.call_later(self._memory.latency_ms / 1_000, self._answer, status, answer)
        else:
            self._answer(status, answer)

    async def _answer_slowly(self, slow: Slow, body: bytes) -> None:
        try:
            self._answer(200, orjson.dumps(await slow(orjson.loads(body))))
        except (ValueError, KeyError, TypeError):
            self._answer(400, b'{"error":{"code":"malformed"}}')

    def _answer(self, status: int, body: bytes) -> None:
        if self._transport is not None:
            self._transport.write(
                b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, _REASONS[status], len(body), body)
            )


def respond(memory: Memory, path: bytes, body: bytes) -> Answered:
    """Status and body of the answer. Raises ValueError, KeyError or TypeError for nonsense."""
    if path == b"/v1/messages":
        reference = _reference(orjson.loads(body))
        return 200, b'{"reference":"%b","status":"accepted","id":"f%d"}' % (
            reference.encode(),
            memory.take(reference),
        )
    if path == b"/v1/messages/batch":
        references = [_reference(item) for item in orjson.loads(body)["messages"]]
        results = [
            {"reference": one, "status": "accepted", "id": f"f{memory.take(one)}"}
            for one in references
        ]
        return 200, orjson.dumps({"results": results})
    if path == b"/v1/messages/query":
        results = [
            {"reference": one, "status": "accepted" if memory.knows(one) else "not_found"}
            for one in orjson.loads(body)["references"]
        ]
        return 200, orjson.dumps({"results": results})
    return _control(memory, path, body)


def _control(memory: Memory, path: bytes, body: bytes) -> Answered:
    """What only those ask who measure."""
    if path == b"/v1/stats":
        return 200, orjson.dumps(memory.stats())
    if path == b"/v1/fast/arrivals":
        return 200, orjson.dumps(memory.arrivals())
    if path == b"/v1/fast/begin":
        memory.latency_ms = float(orjson.loads(body)["latency_ms"])
        memory.forget()
        return 200, b"{}"
    return 404, b'{"error":{"code":"not_found"}}'


def _reference(item: Mapping[str, Any]) -> str:
    """The reference of a text that has all it needs."""
    if not (item["to"].startswith("+") and item["body"]):
        raise ValueError("no number or no text")
    reference: str = item["reference"]
    return reference
