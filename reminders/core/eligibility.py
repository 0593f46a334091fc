"""The decision: for one borrower and the reminders whose time has come, what happens now.

Rules are asked in the order of RULES, about each reminder alone, until one objects; then
those that passed are looked at together: the newest step of an instalment speaks for the older
ones, one text goes out at a time, and the contact rules have the last word. Every rule that was
asked stands in the trace with its answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.core.instalments import penalty_interest
from accounts.core.vocabulary import Purpose
from reminders.core.contact_rules import ContactRules, closes_at, first_limit, open_from
from reminders.core.rules import CAMPAIGN_RULES as CAMPAIGN_RULES
from reminders.core.rules import RULES as RULES  # one place to read them all
from reminders.core.rules import Moment, ask, channel_of, covers, debt_of, defer, holding
from reminders.core.types import (
    Answer,
    Borrower,
    BorrowerPlan,
    Candidate,
    Coming,
    Debt,
    Decision,
    Defer,
    Draft,
    Send,
    Skip,
    Spoken,
    Verdict,
)
from reminders.core.vocabulary import Stage
from reminders.core.wording import choose_tone

_URGENCY = {Stage.APART: -1, Stage.BEFORE: 0, Stage.ON: 1, Stage.AFTER: 2}

JOINT_RULES = ("newest_step", "one_text_at_a_time", "contact_rules")
"""Asked of those that passed RULES, together, in this order; of a campaign all but the first."""


def decide(
    borrower: Borrower, *, candidates: Sequence[Candidate], rules: ContactRules, now: datetime
) -> BorrowerPlan:
    """What happens now to each of one borrower's reminders, and the one text if there is one."""
    decided, passed = _ask_alone(borrower, candidates=candidates, rules=rules, now=now)
    open_ = [c for c in candidates if c.reminder_id in passed]

    def settle(candidate: Candidate, answer: Answer, verdict: Verdict) -> None:
        trace = (*passed.pop(candidate.reminder_id), answer)
        decided[candidate.reminder_id] = Decision(candidate, verdict, trace)

    for candidate in open_:
        if candidate.is_of_campaign:
            continue
        newer = _superseding(candidate, among=open_, borrower=borrower)
        answer = Answer("newest_step", newer is None, {"newer": newer} if newer else {})
        if newer is not None:
            settle(candidate, answer, Skip("replaced_by_newer_step"))
        else:
            passed[candidate.reminder_id].append(answer)

    waiting = [c for c in open_ if c.reminder_id in passed]
    lead = _lead(waiting, borrower=borrower)
    zones = borrower.zones
    limit = first_limit(rules, at=now, zones=zones, contacts=borrower.contacts)
    for candidate in waiting:
        together = candidate in lead
        answer = Answer("one_text_at_a_time", together, {"texts": 1 if together else 2})
        if not together and limit is None:
            later = open_from(rules, at=now + timedelta(hours=rules.hours_between), zones=zones)
            settle(candidate, answer, defer(candidate, until=later, reason="one_text_at_a_time"))
            continue
        passed[candidate.reminder_id].append(answer)
        if limit is not None:
            answer = Answer(
                "contact_rules", False, {"rule": limit.rule, "until": limit.until.isoformat()}
            )
            settle(candidate, answer, defer(candidate, until=limit.until, reason=limit.rule))
        else:
            answer = Answer("contact_rules", True, {"profile": rules.profile})
            channel = channel_of(candidate, borrower=borrower)
            assert channel is not None, "allowed_by_borrower let it pass"
            settle(candidate, answer, Send(channel))

    decisions = tuple(decided[c.reminder_id] for c in candidates)
    sent = [d.candidate for d in decisions if isinstance(d.verdict, Send)]
    draft = _draft(sent, borrower=borrower, rules=rules, now=now) if sent else None
    return BorrowerPlan(decisions, draft)


def _ask_alone(
    borrower: Borrower, *, candidates: Sequence[Candidate], rules: ContactRules, now: datetime
) -> tuple[dict[int, Decision], dict[int, list[Answer]]]:
    """By reminder: what one of its rules objected to, and the answers where none did. Campaigns
    are asked last, for they wait for the reminders that were put off."""
    decided: dict[int, Decision] = {}
    passed: dict[int, list[Answer]] = {}

    def alone(candidate: Candidate, facts: Borrower) -> None:
        debt = debt_of(candidate, borrower=facts)
        verdict, trace = ask(Moment(candidate, facts, debt, rules, now))
        if verdict is None:
            passed[candidate.reminder_id] = trace
        else:
            decided[candidate.reminder_id] = Decision(candidate, verdict, tuple(trace))

    of_campaigns = []
    for candidate in candidates:
        if candidate.is_of_campaign:
            of_campaigns.append(candidate)
        else:
            alone(candidate, borrower)
    if of_campaigns:
        facts = _with_put_off(borrower, decided.values())
        for candidate in of_campaigns:
            alone(candidate, facts)
    return decided, passed


