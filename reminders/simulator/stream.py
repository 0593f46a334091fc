"""Texts as they arrive, by server-sent events.

Each reader has a place: the number of the last text it was sent, and the instant up to which
it knows delivery states. The place is the id of every event, so a browser that reconnects, even
to a restarted process, says where it stopped (Last-Event-ID) and misses nothing.
"""

import asyncio
import contextlib
import functools
import json
import re
import sqlite3
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from reminders.simulator import ledger, screens
from reminders.simulator.clock import iso
from reminders.simulator.context import SIMULATOR, Simulator
from reminders.simulator.ledger import Phone, Text
from reminders.simulator.pages import make_screen
from reminders.simulator.screens import Screen
from reminders.simulator.wire import Refused, is_number

READERS_MAX = 100
TEXTS_PER_LOOK = 200
TEXTS_BEHIND_MAX = 2_000
UNSETTLED_MAX = 1_000
LOOK_SECONDS_MIN = 0.1
SILENCE_SECONDS_MAX = 15.0
TOTALS_SECONDS_MIN = 1.0  # counting the receipts that wait reads their whole table

_PLACE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


@dataclass(slots=True)
class Place:
    """How far a reader has come."""

    seq: int
    known_at: float
    # Texts the reader has whose delivery state is still open, by their number.
    unsettled: dict[int, Text] = field(default_factory=dict)
    totals_at: float = 0.0
    totals_owed: bool = False

    def __str__(self) -> str:
        return f"{self.seq}-{int(self.known_at * 1000)}"


@dataclass(frozen=True, slots=True)
class Reader:
    """What a reader asked to see."""

    simulator: Simulator
    screen: Screen
    phone: str | None
    view: str


def routes() -> list[web.RouteDef]:
    """The stream's route."""
    return [web.get("/stream", stream)]


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /stream: texts and delivery states, live; `to` keeps to one phone."""
    simulator = request.app[SIMULATOR]
    phone = request.query.get("to")
    if phone is not None and not is_number(phone):
        raise Refused("invalid_number", "to must be a number in E.164 form.")
    reader = Reader(simulator, make_screen(request), phone, request.query.get("view", ""))
    if simulator.pulse.readers >= READERS_MAX:
        raise Refused("unavailable", "Too many readers.", status=503, retry_after=5)
    place = await _start(request, reader)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    simulator.pulse.readers += 1
    try:
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):  # the reader has left
            await _follow(response, reader, place)
    finally:
        simulator.pulse.readers -= 1
    return response


async def _start(request: web.Request, reader: Reader) -> Place:
    """The reader's place: by Last-Event-ID, by `after`, or now."""
    asked = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    match = _PLACE.fullmatch(asked)
    now = reader.simulator.clock()
    newest = await reader.simulator.store.run(ledger.newest)
    if match is None:
        return Place(newest, now)
    # Not past the newest: the store may have been emptied since.
    place = Place(min(int(match[1]), newest), int(match[2]) / 1000 if match[2] else now)
    shown = await reader.simulator.store.run(
        functools.partial(ledger.latest_texts, limit=UNSETTLED_MAX, phone=reader.phone)
    )
    place.unsettled = {
        text.seq: text
        for text in shown
        if text.seq <= place.seq and text.settles_at > place.known_at
    }
    return place


async def _follow(response: web.StreamResponse, reader: Reader, place: Place) -> None:
    simulator = reader.simulator
    await response.write(f"retry: 1000\n{_event('hello', place, {})}".encode())
    while not simulator.closing.is_set():
        beats = simulator.pulse.beats
        frames = await _look(reader, place)
        # A comment, when there is nothing to say, finds out whether the reader is still there.
        await response.write("".join(frames).encode() or b": still here\n\n")
        if frames:
            await asyncio.sleep(LOOK_SECONDS_MIN)
        if len(frames) < TEXTS_PER_LOOK:
            await simulator.pulse.wait(since=beats, seconds=_silence(place, now=simulator.clock()))


