"""Links to borrowers' pages: made, found, answered at, revoked."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Customer, Loan, Staff
from accounts.models.choices import LoanStatus
from reminders.core.links import (
    TOKENS,
    Door,
    SecondFact,
    door,
    ending_of,
    hash_of,
    is_token,
    knows,
    token_of,
)
from reminders.models import BorrowerLink
from reminders.pipeline.storing import Outgoing, Written
from reminders.sql import binary_cursor, statement


class LinkGone(LookupError):
    """The link was revoked, or expired, since the page was shown."""


def new_token() -> str:
    """A token that nobody can guess."""
    return token_of(secrets.randbelow(TOKENS))


def store_links(written: Sequence[Written], outgoing: Sequence[Outgoing], *, now: datetime) -> None:
    """A row for each text that holds a link; nothing is asked of the database without one.

    A text that is taken up again gets a new link, and the old row is left to expire: its text
    was not sent, or nobody knows for certain that it was not.
    """
    rows = [
        (item, opened.message_id)
        for item, opened in zip(written, outgoing, strict=True)
        if item.composed.token
    ]
    if not rows:
        return
    with binary_cursor() as cursor:
        cursor.execute(
            statement("insert_links"),
            {
                "customer_ids": [item.customer_id for item, _ in rows],
                "message_ids": [message_id for _, message_id in rows],
                "contact_point_ids": [item.draft.contact_point_id for item, _ in rows],
                "token_hashes": [hash_of(item.composed.token) for item, _ in rows],
                "languages": [item.composed.language for item, _ in rows],
                "now": now,
                "expires_at": _expiry(now),
            },
        )


def _expiry(now: datetime) -> datetime:
    return now + timedelta(days=settings.BORROWER_LINK_DAYS)


def make_link(*, customer: Customer, made_by: Staff, now: datetime) -> str:
    """A link to be handed over by a person; the token, which is told this once."""
    token = new_token()
    BorrowerLink.objects.create(
        customer=customer,
        made_by=made_by,
        token_hash=hash_of(token),
        language=customer.language,
        created_at=now,
        expires_at=_expiry(now),
    )
    return token


def live_link(token: str, *, now: datetime) -> BorrowerLink | None:
    """The link of `token` with its borrower, unless it is forged, expired or revoked."""
    if not is_token(token):
        return None
    links = BorrowerLink.objects.select_related("customer")
    return links.filter(_is_live(now), token_hash=hash_of(token)).first()


def _is_live(now: datetime) -> Q:
    return Q(revoked_at=None, expires_at__gt=now)


def lock(link: BorrowerLink, *, now: datetime) -> BorrowerLink:
    """The link as it is committed now, locked. Needs a transaction. Raises LinkGone."""
    locked = (
        BorrowerLink.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer")
        .filter(_is_live(now), pk=link.pk)
        .first()
    )
    if locked is None:
        raise LinkGone(link.pk)
    return locked


@transaction.atomic
def revoke(*, link_id: int, revoked_by: Staff, now: datetime) -> None:
    """Nobody opens this link any more. A second time changes nothing."""
    BorrowerLink.objects.filter(pk=link_id, revoked_at=None).update(
        revoked_at=now, revoked_by=revoked_by
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """Whether the second fact was right, and how the door stands after it."""

    is_right: bool
    door: Door


@transaction.atomic
def answer(link: BorrowerLink, *, said: str, now: datetime) -> Answered:
    """Take an answer to the question for the second fact. Raises LinkGone.

    The link is locked, so that guesses sent all at once are counted one by one. While the door
    is not open the answer is not looked at.
    """
    locked = lock(link, now=now)
    stands = door_of(locked, now=now)
    if stands is not Door.OPEN:
        return Answered(False, stands)
    if knows(said, numbers=numbers_of(locked.customer)):
        return Answered(True, stands)
    locked.wrong_answers += 1
    locked.last_wrong_at = now
    locked.save(update_fields=["wrong_answers", "last_wrong_at"])
    return Answered(False, door_of(locked, now=now))


def door_of(link: BorrowerLink, *, now: datetime) -> Door:
    """Whether an answer is taken at this link."""
    return door(link.wrong_answers, last_wrong_at=link.last_wrong_at, now=now)


def numbers_of(customer: Customer) -> list[str]:
    """The numbers of which BORROWER_SECOND_FACT asks for the last four characters.

    Loans that are settled do not count, unless there is no other: each number that fits makes a
    guess easier. Those too short to ask for are left out.
    """
    fact = SecondFact(settings.BORROWER_SECOND_FACT)
    numbers = [] if fact is SecondFact.LOAN else [customer.customer_no]
    if fact is not SecondFact.CUSTOMER:
        loans = Loan.objects.filter(customer=customer).order_by("pk")
        active = list(loans.filter(status=LoanStatus.ACTIVE).values_list("loan_no", flat=True))
        numbers += active or list(loans.values_list("loan_no", flat=True))
    return [number for number in numbers if ending_of(number)]
