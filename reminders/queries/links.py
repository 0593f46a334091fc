"""Links to a borrower's page as staff see them; the secret is not among what is known of them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from reminders.models import BorrowerLink
from reminders.queries.borrower import Person, name_of

SHOWN = 50


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link. `standing`: live, expired or revoked. `masked` is the number that its text went to,
    blank for one that `made_by` handed over."""

    id: int
    masked: str
    made_by: str
    created_at: datetime
    expires_at: datetime
    standing: str
    revoked_at: datetime | None
    revoked_by: str
    wrong_answers: int
    replies: int


def links_of(person: Person, *, now: datetime) -> tuple[LinkRow, ...]:
    """The newest links of `person`, in one statement."""
    rows = (
        BorrowerLink.objects.filter(customer=person.id)
        .select_related("contact_point", "made_by", "revoked_by")
        .annotate(said=Count("replies"))
        .order_by("-pk")[:SHOWN]
    )
    return tuple(
        LinkRow(
            id=row.pk,
            masked=row.contact_point.address_masked if row.contact_point else "",
            made_by=name_of(row.made_by),
            created_at=row.created_at,
            expires_at=row.expires_at,
            standing=_standing(row, now=now),
            revoked_at=row.revoked_at,
            revoked_by=name_of(row.revoked_by),
            wrong_answers=row.wrong_answers,
            replies=row.said,
        )
        for row in rows
    )


def _standing(row: BorrowerLink, *, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "live" if now < row.expires_at else "expired"
