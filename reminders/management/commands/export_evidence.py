"""`export_evidence`: everything that was done about one borrower, in one file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from accounts.clock import now as clock_now
from reminders.queries.borrower import person_with
from reminders.queries.evidence import evidence_of
from reminders.queries.formats import Clock

_STYLE = "duecourse/evidence.css"


def _style() -> SafeString:
    """The style sheet, to stand in the file itself; it is ours."""
    path = finders.find(_STYLE)
    assert path is not None, "it lies beside the templates"
    return mark_safe(Path(path).read_text(encoding="utf-8"))  # noqa: S308 - our own file


class Command(BaseCommand):
    """Draws the file up and writes it."""

    help = (
        "Write all texts to one borrower word for word, with times, receipts, rules and versions, "
        "and all that was not sent with its reason, to standard output or a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", metavar="CUSTOMER", help="the customer number")
        parser.add_argument("--format", choices=["html", "json"], default="html")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES])

    def handle(self, *args: Any, **options: Any) -> None:
        person = person_with(options["customer"])
        if person is None:
            raise CommandError(f"there is no customer {options['customer']!r}")
        output: Path | None = options["output"]
        with translation.override(options["language"] or settings.LANGUAGE_CODE):
            clock = Clock(ZoneInfo(settings.TIME_ZONE))
            evidence = evidence_of(person, now=clock_now(), made_by="export_evidence", clock=clock)
            if options["format"] == "json":
                files = {output: evidence.document}
            else:
                # Nobody can check the fingerprint on the page without the file that it is of.
                beside = output and output.with_name(f"{output.name}.json")
                context = {
                    "evidence": evidence,
                    "file_name": beside and beside.name,
                    "style": _style(),
                    "staff_clock": clock,
                    "staff_zone": settings.TIME_ZONE,
                }
                files = {output: render_to_string("staff/evidence.html", context)}
                if beside:
                    files[beside] = evidence.document
        for path, text in files.items():
            if path is None:
                sys.stdout.write(text)
                continue
            try:
                path.write_text(text, encoding="utf-8", newline="")
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
        if output is not None:
            json_file = list(files)[-1]
            self.stderr.write(f"{json_file}: {evidence.fingerprint}")
