"""Builders for the pure decision: Wei owes an instalment of 1,000 yuan in Shanghai."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from accounts.core.consent import Statement, all_allowed
from accounts.core.vocabulary import Channel, Purpose, RiskTier
from reminders.core.contact_rules import ContactRules
from reminders.core.eligibility import decide
from reminders.core.types import Audience, Borrower, Candidate, Debt, Decision, Draft, Verdict
from reminders.core.vocabulary import Stage

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""10:00 on a Monday in Shanghai."""
TODAY = date(2026, 11, 23)
TWO_DAYS_AGO = TODAY - timedelta(days=2)
EARLY = NOW - timedelta(days=30)
LIMITS = ContactRules("test", time(8), time(21), per_day=1, per_7_days=5, hours_between=20)
EVERYONE = Audience(frozenset(tier.value for tier in RiskTier))

_ids = count(1)
_AGREED = Statement(True, happened_at=EARLY, purpose="education")


def a_debt(instalment_id: int = 1, **fields: Any) -> Debt:
    defaults: dict[str, Any] = {
        "instalment_id": instalment_id,
        "loan_id": 10,
        "product": "cash_loan",
        "currency": "CNY",
        "due_date": TODAY + timedelta(days=3),
        "outstanding": Decimal("1000.00"),
    }
    return Debt(**defaults | fields)


def wei(*debts: Debt, **fields: Any) -> Borrower:
    defaults: dict[str, Any] = {
        "customer_id": 7,
        "customer_no": "C-7",
        "name": "王伟",
        "zone": ZoneInfo("Asia/Shanghai"),
        "language": "zh-hans",
        "segment": "",
        "tier": RiskTier.MEDIUM,
        "reachable": {Channel.SMS: 70},
        "allowed": all_allowed(()),
        "debts": {debt.instalment_id: debt for debt in debts or (a_debt(),)},
    }
    return Borrower(**defaults | fields)


def a_candidate(offset_days: int = -3, instalment_id: int = 1, **fields: Any) -> Candidate:
    due_date = TODAY - timedelta(days=offset_days)
    stage = Stage.of(offset_days)
    defaults: dict[str, Any] = {
        "reminder_id": next(_ids),
        "instalment_id": instalment_id,
        "step_key": f"step{offset_days:+}",
        "policy_key": "standard",
        "offset_days": offset_days,
        "stage": stage,
        "due_date": due_date,
        "send_at": NOW,
        "expires_at": NOW + timedelta(hours=38),
        "channels": (Channel.SMS,),
        "template_id": 100 + offset_days,
        "purpose": Purpose.COLLECTION if stage is Stage.AFTER else Purpose.SERVICE,
        "tone_rule": "by_risk",
        "audience": EVERYONE,
    }
    return Candidate(**defaults | fields)


def a_lesson(**fields: Any) -> Candidate:
    """A campaign's candidate, for everybody, of today and tomorrow."""
    defaults: dict[str, Any] = {
        "instalment_id": None,
        "step_key": "lesson",
        "policy_key": "",
        "stage": Stage.APART,
        "due_date": TODAY,
        "template_id": 900,
        "purpose": Purpose.EDUCATION,
        "tone_rule": "friendly",
    }
    return a_candidate(0, **defaults | fields)


def a_pupil(*debts: Debt, **fields: Any) -> Borrower:
    """Wei, who agreed to education."""
    return wei(*debts, **{"allowed": all_allowed([_AGREED])} | fields)


def by_hand(offset_days: int = 2, **fields: Any) -> Candidate:
    return a_candidate(offset_days, **{"audience": None, "step_key": "by_hand"} | fields)


def verdict(borrower: Borrower, candidate: Candidate, *, now: datetime = NOW) -> Verdict:
    return decision(borrower, candidate, now=now).verdict


def decision(borrower: Borrower, candidate: Candidate, *, now: datetime = NOW) -> Decision:
    return decide(borrower, candidates=[candidate], rules=LIMITS, now=now).decisions[0]


def draft_for(borrower: Borrower, *candidates: Candidate) -> Draft:
    draft = decide(borrower, candidates=candidates, rules=LIMITS, now=NOW).draft
    assert draft is not None
    return draft
