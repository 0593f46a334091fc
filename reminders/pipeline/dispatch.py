"""Dispatch: claim borrowers, decide, open attempts, commit, call the gateway, close attempts.

No transaction and no lock is held across the network. A worker that dies between opening and
closing leaves open attempts behind; their lease runs out, and sweeping finds them.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reminders.gateways.base import Accepted, Busy, Gateway, Outcome, Rejected, Unclear
from reminders.models import Reminder
from reminders.models.choices import ReminderState
from reminders.pipeline.closing import close_batch
from reminders.pipeline.opening import open_batch
from reminders.pipeline.storing import LEASE, Outgoing

log = logging.getLogger(__name__)

BATCH = 200
"""Borrowers in one claim."""


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
    started = stopwatch()

    def clock() -> datetime:
        return now + timedelta(seconds=stopwatch() - started)

    opened = open_batch(now=now, limit=limit, gateway=gateway.name, only=only)
    answers = _hand_over(opened.outgoing, gateway=gateway, clock=clock, until=now + LEASE / 2)
    messages = close_batch(answers, now=clock())
    return DispatchCounts(opened.borrowers, opened.outcomes, messages)


def _hand_over(
    outgoing: Sequence[Outgoing],
    *,
    gateway: Gateway,
    clock: Callable[[], datetime],
    until: datetime,
) -> list[tuple[Outgoing, Outcome]]:
    """Call the gateway in its own batch size.

    What the lease leaves no time for (`until`), and what became untrue or forbidden while others
    were being handed over, was certainly not sent: it is decided afresh.
    """
    answers: list[tuple[Outgoing, Outcome]] = []
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
            answers += zip(in_time, _send(in_time, gateway=gateway), strict=True)
    return answers


def _send(chunk: Sequence[Outgoing], *, gateway: Gateway) -> Sequence[Outcome]:
    """One call, and an answer for each text whatever the gateway's file does.

    Its fault must not cost the answers of the batches before it, nor leave those after it open:
    they would all pass for texts that a dead worker held.
    """
    try:
        outcomes = gateway.send([o.text for o in chunk])
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


def waiting_borrowers(*, now: datetime, most: int) -> int:
    """How many borrowers have a reminder to look at now, counted up to `most`."""
    due = Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now)
    return due.values("customer").distinct()[:most].count()
