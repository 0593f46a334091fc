"""What a decision is made of, and what it is.

Amounts are in the loan's currency with two decimals; instants are aware and in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from accounts.core.arrangements import Term
from accounts.core.vocabulary import Channel, HoldKind, Purpose, RiskTier
from reminders.core.vocabulary import Stage, Tone


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a step or a campaign is for; an empty set of products or segments means all.

    `only_punctual` leaves out who owes anything overdue.
    """

    tiers: frozenset[str]
    products: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    only_punctual: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reminder whose time has come. By hand: `audience` None and no hold-out.

    Of a campaign: about no instalment; `step_key` is the campaign's key and `due_date` the day
    for which it was planned.
    """

    reminder_id: int
    instalment_id: int | None
    step_key: str
    policy_key: str
    offset_days: int
    stage: Stage
    due_date: date
    send_at: datetime
    expires_at: datetime
    channels: tuple[Channel, ...]
    template_id: int
    purpose: Purpose
    tone_rule: str
    audience: Audience | None
    holdout_percent: Decimal = Decimal(0)

    @property
    def is_by_hand(self) -> bool:
        """Whether a person asked for it."""
        return self.audience is None

    @property
    def is_of_campaign(self) -> bool:
        """Whether it is about no instalment."""
        return self.instalment_id is None


@dataclass(frozen=True, slots=True)
class Debt:
    """An instalment that is not settled. Only those of active loans are reminded of."""

    instalment_id: int
    loan_id: int
    product: str
    currency: str
    due_date: date
    outstanding: Decimal
    penalty_daily_rate: Decimal = Decimal(0)
    grace_days: int = 0
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class ActiveHold:
    """A hold that has begun. `loan_id` None covers every loan; `until` None has no end yet.

    With `terms` it is an arrangement, towards which `paid` has come in: it holds nobody any more
    once the payments have kept or broken it.
    """

    kind: HoldKind
    loan_id: int | None
    until: datetime | None
    terms: tuple[Term, ...] = ()
    paid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The newest step that went out for an instalment, or may have; when it was wanted."""

    step_key: str
    offset_days: int
    send_at: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """A reminder that is planned, and when it is looked at next."""

    candidate: Candidate
    at: datetime


@dataclass(frozen=True, slots=True)
class Borrower:
    """The facts about one borrower at one instant.

    `zone` is where they live as far as the lender knows, and the zone that plans go by; they may be
    in any of `other_zones` as well. `ledger_as_of` is when payments were last fed in; None when
    they never were, as in a book that is fed payment by payment.
    `reachable` maps a channel to the contact point to use; a channel that has none is absent.
    `allowed` holds the (channel, purpose) pairs that consent permits. `contacts` are the
    instants of messages in the last 7 days that were or may have been sent. `spoken` gives by
    instalment what a policy said of it last. `coming` are the reminders that are planned, to be
    looked at later; they and `has_active_loan` are told only where a campaign would speak.
    """

    customer_id: int
    customer_no: str
    name: str
    zone: ZoneInfo
    language: str
    segment: str
    tier: RiskTier
    reachable: Mapping[Channel, int]
    allowed: frozenset[tuple[Channel, Purpose]]
    holds: tuple[ActiveHold, ...] = ()
    debts: Mapping[int, Debt] = field(default_factory=dict)
    contacts: tuple[datetime, ...] = ()
    spoken: Mapping[int, Spoken] = field(default_factory=dict)
    other_zones: tuple[ZoneInfo, ...] = ()
    ledger_as_of: datetime | None = None
    coming: tuple[Coming, ...] = ()
    has_active_loan: bool = True

    @property
    def zones(self) -> tuple[ZoneInfo, ...]:
        """Every zone in which they may be."""
        return (self.zone, *self.other_zones)


@dataclass(frozen=True, slots=True)
class Send:
    """It goes out now, in the borrower's one text."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now: looked at again at `until`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Never, for this step and instalment."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Its time has passed: it is no longer true."""

    reason: str


Verdict = Send | Defer | Skip | Expire


class Answer(NamedTuple):
    """One rule that was asked: did it let the reminder pass, and the figures it looked at.

    A tuple, for a decision makes a dozen of them.
    """

    rule: str
    passed: bool
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one candidate with every rule that was asked, in order."""

    candidate: Candidate
    verdict: Verdict
    trace: tuple[Answer, ...]

    @property
    def figures(self) -> Mapping[str, Any]:
        """Figures of the rule that decided; empty when all let it pass."""
        last = self.trace[-1]
        return {} if last.passed else last.figures


@dataclass(frozen=True, slots=True)
class Draft:
    """One message to write: to whom, over what, which debts it names, and in which words.

    `amount` is the right total: for a text before or on the due date all open instalments of
    those dates, for one after it all that is overdue. `penalty` is interest accrued so far.
    From `leaves_before` on it is no longer true or no longer permitted. The text of a campaign
    names no debt: its amounts are 0, in no currency.
    """

    channel: Channel
    contact_point_id: int
    stage: Stage
    purpose: Purpose
    template_id: int
    tone: Tone
    currency: str
    amount: Decimal
    penalty: Decimal
    due_date: date
    days: int
    leaves_before: datetime
    reminder_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BorrowerPlan:
    """What is to happen for one borrower now: a verdict on each candidate, and at most one text."""

    decisions: tuple[Decision, ...]
    draft: Draft | None
