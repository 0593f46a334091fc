"""Dispatch: claim borrowers, decide, open attempts, commit, call the gateway, close attempts.

No transaction and no lock is held across the network. A worker that dies between opening and
closing leaves open attempts behind; their lease runs out, and sweeping finds them.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Protocol

from reminders.gateways.base import (
    BEGIN_SECONDS_MAX,
    Accepted,
    Busy,
    Gateway,
    Outcome,
    Rejected,
    Unclear,
)
from reminders.pipeline.closing import close_batch
from reminders.pipeline.opening import Opened, open_batch
from reminders.pipeline.pace import Pace
from reminders.pipeline.storing import LEASE, Outgoing

log = logging.getLogger(__name__)

BATCH = 200
"""Borrowers in one claim, where nothing is known of how long it takes."""

_Answers = list[tuple[Outgoing, Outcome]]


@dataclass(slots=True)
class DispatchCounts:
    """Borrowers decided on; what was decided of their reminders; what became of the messages."""

    borrowers: int = 0
    decided: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)


def dispatch(
    *,
    now: datetime,
    gateway: Gateway,
    limit: int = BATCH,
    only: Sequence[int] | None = None,
    stopwatch: Callable[[], float] = time.monotonic,
) -> DispatchCounts:
    """Handle one batch of borrowers whose reminders are due; counts of what became of them.

    `only` narrows it to these borrowers. Returns zero borrowers when nothing is left to claim.
    `stopwatch` tells the seconds that pass meanwhile.
    """
    clock = _clock(now, stopwatch=stopwatch)
    calls = _AtOnce()
    return _begin(gateway, now=now, clock=clock, limit=limit, only=only, calls=calls).end()


def dispatch_all(
    *, now: datetime, gateway: Gateway, seconds: float, only: Sequence[int] | None = None
) -> Iterator[DispatchCounts]:
    """Batch after batch until nothing is due or `seconds` are up; the counts of each.

    While the gateway is called about one batch, the next is claimed, decided and opened. What was
    opened is closed, whatever happens to the next.
    """
    clock = _clock(now, stopwatch=time.monotonic)
    until = now + timedelta(seconds=seconds)
    pace = Pace()
    called: _Batch | None = None
    calls = _caller(os.getpid())
    while True:
        opened = None
        try:
            if (at := clock()) < until:
                opened = _begin(
                    gateway, now=at, clock=clock, limit=pace.size, only=only, calls=calls
                )
        finally:
            counts = called.end() if called is not None else None
        if counts is not None and called is not None:
            pace.took((clock() - called.began).total_seconds())
            yield counts
        if opened is None or not opened.opened.borrowers:
            return
        called = opened


@lru_cache(maxsize=1)
def _caller(pid: int) -> ThreadPoolExecutor:
    """The thread of this process that calls gateways: it lives on, and with it its connections."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"gateway-{pid}")


class _Calls(Protocol):
    """What takes a call to the gateway and gives its answers later."""

    def submit(self, call: Callable[[], _Answers], /) -> "Future[_Answers]": ...


class _AtOnce:
    """Calls in the caller's own thread."""

    def submit(self, call: Callable[[], _Answers], /) -> "Future[_Answers]":
        answered: Future[_Answers] = Future()
        answered.set_result(call())
        return answered


@dataclass(frozen=True, slots=True)
class _Batch:
    """Opened, and on its way to the gateway."""

    began: datetime
    opened: Opened
    answers: "Future[_Answers]"
    clock: Callable[[], datetime]

    def end(self) -> DispatchCounts:
        """Wait for the gateway's answers and close what was opened."""
        messages = close_batch(self.answers.result(), now=self.clock())
        return DispatchCounts(self.opened.borrowers, self.opened.outcomes, messages)


def _begin(
    gateway: Gateway,
    *,
    now: datetime,
    clock: Callable[[], datetime],
    limit: int,
    only: Sequence[int] | None,
    calls: _Calls,
) -> _Batch:
    opened = open_batch(now=now, limit=limit, gateway=gateway.name, only=only)
    hand_over = partial(
        _hand_over, opened.outgoing, gateway=gateway, clock=clock, until=now + LEASE / 2
    )
    return _Batch(now, opened, calls.submit(hand_over), clock)


def _clock(now: datetime, *, stopwatch: Callable[[], float]) -> Callable[[], datetime]:
    """The time, from `now` on, by this stopwatch."""
    started = stopwatch()
    return lambda: now + timedelta(seconds=stopwatch() - started)


def _hand_over(
    outgoing: Sequence[Outgoing],
    *,
    gateway: Gateway,
    clock: Callable[[], datetime],
    until: datetime,
) -> _Answers:
    """Call the gateway in its own batch size.

    What the lease leaves no time for (`until`), and what became untrue or forbidden while others
    were being handed over, was certainly not sent: it is decided afresh.
    """
    answers: _Answers = []
    for start in range(0, len(outgoing), gateway.max_batch):
        chunk = outgoing[start : start + gateway.max_batch]
        moment = clock()
        in_time: list[Outgoing] = []
        for one in chunk:
            if moment < min(one.leaves_before, until):
                in_time.append(one)
            else:
                answers.append((one, Busy("out_of_time")))
        if in_time:
            last = min(until, *(one.leaves_before for one in in_time))
            within = min(BEGIN_SECONDS_MAX, (last - moment).total_seconds())
            answers += zip(in_time, _send(in_time, gateway=gateway, within=within), strict=True)
    return answers


def _send(chunk: Sequence[Outgoing], *, gateway: Gateway, within: float) -> Sequence[Outcome]:
    """One call, and an answer for each text whatever the gateway's file does.

    Its fault must not cost the answers of the batches before it, nor leave those after it open:
    they would all pass for texts that a dead worker held.
    """
    try:
        outcomes = gateway.send([o.text for o in chunk], within=within)
    except Exception:  # a gateway's file may raise anything, after the call has left
        log.exception("%s failed in a call with %s texts", gateway.name, len(chunk))
        return [Unclear("gateway_failed")] * len(chunk)
    if len(outcomes) != len(chunk):
        # In order or not, nobody knows which answer is missing.
        log.error("%s gave %s answers for %s texts", gateway.name, len(outcomes), len(chunk))
        return [Unclear("answers_miscounted")] * len(chunk)
    return [
        outcome
        if isinstance(outcome, Accepted | Rejected | Busy | Unclear)
        else Unclear("unreadable_answer")
        for outcome in outcomes
    ]
