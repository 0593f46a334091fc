"""The decision: for one borrower and the reminders whose time has come, what happens now.

Rules are asked in the order of RULES, about each reminder alone, until one objects; then
those that passed are looked at together: the newest step of an instalment speaks for the older
ones, one text goes out at a time, and the contact rules have the last word. Every rule that was
asked stands in the trace with its answer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.core.arrangements import Running, standing
from accounts.core.instalments import penalty_interest
from accounts.core.vocabulary import Channel, Purpose
from reminders.core.contact_rules import ContactRules, first_limit, next_open
from reminders.core.holdout import is_held_out
from reminders.core.types import (
    ActiveHold,
    Answer,
    Borrower,
    BorrowerPlan,
    Candidate,
    Debt,
    Decision,
    Defer,
    Draft,
    Expire,
    Send,
    Skip,
    Spoken,
    Verdict,
)
from reminders.core.vocabulary import Stage
from reminders.core.wording import choose_tone

_URGENCY = {Stage.BEFORE: 0, Stage.ON: 1, Stage.AFTER: 2}

Objection = tuple[Verdict | None, Mapping[str, Any]]
"""A rule's answer: None when it lets the reminder pass, and the figures it looked at."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """One candidate with everything that a rule may look at."""

    candidate: Candidate
    borrower: Borrower
    now: datetime

    @property
    def debt(self) -> Debt | None:
        return self.borrower.debts.get(self.candidate.instalment_id)


def _still_true(m: _Moment) -> Objection:
    figures = {"true_until": m.candidate.expires_at.isoformat()}
    return (Expire("too_late") if m.now >= m.candidate.expires_at else None), figures


def _still_owed(m: _Moment) -> Objection:
    if m.debt is None:
        return Skip("paid"), {"outstanding": "0"}
    if not m.debt.is_active:
        return Skip("loan_closed"), {}
    return None, {"outstanding": str(m.debt.outstanding), "currency": m.debt.currency}


def _due_date_stands(m: _Moment) -> Objection:
    figures = {"planned_for": m.candidate.due_date.isoformat()}
    if m.debt is not None and m.debt.due_date != m.candidate.due_date:
        return Skip("due_date_moved"), {**figures, "due_date": m.debt.due_date.isoformat()}
    return None, figures


def _not_on_hold(m: _Moment) -> Objection:
    holding = [
        (ends, hold)
        for hold in m.borrower.holds
        if m.debt is not None and _covers(hold, debt=m.debt)
        for ends in _holding(hold, now=m.now)
    ]
    if not holding:
        return None, {}
    # The one that ends last decides; one without an end outlasts all.
    until, last = max(holding, key=lambda pair: (pair[0] is None, pair[0] or m.now))
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


def _holding(hold: ActiveHold, *, now: datetime) -> list[datetime | None]:
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


def _in_audience(m: _Moment) -> Objection:
    audience = m.candidate.audience
    if audience is None or m.debt is None:
        return None, {"by_hand": True}
    tier = m.borrower.tier.value
    if tier not in audience.tiers:
        return Skip("other_tier"), {"tier": tier, "for": sorted(audience.tiers)}
    if audience.products and m.debt.product not in audience.products:
        return Skip("other_product"), {"product": m.debt.product, "for": sorted(audience.products)}
    if audience.segments and m.borrower.segment not in audience.segments:
        return Skip("other_segment"), {
            "segment": m.borrower.segment,
            "for": sorted(audience.segments),
        }
    return None, {"tier": tier}


def _not_held_out(m: _Moment) -> Objection:
    candidate = m.candidate
    figures = {"percent": str(candidate.holdout_percent)}
    held_out = not candidate.is_by_hand and is_held_out(
        m.borrower.customer_no,
        policy_key=candidate.policy_key,
        percent=candidate.holdout_percent,
    )
    return (Skip("holdout") if held_out else None), figures


def _reachable(m: _Moment) -> Objection:
    wanted = [channel.value for channel in m.candidate.channels]
    if not any(channel in m.borrower.reachable for channel in m.candidate.channels):
        return Skip("no_address"), {"channels": wanted}
    return None, {"channels": wanted}


def _allowed_by_borrower(m: _Moment) -> Objection:
    channel = _channel(m.candidate, borrower=m.borrower)
    figures = {"purpose": m.candidate.purpose.value}
    return (Skip("not_allowed_by_borrower") if channel is None else None), figures


