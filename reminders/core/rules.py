"""The rules that are asked of each reminder alone, in the order of RULES, until one objects."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from accounts.core.arrangements import Running, standing
from accounts.core.vocabulary import Channel, Purpose
from reminders.core.contact_rules import ContactRules, after_rest_days, first_limit, open_from
from reminders.core.holdout import is_held_out
from reminders.core.types import (
    ActiveHold,
    Answer,
    Borrower,
    Candidate,
    Coming,
    Debt,
    Defer,
    Expire,
    Skip,
    Verdict,
)
from reminders.core.vocabulary import Stage

_LEDGER_ASKED_AGAIN = timedelta(hours=1)
_ASKED_AFTER_A_REMINDER = timedelta(hours=1)

Objection = tuple[Verdict | None, Mapping[str, Any]]
"""A rule's answer: None when it lets the reminder pass, and the figures it looked at."""


class Moment(NamedTuple):
    """One candidate with everything that a rule may look at; `debt` is absent once paid, and for
    what is about no instalment."""

    candidate: Candidate
    borrower: Borrower
    debt: Debt | None
    rules: ContactRules
    now: datetime


def _still_true(m: Moment) -> Objection:
    figures = {"true_until": m.candidate.expires_at.isoformat()}
    return (Expire("too_late") if m.now >= m.candidate.expires_at else None), figures


def _still_owed(m: Moment) -> Objection:
    if m.debt is None:
        return Skip("paid"), {"outstanding": "0"}
    if not m.debt.is_active:
        return Skip("loan_closed"), {}
    return None, {"outstanding": str(m.debt.outstanding), "currency": m.debt.currency}


def _due_date_stands(m: Moment) -> Objection:
    figures = {"planned_for": m.candidate.due_date.isoformat()}
    if m.debt is not None and m.debt.due_date != m.candidate.due_date:
        return Skip("due_date_moved"), {**figures, "due_date": m.debt.due_date.isoformat()}
    return None, figures


def _not_on_hold(m: Moment) -> Objection:
    """A reminder is held with its loan; what is about no loan is held by whatever holds one: it
    is never so urgent that it could not leave somebody in peace."""
    apart = m.candidate.is_of_campaign
    in_force = [
        (ends, hold)
        for hold in m.borrower.holds
        if apart or (m.debt is not None and covers(hold, debt=m.debt))
        for ends in holding(hold, now=m.now)
    ]
    if not in_force:
        return None, {"loans": "all"} if apart else {}
    # The one that ends last decides; one without an end outlasts all.
    until, last = max(in_force, key=lambda pair: (pair[0] is None, pair[0] or m.now))
    figures: dict[str, Any] = {
        "kind": last.kind.value,
        "until": until.isoformat() if until else None,
    }
    if last.terms:
        made = standing(last.terms, paid=last.paid, now=m.now)
        assert isinstance(made, Running), "a hold that is kept or broken holds nobody"
        figures |= {"paid": str(last.paid), "missing": str(made.missing)}
    if until is None or until >= m.candidate.expires_at:
        return Skip("on_hold"), figures
    return Defer(until, "on_hold"), figures


def holding(hold: ActiveHold, *, now: datetime) -> list[datetime | None]:
    """Until when this hold holds its loans, as far as it can be said now (None: without end);
    empty when it holds nobody any more.

    An arrangement is looked at again when its next term is due: it may be broken then.
    """
    if hold.until is not None and hold.until <= now:
        return []
    if not hold.terms:
        return [hold.until]
    made = standing(hold.terms, paid=hold.paid, now=now)
    if not isinstance(made, Running):
        return []
    return [made.next_due_at if hold.until is None else min(made.next_due_at, hold.until)]


def _in_audience(m: Moment) -> Objection:
    audience = m.candidate.audience
    if audience is None:
        return None, {"by_hand": True}
    if m.candidate.is_of_campaign and not m.borrower.has_active_loan:
        return Skip("no_active_loan"), {}
    tier = m.borrower.tier.value
    if tier not in audience.tiers:
        return Skip("other_tier"), {"tier": tier, "for": sorted(audience.tiers)}
    product = m.debt.product if m.debt is not None else ""
    if audience.products and product not in audience.products:
        return Skip("other_product"), {"product": product, "for": sorted(audience.products)}
    if audience.segments and m.borrower.segment not in audience.segments:
        return Skip("other_segment"), {
            "segment": m.borrower.segment,
            "for": sorted(audience.segments),
        }
    if audience.only_punctual and (since := _overdue_since(m)):
        return Skip("not_punctual"), {"since": since.isoformat()}
    return None, {"tier": tier}


def _overdue_since(m: Moment) -> date | None:
    today = m.now.astimezone(m.borrower.zone).date()
    dates = (debt.due_date for debt in m.borrower.debts.values() if debt.is_active)
    return min((day for day in dates if day < today), default=None)


def _not_held_out(m: Moment) -> Objection:
    candidate = m.candidate
    figures = {"percent": str(candidate.holdout_percent)}
    held_out = not candidate.is_by_hand and is_held_out(
        m.borrower.customer_no,
        policy_key=candidate.policy_key,
        percent=candidate.holdout_percent,
    )
    return (Skip("holdout") if held_out else None), figures


def _reachable(m: Moment) -> Objection:
    wanted = [channel.value for channel in m.candidate.channels]
    if not any(channel in m.borrower.reachable for channel in m.candidate.channels):
        return Skip("no_address"), {"channels": wanted}
    return None, {"channels": wanted}


def _allowed_by_borrower(m: Moment) -> Objection:
    channel = channel_of(m.candidate, borrower=m.borrower)
    figures = {"purpose": m.candidate.purpose.value}
    return (Skip("not_allowed_by_borrower") if channel is None else None), figures


