"""`explain`: why a borrower gets, or does not get, a text."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import translation

from accounts.clock import now as clock_now
from reminders.queries.explaining import (
    CustomerExplained,
    NothingToExplain,
    ReminderExplained,
    explain_customer,
    explain_loan,
    explain_reminder,
)
from reminders.queries.plain import as_plain
from reminders.queries.telling import tell_customer, tell_reminder

_REMINDER = "reminder:"


class Command(BaseCommand):
    """Looks the name up, decides ahead of time or reads back, and tells it."""

    help = (
        "Say what is planned for a borrower and what is decided of it, with every rule that is "
        "asked, and what was decided before. REF is a customer number, a loan number or "
        "reminder:ID. Debts, holds, consent and risk are those stored now, also with --at."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ref", metavar="REF")
        parser.add_argument("--at", metavar="ISO", help="decide as of this instant, with offset")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES])

    def handle(self, *args: Any, **options: Any) -> None:
        now = _instant(options["at"]) if options["at"] else clock_now()
        with translation.override(options["language"] or settings.LANGUAGE_CODE):
            try:
                found = _find(options["ref"], now=now)
            except NothingToExplain as error:
                raise CommandError(
                    f"there is no customer, loan or reminder {error}; give a customer number, "
                    "a loan number, or reminder:ID"
                ) from error
            if options["format"] == "json":
                self.stdout.write(json.dumps(as_plain(found), cls=DjangoJSONEncoder, **_READABLE))
                return
            lines = (
                tell_reminder(found)
                if isinstance(found, ReminderExplained)
                else tell_customer(found, now=now)
            )
            for line in lines:
                self.stdout.write(line)


_READABLE: dict[str, Any] = {"ensure_ascii": False, "indent": 2}


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at {text!r} is no instant such as 2026-11-23T10:00+08:00") from error
    if at.tzinfo is None:
        raise CommandError(f"--at {text!r} has no offset: say which zone, such as +08:00")
    return at


def _find(ref: str, *, now: datetime) -> ReminderExplained | CustomerExplained:
    """By reminder id, customer number, then loan number. Raises NothingToExplain."""
    if ref.startswith(_REMINDER):
        digits = ref.removeprefix(_REMINDER)
        if not (digits.isascii() and digits.isdigit()):
            raise NothingToExplain(ref)
        return explain_reminder(int(digits), now=now)
    try:
        return explain_customer(ref, now=now)
    except NothingToExplain:
        return explain_loan(ref, now=now)