RULES: tuple[tuple[str, Callable[[_Moment], Objection]], ...] = (
    ("still_true", _still_true),
    ("still_owed", _still_owed),
    ("due_date_stands", _due_date_stands),
    ("not_on_hold", _not_on_hold),
    ("in_audience", _in_audience),
    ("not_held_out", _not_held_out),
    ("reachable", _reachable),
    ("allowed_by_borrower", _allowed_by_borrower),
)
"""Asked of each reminder alone, in this order."""

JOINT_RULES = ("newest_step", "one_text_at_a_time", "contact_rules")
"""Asked of those that passed RULES, together, in this order."""


def decide(
    borrower: Borrower, *, candidates: Sequence[Candidate], rules: ContactRules, now: datetime
) -> BorrowerPlan:
    """What happens now to each of one borrower's reminders, and the one text if there is one."""
    decided: dict[int, Decision] = {}
    passed: dict[int, list[Answer]] = {}
    for candidate in candidates:
        verdict, trace = _ask(candidate, borrower=borrower, now=now)
        if verdict is None:
            passed[candidate.reminder_id] = trace
        else:
            decided[candidate.reminder_id] = Decision(candidate, verdict, tuple(trace))

    open_ = [c for c in candidates if c.reminder_id in passed]

    def settle(candidate: Candidate, answer: Answer, verdict: Verdict) -> None:
        trace = (*passed.pop(candidate.reminder_id), answer)
        decided[candidate.reminder_id] = Decision(candidate, verdict, trace)

    for candidate in open_:
        newer = _superseding(candidate, among=open_, borrower=borrower)
        answer = Answer("newest_step", newer is None, {"newer": newer} if newer else {})
        if newer is not None:
            settle(candidate, answer, Skip("replaced_by_newer_step"))
        else:
            passed[candidate.reminder_id].append(answer)

    waiting = [c for c in open_ if c.reminder_id in passed]
    lead = _lead(waiting, borrower=borrower)
    limit = first_limit(rules, at=now, zone=borrower.zone, contacts=borrower.contacts)
    later = next_open(rules, at=now + timedelta(hours=rules.hours_between), zone=borrower.zone)
    for candidate in waiting:
        together = candidate in lead
        answer = Answer("one_text_at_a_time", together, {"texts": 1 if together else 2})
        if not together and limit is None:
            settle(candidate, answer, _defer(candidate, until=later, reason="one_text_at_a_time"))
            continue
        passed[candidate.reminder_id].append(answer)
        if limit is not None:
            answer = Answer(
                "contact_rules", False, {"rule": limit.rule, "until": limit.until.isoformat()}
            )
            settle(candidate, answer, _defer(candidate, until=limit.until, reason=limit.rule))
        else:
            answer = Answer("contact_rules", True, {"profile": rules.profile})
            channel = _channel(candidate, borrower=borrower)
            assert channel is not None, "allowed_by_borrower let it pass"
            settle(candidate, answer, Send(channel))

    decisions = tuple(decided[c.reminder_id] for c in candidates)
    sent = [d.candidate for d in decisions if isinstance(d.verdict, Send)]
    return BorrowerPlan(decisions, _draft(sent, borrower=borrower, now=now) if sent else None)


def _ask(
    candidate: Candidate, *, borrower: Borrower, now: datetime
) -> tuple[Verdict | None, list[Answer]]:
    moment = _Moment(candidate, borrower, now)
    trace: list[Answer] = []
    for name, rule in RULES:
        verdict, figures = rule(moment)
        trace.append(Answer(name, verdict is None, figures))
        if verdict is not None:
            return verdict, trace
    return None, trace


def _covers(hold: ActiveHold, *, debt: Debt) -> bool:
    return hold.loan_id is None or hold.loan_id == debt.loan_id


def _channel(candidate: Candidate, *, borrower: Borrower) -> Channel | None:
    """The first channel, in the step's order, that reaches the borrower and is allowed."""
    for channel in candidate.channels:
        if channel in borrower.reachable and (channel, candidate.purpose) in borrower.allowed:
            return channel
    return None


