"""The HTTP interface that programs use: everything under /v1."""

import asyncio
import functools
import hmac
import math
from typing import Any

from aiohttp import web

from reminders.simulator import ledger
from reminders.simulator.clock import iso
from reminders.simulator.context import SIMULATOR, Simulator
from reminders.simulator.faults import parse_faults
from reminders.simulator.ledger import Taken, Text
from reminders.simulator.wire import (
    Refused,
    Submission,
    is_number,
    parse_batch,
    parse_object,
    parse_references,
    parse_submission,
)

TEXTS_LIMIT_MAX = 5_000
SEQ_MAX = 2**62

# What an ordered error status is called; other 4xx and 5xx are "ordered_error".
ERROR_CODES = {
    400: "invalid_number",
    401: "unauthorised",
    422: "content_refused",
    429: "throttled",
    500: "internal_error",
    503: "unavailable",
}
# Statuses that judge one message: in a batch they strike single messages, the others the call.
REJECTIONS = {400, 422}
BUSY = {429}

Entry = dict[str, Any]


def routes() -> list[web.RouteDef]:
    """The routes under /v1."""
    return [
        web.post("/v1/messages", send),
        web.post("/v1/messages/batch", send_batch),
        web.post("/v1/messages/query", query),
        web.get("/v1/messages/{reference}", status),
        web.get("/v1/faults", show_faults),
        web.put("/v1/faults", order_faults),
        web.get("/v1/texts", texts),
        web.get("/v1/stats", stats),
    ]


def check_token(request: web.Request) -> None:
    """Raises Refused unless the request carries the bearer token."""
    simulator = request.app[SIMULATOR]
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {simulator.options.token}".encode()):
        raise Refused("unauthorised", "The bearer token is missing or wrong.", status=401)


async def send(request: web.Request) -> web.StreamResponse:
    """POST /v1/messages: one message."""
    simulator = request.app[SIMULATOR]
    number = await _brave_the_faults(simulator)
    if simulator.trouble.dice.fails(number):
        raise _ordered_error(simulator)
    submission = parse_submission(parse_object(await request.read()))
    wait = simulator.trouble.seconds_to_wait()
    if wait:
        simulator.store.count("throttled")
        raise Refused("throttled", "Too many messages a second.", status=429, retry_after=wait)
    (taken,) = await _accept(simulator, [submission])
    if simulator.trouble.dice.times_out(number):
        await _fall_silent(request, simulator)
    return web.json_response(_accepted(submission, taken), status=200 if taken.repeated else 202)


async def send_batch(request: web.Request) -> web.StreamResponse:
    """POST /v1/messages/batch: up to 500 messages, each with a result of its own."""
    simulator = request.app[SIMULATOR]
    number = await _brave_the_faults(simulator)
    faults = simulator.trouble.faults
    of_messages = faults.error_status in REJECTIONS | BUSY
    if not of_messages and simulator.trouble.dice.fails(number):
        raise _ordered_error(simulator)
    document = parse_object(await request.read())
    results: list[Entry] = []
    accepted: list[tuple[int, Submission]] = []
    for index, item in enumerate(parse_batch(document)):
        try:
            submission = parse_submission(item, callback_url=document.get("callback_url"))
            if of_messages and simulator.trouble.dice.fails(f"{number}/{index}"):
                raise _ordered_error(simulator)
            wait = simulator.trouble.seconds_to_wait()
            if wait:
                simulator.store.count("throttled")
                raise Refused("throttled", "Too many messages.", status=429, retry_after=wait)
        except Refused as refused:
            results.append(_refusal(item, refused))
        else:
            accepted.append((index, submission))
            results.append({})
    taken = await _accept(simulator, [submission for _, submission in accepted])
    for (index, submission), one in zip(accepted, taken, strict=True):
        results[index] = _accepted(submission, one)
    rejected = sum(result["status"] == "rejected" for result in results)
    simulator.store.count("rejected", rejected)
    if simulator.trouble.dice.times_out(number):
        await _fall_silent(request, simulator)
    return web.json_response({"results": results})


async def status(request: web.Request) -> web.Response:
    """GET /v1/messages/<reference>: what became of a message."""
    simulator = request.app[SIMULATOR]
    if simulator.trouble.dice.fails(await _brave_the_faults(simulator)):
        raise _ordered_error(simulator)
    reference = request.match_info["reference"]
    found = await _find(simulator, [reference])
    if reference not in found:
        raise Refused("not_found", "No message has that reference.", status=404)
    return web.json_response(_state(found[reference], now=simulator.clock()))


async def query(request: web.Request) -> web.Response:
    """POST /v1/messages/query: what became of up to 500 messages."""
    simulator = request.app[SIMULATOR]
    if simulator.trouble.dice.fails(await _brave_the_faults(simulator)):
        raise _ordered_error(simulator)
    references = parse_references(parse_object(await request.read()))
    found = await _find(simulator, references)
    now = simulator.clock()
    results = [
        _state(found[reference], now=now)
        if reference in found
        else {"reference": reference, "status": "not_found"}
        for reference in references
    ]
    return web.json_response({"results": results})


