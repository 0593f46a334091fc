"""Celery queues, by what fails when they stand still."""

from enum import StrEnum


class Queue(StrEnum):
    """A standing `dispatch` delays texts, `receipts` delays knowledge, `ticks` delays planning."""

    TICKS = "ticks"
    DISPATCH = "dispatch"
    RECEIPTS = "receipts"


ROUTES = {
    "reminders.dispatch": {"queue": Queue.DISPATCH.value},
    "reminders.apply_receipts": {"queue": Queue.RECEIPTS.value},
    "reminders.tick_*": {"queue": Queue.TICKS.value},
}
"""Which task waits in which queue. Celery 6 no longer takes this from a task's decorator."""
