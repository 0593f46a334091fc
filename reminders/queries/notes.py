"""What staff wrote down about a borrower, and changes of the number that texts go to."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import AddressChange, Note
from reminders.queries.borrower import Person, name_of

SHOWN = 5


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note: what, who, when."""

    id: int
    text: str
    written_by: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A change of the number that texts go to, masked; `before` is empty where there was none, and
    `made_by` where it was no member of staff."""

    id: int
    masked: str
    before: str
    made_by: str
    made_at: datetime
    undone_at: datetime | None


def newest_notes(person: Person) -> tuple[NoteRow, ...]:
    """The newest notes on `person`, SHOWN of them at most; all of them stand in the timeline."""
    rows = Note.objects.filter(customer=person.id).select_related("written_by")
    return tuple(note_row(row) for row in rows.order_by("-written_at", "-pk")[:SHOWN])


def note_row(row: Note) -> NoteRow:
    """`row` with its author selected."""
    return NoteRow(row.pk, row.text, name_of(row.written_by), row.written_at)


def number_row(row: AddressChange) -> NumberRow:
    """`row` with its addresses and its author selected."""
    return NumberRow(
        id=row.pk,
        masked=row.point.address_masked,
        before=row.replaced.address_masked if row.replaced else "",
        made_by=name_of(row.made_by),
        made_at=row.made_at,
        undone_at=row.undone_at,
    )
