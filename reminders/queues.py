"""Celery queues, by what fails when they stand still."""

from enum import StrEnum


class Queue(StrEnum):
    """A standing `dispatch` delays texts, `receipts` delays knowledge, `ticks` delays planning."""

    TICKS = "ticks"
    DISPATCH = "dispatch"
    RECEIPTS = "receipts"
