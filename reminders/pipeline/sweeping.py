"""Sweeping: every state that waits for something has a clock, and here it runs out.

A message that a dead worker held becomes unknown when its lease lapses; a text whose end is not
known is asked about, less and less often, until it is too old; a text that the gateway never saw is
decided afresh. Nothing is ever resent on a guess (P5). `queries/limbo.py` lists all that waits.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.operations import mark_address_unusable
from reminders.core.lifecycle import sources
from reminders.core.vocabulary import MessageState
from reminders.gateways.base import Gateway, GatewayUnreachable, Status
from reminders.models import Message
from reminders.pipeline.closing import ASK_ABOUT_ACCEPTED
from reminders.pipeline.resending import plan_resends
from reminders.pipeline.storing import LEASE
from reminders.sql import binary_cursor, statement

log = logging.getLogger(__name__)

TOO_OLD = timedelta(hours=72)
"""Carriers keep a text for at most about three days; nobody knows more after that."""

NEVER_SEEN_BELIEVED_AFTER = 5 * LEASE
"""From the end of a call, or from opening its attempt if nobody lived to see the end, until "never
seen" is believed: 15 minutes. A worker that was stopped in
the middle of its call may go on, and a request that broke off may lie in a queue elsewhere; until
then the text may overtake the answer, and what was decided afresh would be a second one."""

EXPIRED_UNSEEN = timedelta(minutes=15)
"""How long a claim may take to find a reminder whose time is over before sweeping ends it."""

_ASKED_AT_ONCE = 500
_EXPIRED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """Messages: leases that lapsed, asked about, resolved by the answer, never seen, given up.

    And what was forgotten: reminders past their end, messages that wait for nobody, attempts
    that are open although their message has ended.
    """

    lapsed: int = 0
    asked: int = 0
    resolved: int = 0
    never_seen: int = 0
    still_open: int = 0
    expired: int = 0
    cancelled: int = 0
    closed: int = 0


def sweep(*, now: datetime, gateway: Gateway) -> SweepCounts:
    """One round.

    1. What was forgotten: see `SweepCounts`.
    2. Leases that lapsed: their attempts become unclear, their messages unknown.
    3. Messages of other gateways, whom nobody asks any more: past the last age they are unknown.
    4. Messages whose end is not known and whose time to be asked about has come: ask the gateway,
       outside any transaction, and store what it says.
    """
    forgotten = {
        "expired": _end(
            "expire_forgotten",
            {"now": now, "expired_before": now - EXPIRED_UNSEEN, "limit": _EXPIRED_AT_ONCE},
        ),
        "cancelled": _end("cancel_waiting_for_nobody", {"now": now}),
        "closed": _end("close_forgotten_attempts", {"now": now, "opened_before": now - 2 * LEASE}),
    }
    return replace(_sweep_messages(now=now, gateway=gateway), **forgotten)


def _end(name: str, parameters: dict[str, Any]) -> int:
    """Run the named statement; how many rows it ended."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        ended: int = cursor.rowcount
    return ended


def _sweep_messages(*, now: datetime, gateway: Gateway) -> SweepCounts:
    with connection.cursor() as cursor:
        clock: dict[str, Any] = {"now": now, "believed_after": NEVER_SEEN_BELIEVED_AFTER}
        cursor.execute(statement("lapse_leases"), clock)
        lapsed = cursor.rowcount
    to_ask = Message.objects.filter(ask_at__lte=now)
    given_up = _ask_again_later(
        _some(to_ask.filter(opened_at__lte=now - TOO_OLD).exclude(gateway=gateway.name)), now=now
    )
    references = _some(to_ask.filter(gateway=gateway.name))
    if not references:
        return SweepCounts(lapsed, still_open=given_up)
    statuses: list[Status] = []
    if gateway.can_query:
        try:
            statuses = gateway.query(references)
        except GatewayUnreachable as error:
            log.warning("cannot ask about %s messages: %s", len(references), error)
        except Exception:  # a fault in the gateway's file: its texts must age all the same
            log.exception("cannot ask about %s messages", len(references))
    counts = _store(statuses, references=references, lapsed=lapsed, gateway=gateway, now=now)
    return replace(counts, still_open=counts.still_open + given_up)


def _some(messages: QuerySet[Message]) -> list[str]:
    """References of those whose time came first."""
    found = messages.order_by("ask_at").values_list("reference", flat=True)[:_ASKED_AT_ONCE]
    return [str(reference) for reference in found]


def _store(
    statuses: list[Status], *, references: list[str], lapsed: int, gateway: Gateway, now: datetime
) -> SweepCounts:
    never_seen = (
        [s.reference for s in statuses if s.status == "not_found"]
        if gateway.honours_references
        else []
    )
    with transaction.atomic():
        with binary_cursor() as cursor:
            # Receipts of the same messages wait meanwhile, and the other way round.
            cursor.execute(statement("lock_messages"), {"references": references})
        resolved = sum(
            _settle(statuses, status=status, to=to, now=now)
            for status, to in (
                ("delivered", MessageState.DELIVERED),
                ("undelivered", MessageState.UNDELIVERED),
                ("accepted", MessageState.ACCEPTED),
            )
        )
        with connection.cursor() as cursor:
            cursor.execute(
                statement("resend_unseen"),
                {
                    "references": never_seen,
                    "sources": sorted(sources(MessageState.WAITING) - {MessageState.SENDING}),
                    "now": now,
                    "opened_before": now - NEVER_SEEN_BELIEVED_AFTER,
                },
            )
            returned = cursor.rowcount
        still_open = _ask_again_later(references, now=now)
    return SweepCounts(lapsed, len(references), resolved, returned, still_open)


def _ask_again_later(references: list[str], *, now: datetime) -> int:
    """Of these nothing new was learned; how many are still open."""
    parameters: dict[str, Any] = {
        "references": references,
        "now": now,
        "too_old": now - TOO_OLD,
        "believed_after": NEVER_SEEN_BELIEVED_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("ask_again_later"), parameters)
        still_open: int = cursor.rowcount
    return still_open


def _settle(statuses: list[Status], *, status: str, to: MessageState, now: datetime) -> int:
    """Move the messages that have this status, and mark dead numbers; how many moved."""
    found = {s.reference: s for s in statuses if s.status == status}
    if not found:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            statement("settle_by_query"),
            {
                "references": list(found),
                "codes": [s.code[:64] for s in found.values()],
                "state": to.value,
                # Only a receipt takes a message out of waiting: it also holds back its reminders.
                "sources": sorted(sources(to) - {MessageState.WAITING}),
                "now": now,
                "ask_at": now + ASK_ABOUT_ACCEPTED,
            },
        )
        moved = cursor.fetchall()
    plan_resends([pk for ref, pk, _ in moved if found[ref].temporary], now=now)
    dead = {
        point: found[ref].code or status for ref, _, point in moved if found[ref].address_unusable
    }
    for contact_point_id, reason in sorted(dead.items()):
        mark_address_unusable(contact_point_id=contact_point_id, reason=reason, now=now)
    return len(moved)