async def show_faults(request: web.Request) -> web.Response:
    """GET /v1/faults: what goes wrong at the moment."""
    return web.json_response(request.app[SIMULATOR].trouble.faults.as_json())


async def order_faults(request: web.Request) -> web.Response:
    """PUT /v1/faults: replace them; what is not named is off."""
    simulator = request.app[SIMULATOR]
    await simulator.trouble.order(parse_faults(parse_object(await request.read())))
    return web.json_response(simulator.trouble.faults.as_json())


async def texts(request: web.Request) -> web.Response:
    """GET /v1/texts: what reached phones, in order of acceptance."""
    simulator = request.app[SIMULATOR]
    to = request.query.get("to")
    if to is not None and not is_number(to):
        raise Refused("invalid_number", "to must be a number in E.164 form (+ is %2B in a query).")
    after = _whole(request, "after", default=0, most=SEQ_MAX)
    limit = _whole(request, "limit", default=100, most=TEXTS_LIMIT_MAX)
    rows = await simulator.store.run(
        functools.partial(ledger.texts_after, after=after, limit=limit, phone=to, reached=True)
    )
    now = simulator.clock()
    return web.json_response(
        {
            "texts": [
                {
                    "seq": text.seq,
                    "reference": text.reference,
                    "id": text.id,
                    "to": text.phone,
                    "sender": text.sender,
                    "body": text.body,
                    "parts": text.parts,
                    "at": iso(text.accepted_at),
                    "status": text.status(now=now),
                }
                for text in rows
            ],
            "next_after": rows[-1].seq if rows else after,
        }
    )


async def stats(request: web.Request) -> web.Response:
    """GET /v1/stats: what was counted since the store was made."""
    return web.json_response(await request.app[SIMULATOR].store.run(ledger.stats))


async def _brave_the_faults(simulator: Simulator) -> int:
    """Count the request and be as slow as ordered. Returns the request's running number."""
    simulator.store.count("requests")
    if simulator.trouble.faults.latency_ms:
        await asyncio.sleep(simulator.trouble.faults.latency_ms / 1000)
    return simulator.trouble.dice.next_request()


def _ordered_error(simulator: Simulator) -> Refused:
    simulator.store.count("errors_ordered")
    code = simulator.trouble.faults.error_status
    return Refused(
        ERROR_CODES.get(code, "ordered_error"),
        "This error was ordered.",
        status=code,
        retry_after=1 if code in {429, 503} else None,
    )


async def _accept(simulator: Simulator, submissions: list[Submission]) -> list[Taken]:
    if not submissions:
        return []
    dice = simulator.trouble.dice
    work = functools.partial(
        ledger.accept,
        submissions=[(one, dice.fate(one.reference)) for one in submissions],
        now=simulator.clock(),
        ignores_references=dice.faults.ignores_references,
    )
    taken = await simulator.store.run(work)
    simulator.pulse.beat()
    simulator.reporter.notify({one.callback_url for one in submissions if one.callback_url})
    return taken


async def _fall_silent(request: web.Request, simulator: Simulator) -> None:
    """Never answer: stay silent for as long as ordered, then cut the connection."""
    simulator.store.count("timeouts_ordered")
    await asyncio.sleep(simulator.trouble.faults.hang_ms / 1000)
    if request.transport is not None:
        request.transport.abort()


async def _find(simulator: Simulator, references: list[str]) -> dict[str, Text]:
    return await simulator.store.run(functools.partial(ledger.find, references=references))


def _accepted(submission: Submission, taken: Taken) -> Entry:
    return {
        "reference": submission.reference,
        "id": taken.id,
        "status": "accepted",
        "parts": taken.parts,
    }


def _refusal(item: object, refused: Refused) -> Entry:
    reference = item.get("reference") if isinstance(item, dict) else None
    entry: Entry = {
        "reference": reference if isinstance(reference, str) else None,
        "code": refused.code,
    }
    if refused.status in BUSY:
        return entry | {"status": "busy", "retry_after": math.ceil(refused.retry_after or 1)}
    return entry | {"status": "rejected", "message": refused.message}


def _state(text: Text, *, now: float) -> Entry:
    state = text.status(now=now)
    at = text.accepted_at if state == "accepted" else text.settles_at
    return {
        "reference": text.reference,
        "id": text.id,
        **ledger.report(state, temporary=bool(text.temporary)),
        "at": iso(at),
    }


def _whole(request: web.Request, name: str, *, default: int, most: int) -> int:
    value = request.query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= most):
        raise Refused("malformed", f"{name} must be a whole number up to {most}.")
    return int(value)
