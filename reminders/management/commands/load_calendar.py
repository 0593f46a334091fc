"""`load_calendar`: holidays, and weekend days that are worked instead."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from reminders.authoring.calendar import Loaded, load_days, load_shipped_days, read_days


class Command(BaseCommand):
    """See `handle`."""

    help = (
        "Load days of rest from a CSV file with the columns date, kind (holiday or workday), name "
        "and optionally official (yes or no). The file is the whole truth about the years that it "
        "names. Bad rows are named and left out; then nothing is forgotten and the exit status is "
        "1. Loading a file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares FILE, --calendar and --shipped."""
        parser.add_argument("file", metavar="FILE", nargs="?", type=Path)
        parser.add_argument(
            "--calendar", help="a short code such as CN; default is the DEFAULT_REGION setting"
        )
        parser.add_argument(
            "--shipped",
            action="store_true",
            help="load the calendars that come with Duecourse, for years of which nothing is known",
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Prints what changed. Exit status 1 for a file that cannot be read and for bad rows."""
        if options["shipped"] == bool(options["file"]):
            raise CommandError("give either a FILE or --shipped")
        if options["shipped"]:
            self._tell(load_shipped_days())
            return
        calendar = options["calendar"] or settings.DEFAULT_REGION
        if not (calendar.isalnum() and len(calendar) <= 16):
            raise CommandError(f"{calendar!r} is no code of a calendar such as CN")
        try:
            text = options["file"].read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        days, problems = read_days(text)
        self._tell(load_days(days, calendar=calendar, is_whole=not problems))
        if problems:
            raise CommandError("\n".join(map(str, problems)))

    def _tell(self, loaded: Loaded) -> None:
        self.stdout.write(
            f"{loaded.new} days new, {loaded.changed} changed, {loaded.forgotten} forgotten"
        )
