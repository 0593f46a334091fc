"""What `decide` will say, if nothing changes: the same code, asked ahead of time.

Note [Asked ahead]
A reminder that is planned for tomorrow is decided with tomorrow's clock on the facts of now: the
debts, consent and risk as stored, the holds that are in force at that instant, and the texts that
will have gone out before it; the feed of payments is taken to go on. What borrowers and staff do
meanwhile is of course not foreseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reminders.core.contact_rules import ContactRules
from reminders.core.eligibility import decide, newest_spoken
from reminders.core.schedule import HORIZON
from reminders.core.types import ActiveHold, Borrower, Candidate, Coming, Decision, Defer
from reminders.facts.ledger import as_if_fed
from reminders.facts.words import Composed, NoText, Words

ROUNDS_MAX = 30
"""A borrower has a handful of instants within the horizon; what is beyond is not foreseen."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A candidate and when it is next looked at."""

    candidate: Candidate
    next_at: datetime


@dataclass(frozen=True, slots=True)
class ComingHold:
    """A hold that begins later."""

    from_at: datetime
    hold: ActiveHold


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is decided at one instant, and the text that would go out then."""

    at: datetime
    decision: Decision
    text: Composed | None
    text_missing: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one borrower that the future is told from."""

    borrower: Borrower
    coming_holds: tuple[ComingHold, ...]
    rules: ContactRules
    words: Words


def foresee(
    facts: Facts, *, planned: Sequence[Planned], now: datetime, until: datetime | None = None
) -> Mapping[int, tuple[Judgement, ...]]:
    """For each reminder the judgements on it, one more for each time it is put off.

    Steps from instant to instant as dispatch will: what is due then is decided together. With
    `until` what is looked at then or later is left open.
    """
    waiting = {item.candidate.reminder_id: max(item.next_at, now) for item in planned}
    candidates = {item.candidate.reminder_id: item.candidate for item in planned}
    found: dict[int, list[Judgement]] = {pk: [] for pk in waiting}
    sent: tuple[datetime, ...] = ()
    said: list[Candidate] = []
    for _round in range(ROUNDS_MAX):
        if not waiting:
            break
        at = min(waiting.values())
        if until is not None and at >= until:
            break
        due = [candidates[pk] for pk in sorted(waiting) if waiting[pk] <= at]
        borrower = as_if_fed(_as_of(facts, at=at, sent=sent, said=said), at=at, now=now)
        if any(candidate.is_of_campaign for candidate in due):
            later = ((candidates[pk], then) for pk, then in waiting.items() if then > at)
            coming = tuple(
                Coming(c, then)
                for c, then in later
                # What planning will have placed by then.
                if not c.is_of_campaign and c.send_at <= at + HORIZON
            )
            borrower = replace(borrower, coming=coming)
        plan = decide(borrower, candidates=due, rules=facts.rules, now=at)
        text, missing = None, ""
        if plan.draft is not None:
            sent = (*sent, at)
            try:
                text = facts.words.compose(plan.draft, borrower=borrower)
            except NoText as error:
                missing = str(error)
        for decision in plan.decisions:
            pk = decision.candidate.reminder_id
            goes = plan.draft is not None and pk in plan.draft.reminder_ids
            said += [decision.candidate] if goes else []
            found[pk].append(
                Judgement(at, decision, text if goes else None, missing if goes else "")
            )
            del waiting[pk]
            if isinstance(decision.verdict, Defer) and decision.verdict.until > at:
                waiting[pk] = decision.verdict.until
    return {pk: tuple(judgements) for pk, judgements in found.items()}


def _as_of(
    facts: Facts, *, at: datetime, sent: tuple[datetime, ...], said: Sequence[Candidate]
) -> Borrower:
    begun = [coming.hold for coming in facts.coming_holds if coming.from_at <= at]
    holds = [*facts.borrower.holds, *begun]
    return replace(
        facts.borrower,
        holds=tuple(hold for hold in holds if hold.until is None or hold.until > at),
        contacts=(*facts.borrower.contacts, *sent),
        spoken=newest_spoken(facts.borrower.spoken, sent=said),
    )
