"""`plan`: place reminders now. The beat tick does it every minute, for what changed."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.clock import now
from reminders.pipeline.planning import plan


class Command(BaseCommand):
    """See `handle`."""

    help = "Plan the reminders of the next 48 hours, looking at everything. Repeatable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares --at and --format."""
        parser.add_argument("--at", help="as of this instant, ISO 8601 with offset; default now")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the counts. Exit status 1 when another planner is at work."""
        counts = plan(now=instant(options["at"]) if options["at"] else now(), whole=True)
        if counts.was_busy:
            raise CommandError("another planner is at work: try again in a moment")
        if options["format"] == "json":
            self.stdout.write(json.dumps(asdict(counts)))
            return
        self.stdout.write(
            f"new {counts.new}, re-timed {counts.retimed}, cancelled {counts.cancelled}"
        )
        for zone in counts.unknown_zones:
            self.stderr.write(f"not planned: customers with the unknown time zone {zone!r}")


def instant(text: str) -> datetime:
    """An aware instant from ISO 8601 with offset. Raises CommandError saying what is wrong."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"{text!r} is no ISO 8601 instant such as 2026-11-23T10:00+08:00"
        ) from None
    if parsed.tzinfo is None:
        raise CommandError(f"{text!r} has no offset: write 2026-11-23T10:00+08:00")
    return parsed