def _with_put_off(borrower: Borrower, decided: Iterable[Decision]) -> Borrower:
    """Reminders that were just put off are still to come."""
    put_off = (
        Coming(made.candidate, made.verdict.until)
        for made in decided
        if isinstance(made.verdict, Defer)
    )
    return replace(borrower, coming=(*borrower.coming, *put_off))


def newest_spoken(
    known: Mapping[int, Spoken], *, sent: Iterable[Candidate]
) -> Mapping[int, Spoken]:
    """`known` after these went out. What a person asked for, or a campaign said, is no step."""
    newest = dict(known)
    for candidate in sent:
        pk = candidate.instalment_id
        if pk is None or candidate.is_by_hand:
            continue
        before = newest.get(pk)
        if before is None or _order(candidate) > _order(before):
            newest[pk] = Spoken(candidate.step_key, candidate.offset_days, candidate.send_at)
    return newest


def _order(step: Candidate | Spoken) -> tuple[datetime, int]:
    return step.send_at, step.offset_days


def _superseding(
    candidate: Candidate, *, among: Sequence[Candidate], borrower: Borrower
) -> str | None:
    """The latest step for the same instalment that comes after this one, and whose time has also
    come or that has gone out already."""
    pk = candidate.instalment_id
    if pk is None or candidate.is_by_hand:
        return None
    steps = [c for c in among if c.instalment_id == pk]
    spoken = newest_spoken(borrower.spoken, sent=steps).get(pk)
    return spoken.step_key if spoken and _order(spoken) > _order(candidate) else None


_Group = tuple[bool, int, str, str, str]


def _lead(candidates: Sequence[Candidate], *, borrower: Borrower) -> list[Candidate]:
    """Those that go out together, first: by hand before planned, overdue before due before early
    before what is about no instalment.

    One text has one stage, purpose, channel and currency: a total over two currencies or over
    owed and not-yet-owed money would be no right total. A campaign is alone in its text.
    """
    groups: dict[_Group, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        channel = channel_of(candidate, borrower=borrower)
        debt = debt_of(candidate, borrower=borrower)
        sum_of = candidate.step_key if debt is None else debt.currency
        key = _URGENCY[candidate.stage], candidate.purpose.value, f"{channel}", sum_of
        groups[(candidate.is_by_hand, *key)].append(candidate)
    if not groups:
        return []
    first = max(groups)
    # What a person asked for answers the policy's own text of the same kind as well.
    return groups[first] + (groups.get((False, *first[1:]), []) if first[0] else [])


def _draft(
    candidates: Sequence[Candidate], *, borrower: Borrower, rules: ContactRules, now: datetime
) -> Draft:
    lead = max(candidates, key=lambda c: (c.is_by_hand, c.offset_days, c.reminder_id))
    channel = channel_of(lead, borrower=borrower)
    assert channel is not None, "allowed_by_borrower let it pass"
    today = now.astimezone(borrower.zone).date()
    debt = debt_of(lead, borrower=borrower)
    currency = debt.currency if debt is not None else ""
    debts = _named(candidates, borrower=borrower, now=now, currency=currency) if debt else []
    # Where no debt is left to name, min() refuses: such a text must not go out about nothing.
    due_date = today if debt is None else min(one.due_date for one in debts)
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
        leaves_before=min(
            closes_at(rules, at=now, zones=borrower.zones), *(c.expires_at for c in candidates)
        ),
        reminder_ids=tuple(c.reminder_id for c in candidates),
    )


def _named(
    candidates: Sequence[Candidate], *, borrower: Borrower, now: datetime, currency: str
) -> list[Debt]:
    """The debts that the text's total covers."""
    today = now.astimezone(borrower.zone).date()
    holds = [hold for hold in borrower.holds if holding(hold, now=now)]
    dates = {c.due_date for c in candidates}
    overdue = candidates[0].stage is Stage.AFTER
    return [
        debt
        for debt in borrower.debts.values()
        if debt.is_active
        and debt.currency == currency
        and (debt.due_date < today if overdue else debt.due_date in dates)
        and not any(covers(hold, debt=debt) for hold in holds)
    ]


def _penalty(debt: Debt, *, today: date) -> Decimal:
    return penalty_interest(
        outstanding=debt.outstanding,
        daily_rate=debt.penalty_daily_rate,
        due_date=debt.due_date,
        grace_days=debt.grace_days,
        today=today,
    )
