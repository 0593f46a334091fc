"""`import_book DIR`: bring a folder of CSV files into the ledger."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.clock import now
from accounts.importing.book import Outcome, finish_run, import_book
from accounts.importing.errors import ImportInterrupted, ImportRefused
from accounts.importing.layout import BOOK

SOME_ROWS_REJECTED = 3


class Command(BaseCommand):
    """Reads the files, merges them, prints a summary."""

    help = "Import a folder of CSV files: " + ", ".join(layout.file for layout in BOOK) + "."

    epilog = (
        "Any of the files may be missing; a folder with only payments.csv is a daily feed.\n"
        "UTF-8, header required, one line per row. Importing a folder twice changes nothing.\n\n"
        + "\n".join(f"{layout.file}: {layout.expected()}" for layout in BOOK)
        + "\n\nExit status:\n"
        "  0  every row was taken\n"
        "  3  some rows were rejected and written to the file of rejects; the others were taken\n"
        "  1  nothing was taken: the folder or a file cannot be read as a book, or the database\n"
        "     stopped the import\n"
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the epilog."""
        parser = super().create_parser(prog_name, subcommand, epilog=self.epilog, **kwargs)
        formatter = parser.formatter_class

        class Formatter(formatter, RawDescriptionHelpFormatter):  # type: ignore[valid-type, misc] # Django's own class, known at run time
            pass

        parser.formatter_class = Formatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="folder with the CSV files")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument(
            "--region",
            default=settings.DEFAULT_REGION,
            help="country of phone numbers without a country code (default: %(default)s)",
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="where to write rejected rows (default: rejects.csv in the folder)",
        )
        parser.add_argument(
            "--demonstration",
            action="store_true",
            help="the borrowers are made up: every gateway but the simulator refuses them",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        as_text = options["format"] == "text"
        try:
            outcome = import_book(
                options["folder"],
                now=now(),
                region=options["region"].upper(),
                demonstration=options["demonstration"],
                dry_run=options["dry_run"],
                rejects_file=options["rejects"],
                say=lambda line: self.stderr.write(line, self.style.NOTICE),
            )
        except ImportRefused as refusal:
            if not as_text:
                self.stdout.write(json.dumps({"refused": str(refusal)}, ensure_ascii=False))
            raise CommandError(f"{refusal}. Nothing was imported.", returncode=1) from refusal
        except ImportInterrupted as interrupted:
            if not as_text:
                self.stdout.write(json.dumps({"interrupted": str(interrupted)}))
            raise CommandError(
                f"{interrupted}. Nothing of it is half there: mend the cause and start it again.",
                returncode=1,
            ) from interrupted
        if outcome.run_id is not None:
            finish_run(run_id=outcome.run_id, outcome=outcome, now=now())
        if as_text:
            self._print(outcome, dry_run=options["dry_run"])
        else:
            result = {**outcome.as_json(), "dry_run": options["dry_run"]}
            result["rejects_file"] = str(outcome.rejects_file) if outcome.rejects_file else None
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        if outcome.rejected_total:
            raise CommandError(
                f"{outcome.rejected_total:,} rows were rejected: see {outcome.rejects_file}",
                returncode=SOME_ROWS_REJECTED,
            )

    def _print(self, outcome: Outcome, *, dry_run: bool) -> None:
        line = "{:<18}{:>12}{:>12}{:>12}{:>12}"
        self.stdout.write(line.format("", "new", "changed", "same", "rejected"))
        for name, taken in outcome.files.items():
            figures = (taken.new, taken.changed, taken.same, outcome.rejected.get(name, 0))
            self.stdout.write(line.format(name, *(f"{figure:,}" for figure in figures)))
        self.stdout.write(
            f"Payments allocated anew: {outcome.allocated.instalments_changed:,} instalments "
            f"and {outcome.allocated.loans_credited:,} credits changed."
        )
        if outcome.ignored_files:
            self.stdout.write(f"Not part of a book, left alone: {', '.join(outcome.ignored_files)}")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was changed.")
        else:
            risk = outcome.risk
            self.stdout.write(
                f"Risk: {risk.total:,} borrowers assessed "
                f"({risk.low:,} low, {risk.medium:,} medium, {risk.high:,} high)."
            )
