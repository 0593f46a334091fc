"""Facts for the decision: everything about a batch of borrowers in a fixed number of queries."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings

from accounts.arrangements import Arrangement, arrangements_of
from accounts.core.consent import Statement, all_allowed
from accounts.core.vocabulary import Channel, HoldKind, Purpose, RiskTier
from accounts.models import Hold
from reminders.core.contact_rules import PROFILES, OwnLimits, tighten
from reminders.core.contact_rules import ContactRules as RulesInForce
from reminders.core.types import ActiveHold, Borrower, Debt, Spoken
from reminders.core.vocabulary import MessageState, RestDays
from reminders.facts.calendar import calendar_in_force
from reminders.facts.ledger import ledger_as_of
from reminders.models import ContactRules
from reminders.sql import binary_cursor, statement

log = logging.getLogger(__name__)

TIER_BEFORE_ASSESSMENT = RiskTier.MEDIUM
"""A borrower nobody has assessed yet hears what the middle hears."""

_NOT_A_CONTACT = [
    state.value
    for state in (
        MessageState.REJECTED,
        MessageState.CANCELLED,
        MessageState.WAITING,
        MessageState.UNDELIVERED,
    )
]
_HOLDS = 11  # the place of the holds in a row of facts
_THEN = datetime(2000, 1, 1, tzinfo=UTC)  # statements come in order; only that matters


def rules_in_force() -> RulesInForce:
    """The profile of CONTACT_PROFILE, tightened by the operator's row, with the calendar."""
    own = ContactRules.objects.filter(pk=1).first()
    limits = (
        OwnLimits(
            own.earliest,
            own.latest,
            own.per_day,
            own.per_7_days,
            own.hours_between,
            RestDays(own.rest_days) if own.rest_days else None,
            own.ledger_max_age_hours,
        )
        if own
        else OwnLimits()
    )
    profile = PROFILES[settings.CONTACT_PROFILE]
    return tighten(profile, own=limits, calendar=calendar_in_force())


@dataclass(frozen=True, slots=True)
class Known:
    """A borrower with what only the way out needs: encrypted addresses by contact point."""

    borrower: Borrower
    is_demonstration: bool
    addresses: Mapping[int, bytes]


def borrowers(
    *,
    customer_ids: Collection[int],
    now: datetime,
    due_until: date | None = None,
    instalment_ids: Collection[int] = (),
) -> dict[int, Borrower]:
    """The facts about these borrowers as they are committed now, by id; see `known`."""
    found = known(
        customer_ids=customer_ids, now=now, due_until=due_until, instalment_ids=instalment_ids
    )
    return {pk: one.borrower for pk, one in found.items()}


def known(
    *,
    customer_ids: Collection[int],
    now: datetime,
    due_until: date | None = None,
    instalment_ids: Collection[int] = (),
) -> dict[int, Known]:
    """The facts about these borrowers as they are committed now, by id.

    `due_until` leaves out debts due later: a decision needs none beyond its last reminder, but
    for those that are reminded of, `instalment_ids`: absent, they would pass for paid.
    A borrower whose row cannot be read (an unknown time zone) is absent and logged.
    """
    with binary_cursor() as cursor:
        cursor.execute(
            statement("facts_of_borrowers"),
            {
                "customer_ids": list(customer_ids),
                "now": now,
                "contacts_since": now - timedelta(days=7),
                "not_a_contact": _NOT_A_CONTACT,
                "due_until": due_until,
                "instalment_ids": list(instalment_ids),
            },
        )
        rows = cursor.fetchall()
    holds = _holds([pk for row in rows for pk in row[_HOLDS] or ()])
    fed_at = ledger_as_of()
    found = {}
    for row in rows:
        pk, timezone, other_timezones, *facts = row
        try:
            zones = tuple(map(ZoneInfo, (timezone, *other_timezones)))
        except (KeyError, ValueError, OSError):  # the last for a folder such as "Asia"
            log.error("customer %s has an unknown time zone", pk)
            continue
        found[pk] = _known(pk, facts, zones=zones, holds=holds, fed_at=fed_at)
    return found


def _known(
    customer_id: int,
    facts: Sequence[Any],
    *,
    zones: Sequence[ZoneInfo],
    holds: Mapping[int, ActiveHold],
    fed_at: datetime | None,
) -> Known:
    """The facts of one row of `facts_of_borrowers.sql`."""
    (
        customer_no, name, language, segment, is_demonstration, tier, contact_points, consents,
        hold_ids, contacts, debts,
    ) = facts  # fmt: skip
    points = _list(contact_points)
    owed, spoken = _debts(_list(debts))
    borrower = Borrower(
        customer_id=customer_id,
        customer_no=customer_no,
        name=name,
        zone=zones[0],
        language=language,
        segment=segment,
        tier=RiskTier(tier) if tier else TIER_BEFORE_ASSESSMENT,
        reachable={Channel(channel): point for channel, point, _ in points},
        allowed=_allowed(tuple(map(tuple, _list(consents)))),
        holds=tuple(holds[hold] for hold in hold_ids or () if hold in holds),
        debts=owed,
        contacts=tuple(map(datetime.fromisoformat, _list(contacts))),
        spoken=spoken,
        other_zones=tuple(zones[1:]),
        ledger_as_of=fed_at,
    )
    return Known(
        borrower,
        is_demonstration=is_demonstration,
        addresses={point: bytes.fromhex(address) for _, point, address in points},
    )


def _list(found: str | None) -> list[Any]:
    """What `json_agg` gave; it gives NULL for no rows."""
    rows: list[Any] = orjson.loads(found) if found is not None else []
    return rows


@lru_cache(maxsize=1_024)
def _allowed(said: tuple[tuple[bool, str, str], ...]) -> frozenset[tuple[Channel, Purpose]]:
    """What consent permits after these statements, oldest first. Most borrowers said the same."""
    return all_allowed(
        Statement(granted, happened_at=_THEN, channel=channel, purpose=purpose, order=order)
        for order, (granted, channel, purpose) in enumerate(said)
    )


def _debts(rows: Iterable[Sequence[Any]]) -> tuple[dict[int, Debt], dict[int, Spoken]]:
    """Debts by instalment, and what was said last of those of which anything was."""
    owed: dict[int, Debt] = {}
    spoken: dict[int, Spoken] = {}
    for (
        pk, loan_id, product, currency, due_date, outstanding, penalty_daily_rate, grace_days,
        is_active, step_key, offset_days, send_at,
    ) in rows:  # fmt: skip
        owed[pk] = Debt(
            pk,
            loan_id,
            product,
            currency,
            date.fromisoformat(due_date),
            Decimal(outstanding),
            Decimal(penalty_daily_rate),
            grace_days,
            is_active,
        )
        if step_key is not None:
            spoken[pk] = Spoken(step_key, offset_days, datetime.fromisoformat(send_at))
    return owed, spoken


def _holds(hold_ids: Collection[int]) -> dict[int, ActiveHold]:
    """These holds by id, with what has come in towards them."""
    if not hold_ids:
        return {}
    rows = list(Hold.objects.filter(pk__in=hold_ids))
    arrangements = arrangements_of(rows)
    return {row.pk: active_hold(row, arrangement=arrangements.get(row.pk)) for row in rows}


def active_hold(row: Hold, *, arrangement: Arrangement | None) -> ActiveHold:
    """A hold as the decision sees it."""
    return ActiveHold(
        kind=HoldKind(row.kind),
        loan_id=row.loan_id,
        until=row.until_at,
        terms=arrangement.terms if arrangement else (),
        paid=arrangement.paid if arrangement else Decimal(0),
    )
