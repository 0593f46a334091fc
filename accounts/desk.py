"""What staff write down about a borrower, and what they take back. Callers pass `now`."""

from datetime import datetime

from django.db import transaction

from accounts.models import AddressChange, ContactPoint, Customer, Note, Staff
from accounts.models.desk import NOTE_MAX
from accounts.operations import NotKnown, OperationRefused


def write_note(*, customer_id: int, text: str, written_by: Staff, now: datetime) -> Note:
    """Keep a note for colleagues. Raises NotKnown, and OperationRefused for one that says nothing
    or is longer than NOTE_MAX characters."""
    text = text.strip()
    if not text or "\0" in text:
        raise OperationRefused("a note needs a text")
    if len(text) > NOTE_MAX:
        raise OperationRefused(f"a note has at most {NOTE_MAX} characters; this has {len(text)}")
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotKnown(f"there is no customer with id {customer_id}")
    return Note.objects.create(
        customer_id=customer_id, text=text, written_by=written_by, written_at=now
    )


@transaction.atomic
def set_address_back(*, change_id: int, now: datetime) -> None:
    """Write to the address before again, as if the change had not been made: the new one gets back
    what had been marked on it, and stays as history.

    The caller has seen to it that nothing happened to either address since, with the customer
    locked. A second call changes nothing. Raises NotKnown.
    """
    change = AddressChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotKnown(f"there is no change of address with id {change_id}")
    if change.undone_at is not None:
        return
    change.undone_at = now
    change.save(update_fields=["undone_at"])
    points = ContactPoint.objects.filter(customer=change.customer_id, channel=change.channel)
    points.filter(pk=change.point_id).update(
        is_current=change.point_was_current,
        unusable_since=change.was_unusable_since,
        unusable_reason=change.was_unusable_reason,
    )
    if change.replaced_id is not None:
        points.filter(pk=change.replaced_id).update(is_current=True)