def _ledger_fresh(m: Moment) -> Objection:
    """What is overdue by a ledger that knows nothing of yesterday may have been paid yesterday."""
    if m.candidate.stage is not Stage.AFTER:
        return None, {"stage": m.candidate.stage.value}
    hours_max, as_of = m.rules.ledger_max_age_hours, m.borrower.ledger_as_of
    figures = {"ledger_as_of": as_of.isoformat() if as_of else None, "hours_max": hours_max}
    if not hours_max or as_of is None or m.now - as_of <= timedelta(hours=hours_max):
        return None, figures
    return defer(m.candidate, until=m.now + _LEDGER_ASKED_AGAIN, reason="ledger_stale"), figures


def _working_day(m: Moment) -> Objection:
    """Nobody is pressed for money, or sold anything, on a day of rest.

    A service notice tells of a date that does not move with the holiday, and a credit-bureau
    notice is owed before the report is made: coming later, both would do harm. After the due
    date a text presses for money, whatever it calls itself.
    """
    purpose, rules = m.candidate.purpose, m.rules
    is_service = purpose is Purpose.SERVICE and m.candidate.stage is not Stage.AFTER
    figures: dict[str, Any] = {"purpose": purpose.value}
    if is_service or purpose is Purpose.CREDIT_BUREAU:
        return None, figures
    today = m.now.astimezone(m.borrower.zone).date()
    figures |= {
        "rest_days": rules.rest_days.value,
        "day": today.isoformat(),
        "calendar_knows": rules.calendar.knows(today),
    }
    until = after_rest_days(rules, at=m.now, zones=m.borrower.zones)
    if until is None:
        return None, figures
    figures |= {"holiday": rules.calendar.holidays.get(today, ""), "until": until.isoformat()}
    return defer(m.candidate, until=until, reason="rest_day"), figures


def _reminders_first(m: Moment) -> Objection:
    """A text of a campaign takes no reminder's turn: where one is planned that will go out as
    things stand, and could not after this text, the campaign waits until it has gone."""
    rules, zones, contacts = m.rules, m.borrower.zones, m.borrower.contacts
    for coming in sorted(m.borrower.coming, key=lambda one: one.at):
        at = _goes_out_at(coming, m=m)
        if at is None or first_limit(rules, at=at, zones=zones, contacts=contacts) is not None:
            continue
        if first_limit(rules, at=at, zones=zones, contacts=(*contacts, m.now)) is None:
            continue
        after = at + max(timedelta(hours=rules.hours_between), _ASKED_AFTER_A_REMINDER)
        until = open_from(rules, at=after, zones=zones)
        figures = {"reminder_at": at.isoformat(), "until": until.isoformat()}
        return defer(m.candidate, until=until, reason="reminder_first"), figures
    return None, {}


def _goes_out_at(coming: Coming, *, m: Moment) -> datetime | None:
    """When this reminder would go out by what is known now; None if it would not."""
    at = open_from(m.rules, at=coming.at, zones=m.borrower.zones)
    debt = debt_of(coming.candidate, borrower=m.borrower)
    verdict, _trace = ask(Moment(coming.candidate, m.borrower, debt, m.rules, at))
    if isinstance(verdict, Defer):
        return open_from(m.rules, at=verdict.until, zones=m.borrower.zones)
    return at if verdict is None else None


RULES: tuple[tuple[str, Callable[[Moment], Objection]], ...] = (
    ("still_true", _still_true),
    ("still_owed", _still_owed),
    ("due_date_stands", _due_date_stands),
    ("not_on_hold", _not_on_hold),
    ("in_audience", _in_audience),
    ("not_held_out", _not_held_out),
    ("reachable", _reachable),
    ("allowed_by_borrower", _allowed_by_borrower),
    ("ledger_fresh", _ledger_fresh),
    ("working_day", _working_day),
)
"""Asked of each reminder of an instalment alone, in this order."""

CAMPAIGN_RULES: tuple[tuple[str, Callable[[Moment], Objection]], ...] = (
    ("still_true", _still_true),
    ("not_on_hold", _not_on_hold),
    ("in_audience", _in_audience),
    ("reachable", _reachable),
    ("allowed_by_borrower", _allowed_by_borrower),
    ("working_day", _working_day),
    ("reminders_first", _reminders_first),
)
"""Asked of what belongs to a campaign, in this order."""


def ask(moment: Moment) -> tuple[Verdict | None, list[Answer]]:
    """The rules in order until one objects: what it says, or None, and every answer."""
    trace: list[Answer] = []
    for name, rule in CAMPAIGN_RULES if moment.candidate.is_of_campaign else RULES:
        verdict, figures = rule(moment)
        trace.append(Answer(name, verdict is None, figures))
        if verdict is not None:
            return verdict, trace
    return None, trace


def debt_of(candidate: Candidate, *, borrower: Borrower) -> Debt | None:
    """What it is about; None once that is paid, and where it is about no instalment."""
    pk = candidate.instalment_id
    return None if pk is None else borrower.debts.get(pk)


def channel_of(candidate: Candidate, *, borrower: Borrower) -> Channel | None:
    """The first channel, in the step's order, that reaches the borrower and is allowed."""
    for channel in candidate.channels:
        if channel in borrower.reachable and (channel, candidate.purpose) in borrower.allowed:
            return channel
    return None


def covers(hold: ActiveHold, *, debt: Debt) -> bool:
    return hold.loan_id is None or hold.loan_id == debt.loan_id


def defer(candidate: Candidate, *, until: datetime, reason: str) -> Verdict:
    """Later, unless it would no longer be true by then."""
    return Defer(until, reason) if until < candidate.expires_at else Expire(reason)
