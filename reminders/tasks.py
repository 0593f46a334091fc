"""What Celery runs. Ticks ring doorbells; the work and its truth are in rows.

Every task is one call into the pipeline. Nothing is retried by Celery: what was not done is still
a row, and the next tick finds it.
"""

import logging
import math
import time
from typing import Any

from celery import shared_task
from django.conf import settings

from accounts.clock import now
from accounts.risk.refresh import RiskCounts, refresh_risk
from reminders.gateways.registry import gateway_named
from reminders.pipeline.dispatch import BATCH, DispatchCounts, dispatch, waiting_borrowers
from reminders.pipeline.planning import PlanCounts, plan
from reminders.pipeline.receipts import AppliedReceipts, apply_receipts
from reminders.pipeline.sweeping import SweepCounts, sweep

log = logging.getLogger(__name__)

DISPATCH_SECONDS = 20
"""How long one dispatch task goes on claiming before it lets others have the worker."""

MOST_DOORBELLS = 8
DOORBELL_SECONDS = 30
"""A doorbell that nobody answered in this time is dropped; the next tick rings again."""


@shared_task(name="reminders.tick_plan", expires=300)
def tick_plan(**_: Any) -> None:
    """Place what the policies want of the next 48 hours."""
    _tell("planned", plan(now=now()), nothing=PlanCounts())


@shared_task(name="reminders.tick_dispatch", expires=30)
def tick_dispatch(**_: Any) -> None:
    """Ring for as many batches as are due."""
    due = waiting_borrowers(now=now(), most=BATCH * MOST_DOORBELLS)
    for _ring in range(math.ceil(due / BATCH)):
        dispatch_due.apply_async(expires=DOORBELL_SECONDS)


@shared_task(name="reminders.dispatch")
def dispatch_due(*, only: list[int] | None = None, **_: Any) -> None:
    """Decide and send, batch after batch, until nothing is due or the time is up."""
    gateway = gateway_named(settings.SMS_GATEWAY)
    until = time.monotonic() + DISPATCH_SECONDS
    while time.monotonic() < until:
        counts = dispatch(now=now(), gateway=gateway, only=only)
        if not counts.borrowers:
            break
        _tell("dispatched", counts, nothing=DispatchCounts())


@shared_task(name="reminders.apply_receipts", expires=60)
def apply_raw_receipts(**_: Any) -> None:
    """Read the callbacks that were stored."""
    _tell("receipts", apply_receipts(now=now(), limit=2_000), nothing=AppliedReceipts())


@shared_task(name="reminders.tick_sweep", expires=60)
def tick_sweep(**_: Any) -> None:
    """Bring back what a dead worker held, and ask gateways about what is unclear."""
    swept = sweep(now=now(), gateway=gateway_named(settings.SMS_GATEWAY))
    _tell("swept", swept, nothing=SweepCounts())


@shared_task(name="reminders.tick_risk", expires=3_600)
def tick_risk(**_: Any) -> None:
    """Judge every borrower's risk on what was paid since."""
    _tell("risk", refresh_risk(now=now()), nothing=RiskCounts())


def _tell(what: str, counts: object, *, nothing: object) -> None:
    """A tick that changed nothing says nothing: there are thousands of them a day."""
    if counts != nothing:
        log.info("%s: %s", what, counts)
