"""Dispatch through Celery: batches, one request for each text, and a gateway 50 ms away."""

import time
from datetime import UTC, datetime

from tests.bench.beat import Beat
from tests.bench.figures import Figures
from tests.bench.lab import Lab, StageFailed
from tests.bench.measure import Meter, one_row
from tests.bench.stages.ready import PLANNED, ready

LATENCY_MS = 50.0
SILENCE_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.05
_PAUSES_FOR_ASKING = 20
"""Times as long as the question took, before it is asked again."""
_BUSY = """
SELECT
    EXISTS (
        SELECT 1 FROM reminders_reminder WHERE state = 'planned' AND next_attempt_at <= %s
    )
    OR EXISTS (SELECT 1 FROM reminders_message WHERE state = 'sending')
"""
CONNECTIONS = 32
"""Of each process, where a gateway takes one text in a request."""


def dispatch_batch(lab: Lab) -> Figures:
    """All that is due, to a gateway that takes hundreds in a request."""
    return _dispatch(lab)


def dispatch_single(lab: Lab) -> Figures:
    """The same with one request for each text, one after the other."""
    return _dispatch(lab, connections=1, most=lab.most)


def dispatch_parallel(lab: Lab) -> Figures:
    """One request for each text, many under way at once."""
    return _dispatch(lab, connections=CONNECTIONS, most=lab.most)


def dispatch_latency(lab: Lab) -> Figures:
    """The same, and every answer takes 50 ms.

    `connections` are the most that were open at once; `of_connections` is the share of what they
    could carry, connections divided by latency.
    """
    figures = _dispatch(lab, connections=CONNECTIONS, most=lab.most, latency_ms=LATENCY_MS)
    connections = figures.more["connections"]
    figures.more["of_connections"] = figures.per_second / (connections * 1_000 / LATENCY_MS)
    return figures


def _dispatch(
    lab: Lab, *, connections: int = 0, most: int | None = None, latency_ms: float = 0
) -> Figures:
    """`connections` 0 is a gateway that takes hundreds of texts in a request."""
    settings = {}
    if connections:
        settings["SMS_GATEWAY_TEXTS_PER_REQUEST"] = "1"
        settings["SMS_GATEWAY_CONNECTIONS"] = str(connections)
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    lab.gateway.begin(latency_ms=latency_ms)
    beat = Beat(lab.servers, "run")
    with lab.worker(database="run", **settings) as pid:
        meter = Meter(lab.servers, "run", {"worker": pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        beat.start()
        wait_until_sent(lab, beat=beat, database="run", most=most)
        meter.stop()
        stats = lab.gateway.stats()
    if stats["repeats"]:
        raise StageFailed(f"{stats['repeats']} texts were sent twice")
    figures = meter.read(what="messages", count=stats["texts"])
    figures.more["connections"] = stats["connections_peak"]
    return figures


def wait_until_sent(lab: Lab, *, beat: Beat, database: str, most: int | None = None) -> None:
    """Ring and wait, until nothing that is due waits any more or `most` texts have come.

    Raises StageFailed when no text comes for a minute.
    """
    now = time.time() + lab.shift_seconds  # noqa: TID251 - the harness makes the clock that the product reads
    seen, seen_at, ask_at = -1, time.monotonic(), 0.0
    with lab.servers.connect(database) as connection:
        while True:
            beat.tick()
            texts = lab.gateway.stats()["texts"]
            if most is not None and texts >= most:
                return
            if texts != seen:
                seen, seen_at = texts, time.monotonic()
            elif time.monotonic() - seen_at > SILENCE_SECONDS_MAX:
                raise StageFailed(f"{texts} texts came, and then none for a minute")
            elif texts and time.monotonic() >= ask_at:
                asked_at = time.monotonic()
                (is_busy,) = one_row(connection, _BUSY, [_instant(now)])
                if not is_busy:
                    return
                # On a big book it costs as much as sending a hundred texts.
                ask_at = asked_at + _PAUSES_FOR_ASKING * (time.monotonic() - asked_at)
            time.sleep(_POLL_SECONDS)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
