"""What a borrower does on their page, and what staff do with it. Each in one short transaction.

Whoever holds the link may say that the number is wrong; all else is for who gave the second fact,
which the pages see to.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.core.arrangements import Term
from accounts.core.vocabulary import Channel, HoldKind
from accounts.models import Hold, Staff
from accounts.operations import (
    mark_address_unusable,
    place_hold,
    record_consent,
    write_in,
)
from reminders.core.vocabulary import ReplyKind
from reminders.models import BorrowerLink, BorrowerReply
from reminders.pipeline.links import lock

SOURCE = "borrower_page"
"""Source of consent that was withdrawn on the page."""

REPLIES_A_DAY = 20
"""More than a person says, and too little to bury the desk in."""

_WANT_A_READER = frozenset(
    {
        ReplyKind.PLAN_ASKED,
        ReplyKind.PLAN_ACCEPTED,
        ReplyKind.PAID,
        ReplyKind.CALL_ME,
        ReplyKind.WRONG_NUMBER,
    }
)


class TooMany(ValueError):
    """This link said REPLIES_A_DAY things within a day."""


class NotToAgree(ValueError):
    """There is no such wish for instalments, or it was answered already."""


@transaction.atomic
def say(link: BorrowerLink, *, kind: ReplyKind, comment: str, now: datetime) -> BorrowerReply:
    """Paid, or a wish for a call. Raises LinkGone, TooMany."""
    return _store(lock(link, now=now), kind=kind, comment=comment, now=now)


@transaction.atomic
def rate(link: BorrowerLink, *, rating: int, comment: str, now: datetime) -> BorrowerReply:
    """From 1 to 5, once for each link: the first rating stands. Raises LinkGone, TooMany."""
    locked = lock(link, now=now)
    given = locked.replies.filter(kind=ReplyKind.RATED).first()
    if given is not None:
        return given
    return _store(locked, kind=ReplyKind.RATED, comment=comment, rating=rating, now=now)


@transaction.atomic
def wrong_number(link: BorrowerLink, *, now: datetime) -> BorrowerReply:
    """The number belongs to somebody else: it is written to no more. Raises LinkGone.

    Whatever link went to it opens nothing any more: a stranger has them all. A link made by staff
    names no number, so it alone is closed and staff find out which number was meant.
    """
    theirs = BorrowerLink.objects.filter(pk=link.pk)
    if link.contact_point_id is not None:
        theirs = BorrowerLink.objects.filter(
            customer=link.customer_id, contact_point=link.contact_point_id
        )
    # All at once and in order of id: two of them may say so in the same moment.
    open_ones = theirs.filter(revoked_at=None).order_by("pk")
    ids = [row.pk for row in open_ones.select_for_update(no_key=True)]
    reply = _store(lock(link, now=now), kind=ReplyKind.WRONG_NUMBER, now=now, is_limited=False)
    if link.contact_point_id is not None:
        mark_address_unusable(
            contact_point_id=link.contact_point_id, reason=ReplyKind.WRONG_NUMBER.value, now=now
        )
    BorrowerLink.objects.filter(pk__in=ids).update(revoked_at=now)
    return reply


@transaction.atomic
def stop(link: BorrowerLink, *, now: datetime) -> BorrowerReply:
    """No more messages of any purpose on the channel of the link. Raises LinkGone, TooMany."""
    locked = lock(link, now=now)
    point = locked.contact_point
    channel = point.channel if point is not None else Channel.SMS.value
    record_consent(
        customer_id=locked.customer_id, granted=False, channel=channel, source=SOURCE, now=now
    )
    return _store(locked, kind=ReplyKind.STOPPED, detail={"channel": channel}, now=now)


@transaction.atomic
def choose_language(link: BorrowerLink, *, language: str, now: datetime) -> BorrowerReply:
    """Write to them in `language` from now on. Raises LinkGone, TooMany."""
    locked = lock(link, now=now)
    write_in(customer_id=locked.customer_id, language=language, now=now)
    return _store(locked, kind=ReplyKind.LANGUAGE, detail={"language": language}, now=now)


@transaction.atomic
def ask_for_plan(
    link: BorrowerLink, *, terms: Sequence[Term], loan_id: int | None, currency: str, now: datetime
) -> BorrowerReply:
    """Pay by these terms. A plan that holds at once if BORROWER_PLAN_TERMS_AGREED allows so many,
    else a wish for staff to agree to. Raises LinkGone, TooMany, and OperationRefused where another
    plan runs."""
    locked = lock(link, now=now)
    detail = {
        "loan": loan_id,
        "currency": currency,
        "terms": [[term.due_at.isoformat(), str(term.amount)] for term in terms],
    }
    if len(terms) > settings.BORROWER_PLAN_TERMS_AGREED:
        return _store(locked, kind=ReplyKind.PLAN_ASKED, detail=detail, now=now)
    hold = place_hold(
        customer_id=locked.customer_id, kind=HoldKind.PLAN, terms=terms, loan_id=loan_id, now=now
    )
    return _store(locked, kind=ReplyKind.PLAN_ACCEPTED, detail=detail, hold=hold, now=now)


def terms_of(reply: BorrowerReply) -> tuple[Term, ...]:
    """The terms of a plan that was asked for or accepted; none of anything else."""
    rows = reply.detail.get("terms", ())
    return tuple(Term(datetime.fromisoformat(due_at), Decimal(amount)) for due_at, amount in rows)


def _store(
    link: BorrowerLink,
    *,
    kind: ReplyKind,
    now: datetime,
    comment: str = "",
    rating: int | None = None,
    detail: Mapping[str, Any] = MappingProxyType({}),
    hold: Hold | None = None,
    is_limited: bool = True,
) -> BorrowerReply:
    """A row; the one that is there where the same was said and nobody has read it yet, so that a
    second tap doubles nothing."""
    comment = comment.strip()
    wants_reader = kind in _WANT_A_READER or bool(comment)
    said = link.replies.filter(said_at__gt=now - timedelta(days=1))
    same = said.filter(kind=kind, comment=comment, detail=dict(detail), read_at=None).first()
    if same is not None and wants_reader:
        return same
    if is_limited and said.count() >= REPLIES_A_DAY:
        raise TooMany(link.pk)
    return BorrowerReply.objects.create(
        customer_id=link.customer_id,
        link=link,
        kind=kind.value,
        comment=comment,
        rating=rating,
        detail=dict(detail),
        hold=hold,
        said_at=now,
        wants_reader=wants_reader,
    )


@transaction.atomic
def mark_read(*, reply_id: int, read_by: Staff, now: datetime) -> bool:
    """Somebody has read it; False when a colleague was first, whose name stays."""
    waiting = BorrowerReply.objects.filter(pk=reply_id, wants_reader=True, read_at=None)
    return waiting.update(read_at=now, read_by=read_by) == 1


@transaction.atomic
def agree(*, reply_id: int, agreed_by: Staff, now: datetime) -> Hold:
    """Make the plan that a borrower asked for. Raises NotToAgree, and OperationRefused where its
    terms begin in the past or another plan runs."""
    reply = (
        BorrowerReply.objects.select_for_update(of=("self",))
        .filter(pk=reply_id, kind=ReplyKind.PLAN_ASKED, read_at=None)
        .first()
    )
    if reply is None:
        raise NotToAgree(reply_id)
    reply.hold = place_hold(
        customer_id=reply.customer_id,
        kind=HoldKind.PLAN,
        terms=terms_of(reply),
        loan_id=reply.detail.get("loan"),
        placed_by=agreed_by,
        now=now,
    )
    reply.read_at, reply.read_by = now, agreed_by
    reply.save(update_fields=["hold", "read_at", "read_by"])
    return reply.hold