def newest_spoken(
    known: Mapping[int, Spoken], *, sent: Iterable[Candidate]
) -> Mapping[int, Spoken]:
    """`known` after these went out. What a person asked for is no step."""
    newest = dict(known)
    for candidate in sent:
        before = newest.get(candidate.instalment_id)
        if not candidate.is_by_hand and (before is None or _order(candidate) > _order(before)):
            newest[candidate.instalment_id] = Spoken(
                candidate.step_key, candidate.offset_days, candidate.send_at
            )
    return newest


def _order(step: Candidate | Spoken) -> tuple[datetime, int]:
    return step.send_at, step.offset_days


def _superseding(
    candidate: Candidate, *, among: Sequence[Candidate], borrower: Borrower
) -> str | None:
    """The latest step for the same instalment that comes after this one, and whose time has also
    come or that has gone out already."""
    if candidate.is_by_hand:
        return None
    steps = [c for c in among if c.instalment_id == candidate.instalment_id]
    spoken = newest_spoken(borrower.spoken, sent=steps).get(candidate.instalment_id)
    return spoken.step_key if spoken and _order(spoken) > _order(candidate) else None


_Group = tuple[bool, int, str, str, str]


def _lead(candidates: Sequence[Candidate], *, borrower: Borrower) -> list[Candidate]:
    """Those that go out together, first: by hand before planned, overdue before due before early.

    One text has one stage, purpose, channel and currency: a total over two currencies or over
    owed and not-yet-owed money would be no right total.
    """
    groups: dict[_Group, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        channel = _channel(candidate, borrower=borrower)
        currency = borrower.debts[candidate.instalment_id].currency
        key = _URGENCY[candidate.stage], candidate.purpose.value, f"{channel}", currency
        groups[(candidate.is_by_hand, *key)].append(candidate)
    if not groups:
        return []
    first = max(groups)
    # What a person asked for answers the policy's own text of the same kind as well.
    return groups[first] + (groups.get((False, *first[1:]), []) if first[0] else [])


def _defer(candidate: Candidate, *, until: datetime, reason: str) -> Verdict:
    """Later, unless it would no longer be true by then."""
    return Defer(until, reason) if until < candidate.expires_at else Expire(reason)


def _draft(candidates: Sequence[Candidate], *, borrower: Borrower, now: datetime) -> Draft:
    lead = max(candidates, key=lambda c: (c.is_by_hand, c.offset_days, c.reminder_id))
    channel = _channel(lead, borrower=borrower)
    assert channel is not None, "allowed_by_borrower let it pass"
    today = now.astimezone(borrower.zone).date()
    currency = borrower.debts[lead.instalment_id].currency
    debts = _named(candidates, borrower=borrower, now=now, currency=currency)
    due_date = min(debt.due_date for debt in debts)
    return Draft(
        channel=channel,
        contact_point_id=borrower.reachable[channel],
        stage=lead.stage,
        purpose=Purpose(lead.purpose),
        template_id=lead.template_id,
        tone=choose_tone(lead.tone_rule, tier=borrower.tier),
        currency=currency,
        amount=sum((debt.outstanding for debt in debts), Decimal(0)),
        penalty=sum((_penalty(debt, today=today) for debt in debts), Decimal(0)),
        due_date=due_date,
        days=abs((today - due_date).days),
        expires_at=min(c.expires_at for c in candidates),
        reminder_ids=tuple(c.reminder_id for c in candidates),
    )


def _named(
    candidates: Sequence[Candidate], *, borrower: Borrower, now: datetime, currency: str
) -> list[Debt]:
    """The debts that the text's total covers."""
    today = now.astimezone(borrower.zone).date()
    holds = [hold for hold in borrower.holds if _holding(hold, now=now)]
    dates = {c.due_date for c in candidates}
    overdue = candidates[0].stage is Stage.AFTER
    return [
        debt
        for debt in borrower.debts.values()
        if debt.is_active
        and debt.currency == currency
        and (debt.due_date < today if overdue else debt.due_date in dates)
        and not any(_covers(hold, debt=debt) for hold in holds)
    ]


def _penalty(debt: Debt, *, today: date) -> Decimal:
    return penalty_interest(
        outstanding=debt.outstanding,
        daily_rate=debt.penalty_daily_rate,
        due_date=debt.due_date,
        grace_days=debt.grace_days,
        today=today,
    )