def _silence(place: Place, *, now: float) -> float:
    """How long nothing can happen, unless a text arrives."""
    soonest = min(
        (text.settles_at for text in place.unsettled.values()), default=now + SILENCE_SECONDS_MAX
    )
    if place.totals_owed:
        soonest = min(soonest, place.totals_at + TOTALS_SECONDS_MIN)
    return min(SILENCE_SECONDS_MAX, max(LOOK_SECONDS_MIN, soonest - now))


async def _look(reader: Reader, place: Place) -> list[str]:
    """The events since the reader's place, which moves on."""
    simulator = reader.simulator
    screen = replace(reader.screen, now=simulator.clock())
    rows = await simulator.store.run(functools.partial(_rows, after=place.seq, phone=reader.phone))
    frames: list[str] = []
    place.known_at = screen.now
    place.totals_owed |= bool(rows.texts or rows.skipped)
    if rows.skipped:
        place.unsettled.clear()
        frames.append(_event("gap", place, {"skipped": rows.skipped}))
    for text in rows.texts:
        place.seq = text.seq
        frames.append(_event("text", place, _text(text, reader, screen, rows)))
        if text.settles_at > screen.now and len(place.unsettled) < UNSETTLED_MAX:
            place.unsettled[text.seq] = text
    settled = [text for text in place.unsettled.values() if text.settles_at <= screen.now]
    for text in settled:
        del place.unsettled[text.seq]
        frames.append(_event("state", place, _state(text, screen)))
    place.totals_owed |= bool(settled)
    if place.totals_owed and screen.now - place.totals_at >= TOTALS_SECONDS_MIN:
        place.totals_at, place.totals_owed = screen.now, False
        if reader.view == "feed":
            stats = await simulator.store.run(ledger.stats)
            frames.append(_event("totals", place, {"html": screens.totals(stats, screen)}))
    return frames


@dataclass(frozen=True, slots=True)
class Rows:
    """What a look found."""

    texts: list[Text]
    phones: dict[str, Phone]
    skipped: int


def _rows(connection: sqlite3.Connection, *, after: int, phone: str | None) -> Rows:
    """The next texts; a reader of everything who is far behind is moved up."""
    skipped = 0
    if phone is None:
        skipped = max(0, ledger.newest(connection) - after - TEXTS_BEHIND_MAX)
        if skipped:
            skipped += TEXTS_BEHIND_MAX - TEXTS_PER_LOOK
    texts = ledger.texts_after(connection, after=after + skipped, limit=TEXTS_PER_LOOK, phone=phone)
    phones = ledger.phones(connection, limit=TEXTS_PER_LOOK) if texts else []
    return Rows(texts, {one.number: one for one in phones}, skipped)


def _text(text: Text, reader: Reader, screen: Screen, rows: Rows) -> dict[str, Any]:
    data: dict[str, Any] = {
        "seq": text.seq,
        "reference": text.reference,
        "id": text.id,
        "to": text.phone,
        "sender": text.sender,
        "body": text.body,
        "parts": text.parts,
        "at": iso(text.accepted_at),
        "status": text.status(now=screen.now),
    }
    if reader.view == "phone":
        data["html"] = screens.bubble(text, screen)
    elif reader.view == "feed":
        data["html"] = screens.feed_item(text, screen)
        if text.phone in rows.phones:
            data["card"] = screens.card(rows.phones[text.phone], screen)
    return data


def _state(text: Text, screen: Screen) -> dict[str, Any]:
    return {
        "seq": text.seq,
        "reference": text.reference,
        "status": text.status(now=screen.now),
        "html": screens.state(text, screen),
    }


def _event(kind: str, place: Place, data: dict[str, Any]) -> str:
    return f"event: {kind}\nid: {place}\ndata: {json.dumps(data)}\n\n"
