"""`create_schedule`: the beat entries, in the database, where the admin shows and edits them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext_noop
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from reminders.queues import Queue

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A tick: its name in the admin, the task it runs, how often in seconds, and why."""

    name: str
    task: str
    every_seconds: int
    queue: Queue
    description: str


ENTRIES = (
    Entry(
        "Plan",
        "reminders.tick_plan",
        60,
        Queue.TICKS,
        gettext_noop(
            "Places a reminder for every instalment that a policy speaks for in the next 48 hours."
        ),
    ),
    Entry(
        "Dispatch",
        "reminders.tick_dispatch",
        5,
        Queue.TICKS,
        gettext_noop("Rings for the workers when reminders are due."),
    ),
    Entry(
        "Apply receipts",
        "reminders.apply_receipts",
        5,
        Queue.RECEIPTS,
        gettext_noop("Reads the gateway's callbacks that were stored."),
    ),
    Entry(
        "Sweep",
        "reminders.tick_sweep",
        30,
        Queue.TICKS,
        gettext_noop(
            "Brings back what a dead worker held and asks gateways about what is unclear."
        ),
    ),
    Entry(
        "Forget",
        "reminders.tick_forget",
        3_600,
        Queue.TICKS,
        gettext_noop("Deletes callbacks that were read and kept for RAW_RECEIPT_DAYS."),
    ),
    Entry(
        "Roll up",
        "reminders.tick_roll_up",
        300,
        Queue.TICKS,
        gettext_noop("Counts days that are over, so that pages and gauges need not count them."),
    ),
    Entry(
        "Count the book",
        "reminders.tick_book",
        6 * 3_600,
        Queue.TICKS,
        gettext_noop(
            "Counts late loans at ends of months, how due months were paid and what "
            "reminding changed."
        ),
    ),
    Entry(
        "Risk",
        "reminders.tick_risk",
        3_600,
        Queue.TICKS,
        gettext_noop("Judges every borrower's risk on what was paid since."),
    ),
)


class Command(BaseCommand):
    """Creates what is missing and leaves what an operator changed as it is."""

    help = (
        "Create the beat entries that are missing. Entries that exist keep the interval and the "
        "switch that an operator gave them in the admin."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Idempotent; prints a line for each entry it made."""
        with transaction.atomic():
            made = [entry.name for entry in ENTRIES if self._create(entry)]
        for name in made:
            self.stdout.write(f"created beat entry {name}")
        if not made:
            self.stdout.write("all beat entries exist")

    def _create(self, entry: Entry) -> bool:
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=entry.every_seconds, period=IntervalSchedule.SECONDS
        )
        created: bool
        _, created = PeriodicTask.objects.get_or_create(
            task=entry.task,
            defaults={
                "name": entry.name,
                "interval": interval,
                "queue": entry.queue.value,
                "description": entry.description,
                "last_run_at": _LONG_AGO,  # due at once: the first plan need not wait a minute
            },
        )
        return created
