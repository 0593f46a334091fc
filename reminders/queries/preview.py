"""What a policy would do over the coming days, found by the code that does it.

The same join plans, the same `decide()` decides, the same words are composed; only the clock
is virtual and nothing is stored. Facts are those committed now: who pays meanwhile drops out of
the real run and not out of the preview, and the feed of payments is taken to go on.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from reminders.core.eligibility import decide, newest_spoken
from reminders.core.types import Borrower, BorrowerPlan, Candidate, Decision, Defer, Send
from reminders.facts.borrowers import borrowers, rules_in_force
from reminders.facts.grid import book_zones, grid
from reminders.facts.ledger import as_if_fed
from reminders.facts.policies import StepInForce
from reminders.facts.words import NoText, Words
from reminders.queries.walk import candidates

_BORROWERS_AT_ONCE = 1_000


@dataclass(frozen=True, order=True, slots=True)
class Line:
    """What counts are kept by: local day, step, channel, what is decided and why."""

    day: date
    step: str
    channel: str
    decision: str
    reason: str


@dataclass(slots=True)
class Preview:
    """Reminders per line; messages, parts and price per day; the first text of each step."""

    reminders: Counter[Line] = field(default_factory=Counter)
    messages: Counter[date] = field(default_factory=Counter)
    parts: Counter[date] = field(default_factory=Counter)
    price: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    examples: dict[str, str] = field(default_factory=dict)


def preview(
    steps: Sequence[StepInForce], *, first: date, last: date, zone: ZoneInfo, now: datetime
) -> Preview:
    """Decisions of the days `first` to `last`, both included, as days of `zone`.

    1. Find every reminder that planning would place until the end of `last`.
    2. Walk through the instants at which one is looked at, in order, deciding for all its
       borrowers; a deferral comes back at its time, a text counts for the caps after it.
    """
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    world = _World(steps, until=end, now=now)
    result = Preview()
    for at, plans in world.run():
        day = at.astimezone(zone).date()
        if first <= day:
            for borrower, plan in plans:
                _count(result, plan=plan, day=day)
                world.compose(result, borrower=borrower, plan=plan, day=day)
    return result


def foreseen(
    steps: Sequence[StepInForce], *, until: datetime, now: datetime
) -> Iterator[tuple[datetime, Decision]]:
    """Every decision before `until`, in order, with its instant: the rows behind `preview`."""
    for at, plans in _World(steps, until=until, now=now).run():
        for _borrower, plan in plans:
            for made in plan.decisions:
                yield at, made


def _count(result: Preview, *, plan: BorrowerPlan, day: date) -> None:
    for made in plan.decisions:
        channel, decision, reason = _words(made)
        result.reminders[Line(day, made.candidate.step_key, channel, decision, reason)] += 1


def _words(made: Decision) -> tuple[str, str, str]:
    verdict = made.verdict
    if isinstance(verdict, Send):
        return verdict.channel.value, "send", ""
    return "", type(verdict).__name__.lower(), verdict.reason


class _World:
    """Candidates by borrower and time, and what was sent to whom in this preview."""

    def __init__(self, steps: Sequence[StepInForce], *, until: datetime, now: datetime) -> None:
        self._until, self._now = until, now
        self._rules = rules_in_force()
        self._waiting: dict[int, list[tuple[datetime, Candidate]]] = defaultdict(list)
        self._queue: list[tuple[datetime, int]] = []
        self._sent: dict[int, list[datetime]] = defaultdict(list)
        self._said: dict[int, list[Candidate]] = defaultdict(list)
        self._words = Words({step.version.template_id for step in steps})
        for customer_id, at, candidate in _candidates(steps, until=until, now=now):
            self._wait(customer_id, candidate, at=max(at, now))

    def _wait(self, customer_id: int, candidate: Candidate, *, at: datetime) -> None:
        self._waiting[customer_id].append((at, candidate))
        heapq.heappush(self._queue, (at, customer_id))

    def run(self) -> Iterator[tuple[datetime, list[tuple[Borrower, BorrowerPlan]]]]:
        """Each instant at which something is decided, with the plans of its borrowers."""
        while self._queue and self._queue[0][0] < self._until:
            at = self._queue[0][0]
            due: set[int] = set()
            while self._queue and self._queue[0][0] == at and len(due) < _BORROWERS_AT_ONCE:
                due.add(heapq.heappop(self._queue)[1])
            yield at, list(self._decide(due, at=at))

    def _decide(
        self, due: Iterable[int], *, at: datetime
    ) -> Iterator[tuple[Borrower, BorrowerPlan]]:
        for customer_id, found in borrowers(customer_ids=list(due), now=at).items():
            facts = as_if_fed(found, at=at, now=self._now)
            waiting = self._waiting.pop(customer_id, [])
            now_due = [candidate for time, candidate in waiting if time <= at]
            later = [(time, candidate) for time, candidate in waiting if time > at]
            if later:
                self._waiting[customer_id] = later
            if not now_due:
                continue
            sent = [moment for moment in self._sent[customer_id] if moment > at - timedelta(days=7)]
            spoken = newest_spoken(facts.spoken, sent=self._said[customer_id])
            borrower = replace(facts, contacts=(*facts.contacts, *sent), spoken=spoken)
            plan = decide(borrower, candidates=now_due, rules=self._rules, now=at)
            if plan.draft is not None:
                self._sent[customer_id].append(at)
            for made in plan.decisions:
                if isinstance(made.verdict, Send):
                    self._said[customer_id].append(made.candidate)
                if isinstance(made.verdict, Defer):
                    self._wait(customer_id, made.candidate, at=made.verdict.until)
            yield borrower, plan

    def compose(
        self, result: Preview, *, borrower: Borrower, plan: BorrowerPlan, day: date
    ) -> None:
        """Add the text of `plan`, if there is one, to the day's messages, parts and price."""
        if plan.draft is None:
            return
        try:
            text = self._words.compose(plan.draft, borrower=borrower)
        except NoText:
            return
        result.messages[day] += 1
        result.parts[day] += text.parts
        result.price[day] += text.price
        sent = next(d for d in plan.decisions if isinstance(d.verdict, Send))
        result.examples.setdefault(sent.candidate.step_key, text.body)


def _candidates(
    steps: Sequence[StepInForce], *, until: datetime, now: datetime
) -> Iterator[tuple[int, datetime, Candidate]]:
    zones, _ = book_zones()
    cells = grid(steps, zones=zones, now=now, horizon=until - now)
    for customer_id, planned in candidates(steps, cells=cells, loan_ids=None).items():
        for item in planned:
            yield customer_id, item.next_at, item.candidate
