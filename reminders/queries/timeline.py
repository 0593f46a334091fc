"""The history of one borrower, newest first, page by page.

Note [Keyset pages]
Entries of several tables are merged by (instant, kind, id), descending. A page starts strictly
below the last entry of the one before, so new entries never shift or repeat what was read, and
the thousandth page costs what the first does.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from accounts.arrangements import Arrangement, arrangements_of
from accounts.models import AddressChange, ConsentEvent, Hold, Note, Payment
from reminders.models import BorrowerReply, Message, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.queries.borrower import HoldRow, Person, hold_row
from reminders.queries.messages import MessageRow, message_rows
from reminders.queries.notes import NoteRow, NumberRow, note_row, number_row
from reminders.queries.past import (
    ConsentRow,
    DecidedRow,
    PaidRow,
    consent_row,
    decided_row,
    paid_row,
    with_subjects,
)
from reminders.queries.replies import ReplyRow, reply_row
from reminders.sql import statement

PAGE = 20

MOVES_FOR = timedelta(minutes=2)
"""Most texts are reported within seconds; whoever waits longer may reload."""


class Kind(StrEnum):
    """What an entry is; also the order of entries of one instant, the last first."""

    CONSENT = "a_consent"
    HOLD = "b_hold"
    HOLD_RELEASED = "c_hold_released"
    PAYMENT = "d_payment"
    REMINDER = "e_reminder"
    MESSAGE = "f_message"
    REPLY = "g_reply"
    NOTE = "h_note"
    NUMBER = "i_number"
    NUMBER_SET_BACK = "j_number_set_back"


_HOLDS = frozenset({Kind.HOLD, Kind.HOLD_RELEASED})

FILTERS: dict[str, frozenset[Kind]] = {
    "all": frozenset(Kind),
    "texts": frozenset({Kind.MESSAGE}),
    "not_sent": frozenset({Kind.REMINDER}),
    "payments": frozenset({Kind.PAYMENT}),
    "holds": frozenset({Kind.HOLD, Kind.HOLD_RELEASED, Kind.CONSENT}),
    "replies": frozenset({Kind.REPLY}),
    "notes": frozenset({Kind.NOTE, Kind.NUMBER, Kind.NUMBER_SET_BACK}),
}
"""Name of each filter that pages offer, and the kinds it shows."""


class BadCursor(ValueError):
    """A page address that this code did not make."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place below which a page begins."""

    at: datetime
    kind: Kind
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind.value}~{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """The cursor that was written as `text`. Raises BadCursor."""
        try:
            at, kind, pk = text.split("~")
            cursor = cls(datetime.fromisoformat(at), Kind(kind), int(pk))
        except ValueError as error:
            raise BadCursor(text) from error
        if cursor.at.tzinfo is None or not 0 <= cursor.id < 2**63:
            raise BadCursor(text)
        return cursor


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: exactly one of the rows is there, the one its kind names."""

    at: datetime
    kind: Kind
    id: int
    message: MessageRow | None = None
    decided: DecidedRow | None = None
    payment: PaidRow | None = None
    hold: HoldRow | None = None
    consent: ConsentRow | None = None
    reply: ReplyRow | None = None
    note: NoteRow | None = None
    number: NumberRow | None = None

    @property
    def cursor(self) -> Cursor:
        """Where the page after this entry begins."""
        return Cursor(self.at, self.kind, self.id)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some entries, newest first; `older` is where the next page begins, None at the end."""

    entries: tuple[Entry, ...]
    older: Cursor | None


def timeline(
    person: Person,
    *,
    now: datetime,
    below: Cursor | None = None,
    show: str = "all",
    size: int = PAGE,
) -> TimelinePage:
    """One page of the history of `person`. `show` names one of FILTERS."""
    wanted = FILTERS[show] & _kinds_of(person.id)
    found: list[_Found] = []
    for source in _sources(person.id):
        if source.kind in wanted:
            found += source.newest(below=below, size=size + 1)
    found.sort(key=lambda one: (one.at, one.kind, one.id), reverse=True)
    page = found[:size]
    messages = message_rows([one.row for one in page if one.kind is Kind.MESSAGE])
    holds = arrangements_of([one.row for one in page if one.kind in _HOLDS])
    entries = tuple(
        _entry(one, person=person, now=now, messages=messages, holds=holds) for one in page
    )
    return TimelinePage(entries, entries[-1].cursor if len(found) > size else None)


def _kinds_of(customer_id: int) -> frozenset[Kind]:
    """The kinds of entries that may be there, in one statement. Most are not, and to ask for each
    takes Django longer to compose than PostgreSQL to find nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement("kinds_of_history"), {"customer_id": customer_id})
        (found,) = cursor.fetchone()
    return frozenset({Kind.MESSAGE, Kind.REMINDER, *map(Kind, found)})


def is_moving(person: Person, *, now: datetime) -> bool:
    """Whether a text is on its way just now, so that the page should look again soon."""
    return (
        Message.objects.filter(
            customer=person.id,
            opened_at__gt=now - MOVES_FOR,
            state__in=[MessageState.SENDING, MessageState.WAITING, MessageState.ACCEPTED],
        ).exists()
        or Reminder.objects.filter(
            customer=person.id,
            state=ReminderState.PLANNED,
            requested_by__isnull=False,
            planned_at__gt=now - MOVES_FOR,
        ).exists()
    )


@dataclass(frozen=True, slots=True)
class _Found:
    at: datetime
    kind: Kind
    id: int
    row: Any


@dataclass(frozen=True, slots=True)
class _Source:
    """A table that entries come from, and the instant that places its rows."""

    kind: Kind
    at: str
    rows: Callable[[], QuerySet[Any]]

    def newest(self, *, below: Cursor | None, size: int) -> Iterable[_Found]:
        rows = self.rows().filter(**{f"{self.at}__isnull": False})
        if below is not None:
            same_instant = Q(pk__lt=below.id) if self.kind is below.kind else Q()
            earlier = Q(**{f"{self.at}__lt": below.at})
            if self.kind <= below.kind:
                earlier |= Q(**{self.at: below.at}) & same_instant
            # The first says the same, in a way that an index can begin with.
            rows = rows.filter(earlier, **{f"{self.at}__lte": below.at})
        for row in rows.order_by(F(self.at).desc(), "-pk")[:size]:
            yield _Found(getattr(row, self.at), self.kind, row.pk, row)


def _sources(customer_id: int) -> list[_Source]:
    return [
        _Source(Kind.MESSAGE, "opened_at", partial(_messages, customer_id)),
        _Source(Kind.REMINDER, "decided_at", partial(_decided, customer_id)),
        _Source(
            Kind.PAYMENT,
            "paid_at",
            lambda: Payment.objects.filter(loan__customer=customer_id).select_related("loan"),
        ),
        _Source(Kind.HOLD, "placed_at", partial(_holds, customer_id)),
        _Source(Kind.HOLD_RELEASED, "released_at", partial(_holds, customer_id)),
        _Source(
            Kind.CONSENT,
            "happened_at",
            lambda: ConsentEvent.objects.filter(customer=customer_id),
        ),
        _Source(
            Kind.REPLY,
            "said_at",
            lambda: BorrowerReply.objects.filter(customer=customer_id).select_related("read_by"),
        ),
        _Source(
            Kind.NOTE,
            "written_at",
            lambda: Note.objects.filter(customer=customer_id).select_related("written_by"),
        ),
        _Source(Kind.NUMBER, "made_at", partial(_numbers, customer_id)),
        _Source(Kind.NUMBER_SET_BACK, "undone_at", partial(_numbers, customer_id)),
    ]


def _messages(customer_id: int) -> QuerySet[Message]:
    return Message.objects.filter(customer=customer_id).select_related(
        "contact_point", "template_version__template"
    )


def _decided(customer_id: int) -> QuerySet[Reminder]:
    """Reminders that were looked at and did not become a text: not sent, or not yet."""
    return with_subjects(
        Reminder.objects.filter(customer=customer_id)
        .exclude(state=ReminderState.MESSAGED)
        .exclude(reason="")
    )


def _holds(customer_id: int) -> QuerySet[Hold]:
    return Hold.objects.filter(customer=customer_id).select_related(
        "loan", "placed_by", "released_by"
    )


def _numbers(customer_id: int) -> QuerySet[AddressChange]:
    return AddressChange.objects.filter(customer=customer_id).select_related(
        "point", "replaced", "made_by"
    )


def _entry(
    one: _Found,
    *,
    person: Person,
    now: datetime,
    messages: dict[int, MessageRow],
    holds: dict[int, Arrangement],
) -> Entry:
    entry = partial(Entry, one.at, one.kind, one.id)
    match one.kind:
        case Kind.MESSAGE:
            return entry(message=messages[one.id])
        case Kind.REMINDER:
            return entry(decided=decided_row(one.row, clock=person.clock))
        case Kind.PAYMENT:
            return entry(payment=paid_row(one.row))
        case Kind.HOLD | Kind.HOLD_RELEASED:
            return entry(hold=hold_row(one.row, arrangement=holds.get(one.id), now=now))
        case Kind.CONSENT:
            return entry(consent=consent_row(one.row))
        case Kind.REPLY:
            return entry(reply=reply_row(one.row, clock=person.clock))
        case Kind.NOTE:
            return entry(note=note_row(one.row))
        case Kind.NUMBER | Kind.NUMBER_SET_BACK:
            return entry(number=number_row(one.row))
