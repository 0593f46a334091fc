"""What somebody did to one borrower just now and may take back."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import AddressChange, Hold, Note, Staff
from accounts.models.choices import HoldKind
from reminders.core.undo import UNDO_FOR, What
from reminders.queries.borrower import Person


@dataclass(frozen=True, slots=True)
class UndoRow:
    """Something that can be taken back until `until`; `detail` says which one it was."""

    what: What
    id: int
    detail: str
    until: datetime


def to_undo(person: Person, *, staff: Staff, now: datetime) -> tuple[UndoRow, ...]:
    """What `staff` did within the last minutes, the latest first; three statements."""
    since = now - UNDO_FOR
    holds = Hold.objects.filter(
        customer=person.id, placed_by=staff, placed_at__gte=since, released_at=None
    ).values_list("placed_at", "pk", "kind")
    notes = Note.objects.filter(
        customer=person.id, written_by=staff, written_at__gte=since
    ).values_list("written_at", "pk", "text")
    numbers = AddressChange.objects.filter(
        customer=person.id, made_by=staff, made_at__gte=since, undone_at=None
    ).values_list("made_at", "pk", "point__address_masked")
    found = [
        *((at, What.HOLD, pk, str(HoldKind(kind).label)) for at, pk, kind in holds),
        *((at, What.NOTE, pk, text[:60]) for at, pk, text in notes),
        *((at, What.NUMBER, pk, masked) for at, pk, masked in numbers),
    ]
    return tuple(
        UndoRow(what, pk, detail, at + UNDO_FOR) for at, what, pk, detail in sorted(found)[::-1]
    )
