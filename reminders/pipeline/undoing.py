"""Taking back what was just done by mistake: a hold, a note, a corrected number.

Only by whoever did it, within UNDO_FOR, and only while nothing has followed from it. The borrower
is locked first, as a claim locks them, so that no decision is made on what is being taken back.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.core.vocabulary import Channel
from accounts.desk import set_address_back
from accounts.models import AddressChange, ContactPoint, Customer, Hold, Note, Staff
from accounts.operations import release_hold
from reminders.core.undo import UNDO_FOR, What, Why
from reminders.models import BorrowerLink, BorrowerReply, Message, Reminder
from reminders.models.choices import ReminderState

_ON_HOLD = "on_hold"
"""The reason of a decision that a hold made."""


class CannotUndo(Exception):
    """It stays as it is; `why` tells the reason."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@transaction.atomic
def undo(*, what: What, row_id: int, customer_id: int, undone_by: Staff, now: datetime) -> None:
    """Take back the row `row_id` of that borrower. Raises CannotUndo, and then changes nothing."""
    Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    _UNDO[what](row_id, customer_id, undone_by, now)


def _hold(row_id: int, customer_id: int, undone_by: Staff, now: datetime) -> None:
    """Released as taken back. What waited for its end is looked at again by the next tick."""
    hold = Hold.objects.filter(
        pk=row_id, customer=customer_id, placed_by=undone_by, released_at=None
    ).first()
    if hold is None:
        raise CannotUndo(Why.NOT_THERE)
    _in_time(hold.placed_at, now=now)
    if BorrowerReply.objects.filter(hold=hold).exists():
        raise CannotUndo(Why.PLAN_AGREED)
    ended = Reminder.objects.filter(
        customer=customer_id,
        decided_at__gte=hold.placed_at,
        reason=_ON_HOLD,
        state__in=[ReminderState.SKIPPED, ReminderState.EXPIRED],
    )
    if hold.loan_id is not None:
        # What is about no instalment is held by whatever holds a loan.
        ended = ended.filter(Q(instalment__loan=hold.loan_id) | Q(instalment=None))
    if ended.exists():
        raise CannotUndo(Why.REMINDER_ENDED)
    release_hold(hold_id=hold.pk, now=now, released_by=undone_by, is_undone=True)


def _note(row_id: int, customer_id: int, undone_by: Staff, now: datetime) -> None:
    """Gone without a trace: it may have been written on the wrong borrower's page."""
    note = Note.objects.filter(pk=row_id, customer=customer_id, written_by=undone_by).first()
    if note is None:
        raise CannotUndo(Why.NOT_THERE)
    _in_time(note.written_at, now=now)
    note.delete()


def _number(row_id: int, customer_id: int, undone_by: Staff, now: datetime) -> None:
    """The number before is written to again, unless something was sent to the new one."""
    change = AddressChange.objects.filter(
        pk=row_id, customer=customer_id, made_by=undone_by, undone_at=None
    ).first()
    if change is None:
        raise CannotUndo(Why.NOT_THERE)
    _in_time(change.made_at, now=now)
    current = ContactPoint.objects.filter(
        customer=customer_id, channel=Channel(change.channel).value, is_current=True
    ).first()
    if current is None or current.pk != change.point_id or current.unusable_since is not None:
        raise CannotUndo(Why.CHANGED_SINCE)
    if Message.objects.filter(
        customer=customer_id, opened_at__gte=change.made_at, contact_point=change.point_id
    ).exists():
        raise CannotUndo(Why.TEXT_OPENED)
    if BorrowerLink.objects.filter(
        customer=customer_id, contact_point=change.point_id, created_at__gte=change.made_at
    ).exists():
        raise CannotUndo(Why.LINK_MADE)
    set_address_back(change_id=change.pk, now=now)


def _in_time(at: datetime, *, now: datetime) -> None:
    if now - at > UNDO_FOR:
        raise CannotUndo(Why.TOO_LATE)


_UNDO: dict[What, Callable[[int, int, Staff, datetime], None]] = {
    What.HOLD: _hold,
    What.NOTE: _note,
    What.NUMBER: _number,
}
