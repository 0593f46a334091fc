"""The decision in every small world there is, against the rules told once more in plain words.

The worlds are all combinations of what may be true of a borrower with two loans and three
reminders. What should come of each is worked out below in hours of the borrower's own clock, and
shares nothing with the product but the words for the outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from accounts.core.consent import all_allowed
from accounts.core.vocabulary import Channel, HoldKind, Purpose, RiskTier
from reminders.core.contact_rules import ContactRules
from reminders.core.eligibility import decide
from reminders.core.types import (
    ActiveHold,
    Audience,
    Borrower,
    BorrowerPlan,
    Candidate,
    Debt,
    Decision,
    Defer,
    Expire,
    Send,
    Skip,
    Spoken,
)
from reminders.core.vocabulary import Stage

TODAY = date(2026, 11, 23)
"""A Monday. Three days ago loan A was due."""
DUE_A = TODAY - timedelta(days=3)
LIMITS = ContactRules("test", time(8), time(21), per_day=1, per_7_days=5, hours_between=20)


@dataclass(frozen=True, slots=True)
class World:
    """One combination. Loan A has two reminders, of one and of three days after; B has one."""

    clock: Literal["10:00", "22:30"]
    a: Literal["owed", "paid", "closed", "due date moved"]
    b: Literal["overdue as well", "due in three days", "paid"]
    held: Literal[
        "nothing", "A until tomorrow", "A for ever", "all until tomorrow", "all for weeks"
    ]
    written_to: Literal["never", "an hour ago", "five times this week"]
    newest_ends: Literal["tomorrow night", "in an hour", "an hour ago"]
    newest_is_for: Literal["everybody", "others"]
    said_no: Literal["never", "to everything"]
    has: Literal["a number", "no number"]
    ledger: Literal["fresh", "stale"]


def worlds(**fixed: str) -> Iterator[World]:
    """All combinations in which these are so."""
    hints = get_type_hints(World)
    names = [f.name for f in fields(World)]
    values = [[fixed[name]] if name in fixed else get_args(hints[name]) for name in names]
    for combination in product(*values):
        yield World(**dict(zip(names, combination, strict=True)))


# What should come of a world, in hours since midnight of TODAY by the borrower's clock.

Outcome = tuple[str, str]
"""Send, defer, skip or expire; and the reason."""


def ends(world: World) -> dict[str, float]:
    now = hour(world)
    newest = {"tomorrow night": 48, "in an hour": now + 1, "an hour ago": now - 1}
    return {"A+1": 48, "A+3": newest[world.newest_ends], "B": 48}


def hour(world: World) -> float:
    return 10 if world.clock == "10:00" else 22.5


def expected(world: World) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for name in ("A+1", "A+3", "B"):
        found = alone(world, name)
        if found:
            outcomes[name] = found
    left = [name for name in ("A+1", "A+3", "B") if name not in outcomes]
    if "A+1" in left and "A+3" in left:
        outcomes["A+1"] = ("skip", "replaced_by_newer_step")
        left.remove("A+1")
    limit = in_the_way(world)
    for name in left:
        goes_later = world.b == "due in three days" and name == "B" and len(left) > 1
        if limit:
            outcomes[name] = later(world, name, *limit)
        elif goes_later:
            outcomes[name] = later(world, name, 32, "one_text_at_a_time")  # 8 tomorrow
        else:
            outcomes[name] = ("send", "sms")
    return outcomes


def later(world: World, name: str, until: float, reason: str) -> Outcome:
    return ("defer" if until < ends(world)[name] else "expire", reason)


def alone(world: World, name: str) -> Outcome | None:
    loan, now, end = name[0], hour(world), ends(world)[name]
    state = world.a if loan == "A" else world.b
    if end <= now:
        return "expire", "too_late"
    if state in ("paid", "closed", "due date moved"):
        reasons = {"paid": "paid", "closed": "loan_closed", "due date moved": "due_date_moved"}
        return "skip", reasons[state]
    if world.held.startswith("all") or world.held[0] == loan:
        if world.held.endswith(("for ever", "for weeks")) or end <= 24:
            return "skip", "on_hold"
        return "defer", "on_hold"
    if name == "A+3" and world.newest_is_for == "others":
        return "skip", "other_tier"
    if world.has == "no number":
        return "skip", "no_address"
    if world.said_no == "to everything":
        return "skip", "not_allowed_by_borrower"
    if world.ledger == "stale" and (loan == "A" or world.b == "overdue as well"):
        return later(world, name, now + 1, "ledger_stale")
    return None


def in_the_way(world: World) -> tuple[float, str] | None:
    if world.clock == "22:30":
        return 32, "hours"
    if world.written_to == "an hour ago":
        return 32, "hours_between"  # at 5 tomorrow, so at 8
    if world.written_to == "five times this week":
        return 36, "per_7_days"  # a week after the first
    return None


def owed_in_text(world: World) -> Decimal:
    """The total of the text: all that is overdue and not held, or what is due in three days."""
    outcomes = expected(world)
    sent = {name for name, (kind, _) in outcomes.items() if kind == "send"}
    if sent == {"B"} and world.b == "due in three days":
        return Decimal(10)
    amount = Decimal(0)
    if world.a in ("owed", "due date moved") and world.held[0] != "A":
        amount += Decimal(100) if world.a == "owed" else Decimal(0)  # moved into the future
    if world.b == "overdue as well":
        amount += Decimal(10)
    return amount


# The same world as the product knows it.


def at(hours: float) -> datetime:
    """That many hours after midnight in Shanghai."""
    return datetime(2026, 11, 22, 16, tzinfo=UTC) + timedelta(hours=hours)


def candidate(world: World, name: str) -> Candidate:
    offset = {"A+1": 1, "A+3": 3, "B": 3 if world.b != "due in three days" else -3}[name]
    for_others = name == "A+3" and world.newest_is_for == "others"
    due_date = DUE_A if offset > 0 else TODAY + timedelta(days=3)
    return Candidate(
        reminder_id=["A+1", "A+3", "B"].index(name),
        instalment_id=1 if name[0] == "A" else 2,
        step_key=name,
        policy_key="standard",
        offset_days=offset,
        stage=Stage.AFTER if offset > 0 else Stage.BEFORE,
        due_date=due_date,
        send_at=at(10 - 48 if name == "A+1" else 10),
        expires_at=at(ends(world)[name]),
        channels=(Channel.SMS,),
        template_id=1,
        purpose=Purpose.COLLECTION if offset > 0 else Purpose.SERVICE,
        tone_rule="neutral",
        audience=Audience(frozenset({"low"} if for_others else {"medium"})),
    )


def borrower(world: World) -> Borrower:
    now = hour(world)
    moved = world.a == "due date moved"
    a = Debt(1, 10, "cash", "CNY", DUE_A + timedelta(days=30 * moved), Decimal(100))
    b_due = DUE_A if world.b == "overdue as well" else TODAY + timedelta(days=3)
    debts = {1: a, 2: Debt(2, 11, "cash", "CNY", b_due, Decimal(10))}
    if world.a == "closed":
        debts[1] = Debt(1, 10, "cash", "CNY", DUE_A, Decimal(100), is_active=False)
    for loan, state in ((1, world.a), (2, world.b)):
        if state == "paid":
            del debts[loan]
    loan_id = 10 if world.held.startswith("A") else None
    until = {"tomorrow": at(24), "ever": None, "weeks": at(24 * 21)}
    hold = ActiveHold(HoldKind.DISPUTE, loan_id, until.get(world.held.split()[-1]))
    contacts = {
        "never": (),
        "an hour ago": (at(now - 1),),
        "five times this week": tuple(at(36 - 24 * 7 + 24 * n) for n in range(5)),
    }
    return Borrower(
        customer_id=1,
        customer_no="C-1",
        name="王伟",
        zone=ZoneInfo("Asia/Shanghai"),
        language="zh-hans",
        segment="",
        tier=RiskTier.MEDIUM,
        reachable={Channel.SMS: 7} if world.has == "a number" else {},
        allowed=all_allowed(()) if world.said_no == "never" else frozenset(),
        holds=() if world.held == "nothing" else (hold,),
        debts=debts,
        contacts=contacts[world.written_to],
        ledger_as_of=at(now - (72 if world.ledger == "stale" else 12)),
    )


def decided(world: World) -> BorrowerPlan:
    candidates = [candidate(world, name) for name in ("A+1", "A+3", "B")]
    return decide(borrower(world), candidates=candidates, rules=LIMITS, now=at(hour(world)))


def outcome(decision: Decision) -> Outcome:
    match decision.verdict:
        case Send(channel=channel):
            return "send", channel.value
        case Defer(reason=reason):
            return "defer", reason
        case Skip(reason=reason):
            return "skip", reason
        case Expire(reason=reason):
            return "expire", reason


class TestEveryWorld:
    @pytest.mark.parametrize("a", ["owed", "paid", "closed", "due date moved"])
    @pytest.mark.parametrize("clock", ["10:00", "22:30"])
    def test_comes_out_as_the_rules_say_in_plain_words(self, clock: str, a: str) -> None:
        seen = set()
        for world in worlds(clock=clock, a=a):
            plan = decided(world)

            found = {d.candidate.step_key: outcome(d) for d in plan.decisions}
            assert found == expected(world), world
            sends = any(kind == "send" for kind, _ in found.values())
            assert (plan.draft is not None) == sends, world
            if plan.draft is not None:
                assert plan.draft.amount == owed_in_text(world), world
            seen |= set(found.values())
        assert len(seen) > 5, "worlds that all come out alike prove little"

    def test_leaves_out_what_a_later_step_has_said_already(self) -> None:
        """Whatever else is true, nothing is sent that is older than what was said last."""
        said = {1: Spoken("A+5", 5, at(-1))}
        for world in worlds(clock="10:00", a="owed", written_to="never"):
            facts = borrower(world)
            spoken = Borrower(
                **{f.name: getattr(facts, f.name) for f in fields(facts)} | {"spoken": said}
            )
            plan = decide(
                spoken, candidates=[candidate(world, "A+1")], rules=LIMITS, now=at(hour(world))
            )

            assert not isinstance(plan.decisions[0].verdict, Send | Defer) or alone(world, "A+1")
