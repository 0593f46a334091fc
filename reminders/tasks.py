"""What Celery runs. Ticks ring doorbells; the work and its truth are in rows.

Every task is one call into the pipeline. Nothing is retried by Celery: what was not done is still
a row, and the next tick finds it.
"""

import logging
import math
import time
from typing import Any

from celery import current_app, shared_task
from django.conf import settings

from accounts.clock import now
from accounts.risk.refresh import RiskCounts, refresh_risk
from reminders.authoring.scheduling import TookEffect, publish_scheduled
from reminders.gateways.registry import gateway_named
from reminders.pipeline.book import BookCounts, count_book
from reminders.pipeline.dispatch import BATCH, DispatchCounts, dispatch_all
from reminders.pipeline.effects import count_effects
from reminders.pipeline.forgetting import forget_callbacks
from reminders.pipeline.opening import count_due
from reminders.pipeline.planning import PlanCounts, plan
from reminders.pipeline.receipts import AppliedReceipts, apply_receipts
from reminders.pipeline.rollup import RollUpCounts, roll_up
from reminders.pipeline.sweeping import SweepCounts, sweep
from reminders.queues import Queue

log = logging.getLogger(__name__)

DISPATCH_SECONDS = 5
"""How long one dispatch task goes on claiming before it lets others have the worker."""

APPLY_SECONDS = 5
"""The same for one round of receipts; more workers share what is there."""

CALLBACKS_AT_ONCE = 5_000

FORGET_SECONDS = 5

ROLL_UP_SECONDS = 20
"""How long one tick goes on closing days; a long history that was never counted takes several."""

MOST_DOORBELLS = 8
DOORBELL_SECONDS = 30
"""A doorbell that nobody answered in this time is dropped; the next tick rings again."""


@shared_task(name="reminders.tick_plan", expires=300)
def tick_plan(**_: Any) -> None:
    """Put in force what is scheduled until now; place what the policies want of 48 hours."""
    moment = now()
    try:
        _tell("took effect", publish_scheduled(now=moment), nothing=TookEffect())
    finally:  # what is in force is planned, whatever keeps another version from it
        _tell("planned", plan(now=moment), nothing=PlanCounts())


@shared_task(name="reminders.tick_dispatch", expires=30)
def tick_dispatch(**_: Any) -> None:
    """Ring for as many batches as are due, less the rings that nobody has answered yet."""
    due = count_due(now=now(), most=BATCH * MOST_DOORBELLS)
    if not due:
        return
    for _ring in range(math.ceil(due / BATCH) - _unanswered(Queue.DISPATCH)):
        dispatch_due.apply_async(expires=DOORBELL_SECONDS)


@shared_task(name="reminders.dispatch")
def dispatch_due(*, only: list[int] | None = None, **_: Any) -> None:
    """Decide and send, batch after batch, until nothing is due or the time is up."""
    gateway = gateway_named(settings.SMS_GATEWAY)
    for counts in dispatch_all(now=now(), gateway=gateway, seconds=DISPATCH_SECONDS, only=only):
        _tell("dispatched", counts, nothing=DispatchCounts())


@shared_task(name="reminders.apply_receipts", expires=60)
def apply_raw_receipts(**_: Any) -> None:
    """Read the callbacks that were stored, until none is left or the time is up."""
    until = time.monotonic() + APPLY_SECONDS
    while time.monotonic() < until:
        counts = apply_receipts(now=now(), limit=CALLBACKS_AT_ONCE)
        _tell("receipts", counts, nothing=AppliedReceipts())
        if counts.callbacks + counts.put_off < CALLBACKS_AT_ONCE:
            break


@shared_task(name="reminders.tick_sweep", expires=60)
def tick_sweep(**_: Any) -> None:
    """Bring back what a dead worker held, and ask gateways about what is unclear."""
    swept = sweep(now=now(), gateway=gateway_named(settings.SMS_GATEWAY))
    _tell("swept", swept, nothing=SweepCounts())


@shared_task(name="reminders.tick_forget", expires=3_600)
def tick_forget(**_: Any) -> None:
    """Delete callbacks that are kept long enough, slice after slice."""
    until, deleted = time.monotonic() + FORGET_SECONDS, 0
    while time.monotonic() < until:
        slice_ = forget_callbacks(now=now(), days=settings.RAW_RECEIPT_DAYS)
        deleted += slice_
        if not slice_:
            break
    _tell("callbacks forgotten", deleted, nothing=0)


@shared_task(name="reminders.tick_roll_up", expires=300)
def tick_roll_up(**_: Any) -> None:
    """Count days that are over, so that no page counts them."""
    _tell("days", roll_up(now=now(), seconds=ROLL_UP_SECONDS), nothing=RollUpCounts())


@shared_task(name="reminders.tick_book", expires=3_600)
def tick_book(**_: Any) -> None:
    """Count how the book stood at ends of months, how due months were paid, and what reminding
    changed."""
    moment = now()
    _tell("book", count_book(now=moment), nothing=BookCounts())
    _tell("effects", count_effects(now=moment), nothing=0)


@shared_task(name="reminders.tick_risk", expires=3_600)
def tick_risk(**_: Any) -> None:
    """Judge every borrower's risk on what was paid since."""
    _tell("risk", refresh_risk(now=now()), nothing=RiskCounts())


def _unanswered(queue: Queue) -> int:
    """How many tasks wait in this queue at the broker.

    Declares it as a worker does: to be asked about a queue that is not there makes RabbitMQ close
    the channel. A connection that died while nobody used it is made anew, once.
    """

    def declare(*, channel: Any) -> int:
        found = channel.queue_declare(queue.value, durable=True, auto_delete=False)
        return int(found.message_count)

    with current_app.connection_or_acquire() as connection:
        waiting, _channel = connection.autoretry(declare, max_retries=1)()
    return int(waiting)


def _tell(what: str, counts: object, *, nothing: object) -> None:
    """A tick that changed nothing says nothing: there are thousands of them a day."""
    if counts != nothing:
        log.info("%s: %s", what, counts)
