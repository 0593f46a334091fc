"""Everything that was done about one borrower, to be handed to a court, an auditor, or themselves.

All texts word for word with their times, calls, receipts and the versions that they were made of,
all reminders that did not become a text with the reason, and the payments, holds and refusals
between them, oldest first. Nothing is left out and nothing is summed up. Addresses stay masked.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.text import slugify
from django.utils.translation import get_language

from reminders.models import Reminder
from reminders.models.choices import ReminderState
from reminders.queries.borrower import BorrowerSheet, Person, borrower_sheet
from reminders.queries.formats import Clock
from reminders.queries.past import Asked, asked_before
from reminders.queries.plain import as_plain
from reminders.queries.timeline import Entry, timeline

FORMAT = "duecourse-evidence/1"
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry of the history; for a text, the rules that were asked of each of its reminders."""

    entry: Entry
    asked: dict[int, tuple[Asked, ...]]


@dataclass(frozen=True)
class Evidence:
    """The file: who, as of when, drawn up by whom, and all that happened, oldest first. Every
    instant is told on the borrower's clock and on `clock`, the lender's."""

    sheet: BorrowerSheet
    clock: Clock
    made_at: datetime
    made_by: str
    happened: tuple[Happened, ...]

    @cached_property
    def document(self) -> str:
        """The whole as JSON."""
        content = {
            "format": FORMAT,
            "made_at": self.made_at,
            "made_by": self.made_by,
            "language": get_language(),
            "zones": {
                "borrower": self.sheet.person.clock.zone.key,
                "lender": self.clock.zone.key,
            },
            "borrower": as_plain(self.sheet),
            "history": [
                _plain(one, borrower=self.sheet.person.clock, lender=self.clock)
                for one in self.happened
            ],
        }
        return f"{json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)}\n"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the JSON, in hexadecimal: ties a printed page to the file."""
        return hashlib.sha256(self.document.encode()).hexdigest()

    @property
    def file_name(self) -> str:
        """What the JSON is called: by the customer and the day on the lender's clock."""
        person = self.sheet.person
        day = self.clock.date(self.made_at).isoformat()
        return f"evidence-{slugify(person.customer_no) or person.id}-{day}.json"


def evidence_of(person: Person, *, now: datetime, made_by: str, clock: Clock) -> Evidence:
    """The evidence about `person` as of `now`. `made_by` is who asked for it, `clock` the
    lender's.

    Rows change: drawn up again for an instant that is past, the JSON is the same, to the byte, only
    if nothing that it tells of has changed since. Compare fingerprints.
    """
    entries: list[Entry] = []
    page = timeline(person, now=now, size=_PAGE)
    entries += page.entries
    while page.older is not None:
        page = timeline(person, now=now, below=page.older, size=_PAGE)
        entries += page.entries
    asked = _asked(person)
    return Evidence(
        sheet=borrower_sheet(person, now=now),
        clock=clock,
        made_at=now,
        made_by=made_by,
        happened=tuple(
            Happened(entry, asked[entry.message.id] if entry.message else {})
            for entry in reversed(entries)
        ),
    )


def _asked(person: Person) -> dict[int, dict[int, tuple[Asked, ...]]]:
    """The rules that were asked of what went out, by message and reminder."""
    found: dict[int, dict[int, tuple[Asked, ...]]] = defaultdict(dict)
    rows = Reminder.objects.filter(customer=person.id, state=ReminderState.MESSAGED)
    for row in rows.order_by("pk").iterator(chunk_size=1_000):
        if row.message_id is not None:
            found[row.message_id][row.pk] = asked_before(row, clock=person.clock)
    return found


def _plain(one: Happened, *, borrower: Clock, lender: Clock) -> dict[str, Any]:
    entry = {
        name: value
        for name, value in as_plain(one.entry).items()
        if value is not None and name != "kind"
    }
    at = one.entry.at
    clocks = {
        "at_borrower": at.astimezone(borrower.zone),
        "at_lender": at.astimezone(lender.zone),
    }
    kind = one.entry.kind.name.lower()
    asked = {str(pk): as_plain(rules) for pk, rules in one.asked.items()}
    return {"kind": kind, **clocks, **entry, **({"asked": asked} if asked else {})}
