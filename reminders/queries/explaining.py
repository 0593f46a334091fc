"""Why a borrower gets, or does not get, a text: for the page, the command, and the phone.

Reminders that are still planned are decided ahead of time (Note [Asked ahead]); those that were
decided are read back, the stored reason with its figures and the rules in their fixed order.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Customer, Loan
from reminders.models import EarlierText, Message, Reminder
from reminders.models.choices import ReminderState
from reminders.queries.borrower import BorrowerSheet, Person, borrower_sheet, person_of
from reminders.queries.messages import MessageRow, message_rows
from reminders.queries.outlook import Outlook, UpcomingRow, outlook_for
from reminders.queries.past import (
    Asked,
    DecidedRow,
    Subject,
    asked_before,
    decided_row,
    subject_of,
    with_subjects,
)

PAST_MAX = 10


class NothingToExplain(LookupError):
    """No reminder, loan or customer goes by that name."""


@dataclass(frozen=True, slots=True)
class SentRow:
    """A reminder that went into a text, and the text."""

    subject: Subject
    message: MessageRow
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class ReminderExplained:
    """One reminder: exactly one of `upcoming`, `decided` and `sent` is there.

    `earlier` are its texts that the carrier could not deliver for the time being, oldest first.
    """

    person: Person
    earlier: tuple[MessageRow, ...] = ()
    upcoming: UpcomingRow | None = None
    decided: DecidedRow | None = None
    sent: SentRow | None = None


@dataclass(frozen=True, slots=True)
class CustomerExplained:
    """A borrower, or one of their loans (`loan_no`): what they owe, what comes, what was."""

    sheet: BorrowerSheet
    loan_no: str
    outlook: Outlook
    past: tuple[ReminderExplained, ...]


def explain_reminder(reminder_id: int, *, now: datetime) -> ReminderExplained:
    """Why this reminder was, was not, or will be sent. Raises NothingToExplain."""
    row = with_subjects(Reminder.objects.filter(pk=reminder_id)).select_related("customer").first()
    if row is None:
        raise NothingToExplain(f"reminder:{reminder_id}")
    person = person_of(row.customer)
    if row.state == ReminderState.PLANNED:
        outlook = outlook_for(person, now=now)
        for upcoming in outlook.upcoming:
            if upcoming.subject.reminder_id == reminder_id:
                earlier = _earlier([row]).get(reminder_id, ())
                return ReminderExplained(person, earlier, upcoming=upcoming)
    return _past([row], person=person)[0]


def explain_customer(customer_no: str, *, now: datetime) -> CustomerExplained:
    """What comes for this borrower and why, and the last that was. Raises NothingToExplain."""
    row = Customer.objects.filter(customer_no=customer_no).first()
    if row is None:
        raise NothingToExplain(customer_no)
    return _explained(person_of(row), loan_no="", now=now)


def explain_loan(loan_no: str, *, now: datetime) -> CustomerExplained:
    """The same for one loan; decisions are still those over all loans of the borrower, since one
    borrower gets one text. Raises NothingToExplain."""
    loan = Loan.objects.select_related("customer").filter(loan_no=loan_no).first()
    if loan is None:
        raise NothingToExplain(loan_no)
    return _explained(person_of(loan.customer), loan_no=loan_no, now=now)


def _explained(person: Person, *, loan_no: str, now: datetime) -> CustomerExplained:
    outlook = outlook_for(person, now=now)
    decided = Reminder.objects.filter(customer=person.id).exclude(state=ReminderState.PLANNED)
    rows = with_subjects(decided)
    if loan_no:
        rows = rows.filter(instalment__loan__loan_no=loan_no)
        outlook = Outlook(
            tuple(row for row in outlook.upcoming if row.subject.loan_no == loan_no),
            tuple(row for row in outlook.later if row.loan_no == loan_no),
            outlook.held_out_of,
            outlook.is_complete,
        )
    past = list(rows.order_by("-decided_at", "-pk")[:PAST_MAX])
    return CustomerExplained(
        sheet=borrower_sheet(person, now=now),
        loan_no=loan_no,
        outlook=outlook,
        past=_past(past, person=person),
    )


def _past(rows: list[Reminder], *, person: Person) -> tuple[ReminderExplained, ...]:
    messages = message_rows(
        list(
            Message.objects.filter(
                pk__in=[row.message_id for row in rows if row.state == ReminderState.MESSAGED]
            ).select_related("contact_point", "template_version__template")
        )
    )
    earlier = _earlier(rows)
    return tuple(
        _past_one(row, person=person, messages=messages, earlier=earlier.get(row.pk, ()))
        for row in rows
    )


def _past_one(
    row: Reminder,
    *,
    person: Person,
    messages: dict[int, MessageRow],
    earlier: tuple[MessageRow, ...],
) -> ReminderExplained:
    message = messages.get(row.message_id or 0)
    if message is None:
        return ReminderExplained(person, earlier, decided=decided_row(row, clock=person.clock))
    asked = asked_before(row, clock=person.clock)
    return ReminderExplained(person, earlier, sent=SentRow(subject_of(row), message, asked))


def _earlier(rows: list[Reminder]) -> dict[int, tuple[MessageRow, ...]]:
    """The texts of these reminders that were sent in vain (Note [Sent again]), by reminder."""
    links = list(
        EarlierText.objects.filter(reminder__in=rows)
        .select_related("message__contact_point", "message__template_version__template")
        .order_by("reminder", "number")
    )
    messages = message_rows([link.message for link in links])
    states = {row.pk: (row.state, row.message_id) for row in rows}
    found: dict[int, tuple[MessageRow, ...]] = {}
    for link in links:
        # Stopped before it was sent again: it is the reminder's one text.
        if states[link.reminder_id] != (ReminderState.MESSAGED, link.message_id):
            found[link.reminder_id] = (
                *found.get(link.reminder_id, ()),
                messages[link.message_id],
            )
    return found
