"""One world: the clock, the ticks, and what goes wrong."""

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.test.utils import override_settings

from accounts.models import Customer, Staff
from reminders.gateways.base import Text
from reminders.models import Message, RawReceipt
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import PlanCounts, plan
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.sweeping import sweep
from reminders.simulation import endings
from reminders.simulation.biography import biography
from reminders.simulation.book import Book
from reminders.simulation.carrier import ROUGH, Carrier, Weather
from reminders.simulation.deaths import Reaper, WorkerDied
from reminders.simulation.lessons import Lessons
from reminders.simulation.life import Life
from reminders.simulation.operator import set_up
from reminders.simulation.policies import Publisher
from reminders.simulation.promises import BrokenPromise, Promises
from reminders.simulation.quiet import QuietDay, is_beyond_previews
from reminders.simulation.scenario import Scenario
from reminders.simulation.truth import Truth

TICK = timedelta(seconds=10)
PLAN_EVERY = timedelta(hours=10)
SETTLING = timedelta(days=5)
"""Time without new faults at the end, in which everything must come to its end."""

_LIFE_EVERY = timedelta(hours=5)
_TRACE_LINES = 60


class DatabaseInUse(RuntimeError):
    """The database holds borrowers: a world is made in an empty one."""


@dataclass(slots=True)
class Result:
    """What a world came to."""

    seed: int
    days: int
    texts: int = 0
    checked: int = 0
    deaths: int = 0
    ticks: int = 0
    decided: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    trace: tuple[str, ...] = ()


@dataclass(slots=True)
class _Due:
    """When the tables want something next."""

    dispatch: datetime | None = None
    sweep: datetime | None = None
    has_callbacks: bool = False


_DUE = """
SELECT
    (SELECT min(next_attempt_at) FROM reminders_reminder WHERE state = 'planned'),
    least(
        (SELECT min(lease_until) FROM reminders_message WHERE state = 'sending'),
        (SELECT min(ask_at) FROM reminders_message WHERE ask_at IS NOT NULL)
    ),
    EXISTS (SELECT 1 FROM reminders_rawreceipt WHERE applied_at IS NULL)
"""


class World:
    """See the module. `run` once."""

    def __init__(self, scenario: Scenario) -> None:
        """Writes the book and the policy. Raises DatabaseInUse."""
        if Customer.objects.exists():
            raise DatabaseInUse("there are borrowers in this database; a world needs an empty one")
        self.scenario = scenario
        self.now = scenario.begins
        self._ends = scenario.begins + timedelta(days=scenario.days)
        self._random = Random(f"world/{scenario.seed}")
        self._reaper = Reaper(random=self._random, rate=scenario.rates.death)
        self._trace: deque[str] = deque(maxlen=_TRACE_LINES)
        self.result = Result(scenario.seed, scenario.days)
        self.truth = Truth()
        self._law = law = set_up(scenario, now=self.now)
        self.book = Book(scenario, truth=self.truth)
        self.book.write(now=self.now)
        self.publisher = Publisher(
            random=self._random, truth=self.truth, limits=law.limits, now=self.now
        )
        self.lessons: Lessons | None = None
        if scenario.has_campaigns:
            self.lessons = Lessons(scenario, truth=self.truth, now=self.now)
        self.life = Life(
            scenario,
            truth=self.truth,
            book=self.book,
            publisher=self.publisher,
            lessons=self.lessons,
            agent=Staff.objects.create(username="simulated-agent"),
        )
        self.life.said = self._say
        self.promises = Promises(truth=self.truth, law=law)
        self.carrier = Carrier(
            scenario,
            phones=self.book.numbers,
            clock=lambda: self.now,
            before_taking=self._before_call,
            after_taking=self._after_call,
        )
        self._plan_at = self.now
        self.planned_at: list[datetime] = []
        self._weather_until = self.now
        self._claim = (self.now, 0)
        self._nested = False
        self._quiet = QuietDay(scenario.begins + timedelta(days=scenario.quiet_day))
        self._faults = any(
            getattr(scenario.rates, name) for name in scenario.rates.__dataclass_fields__
        )

    def run(self) -> Result:
        """To the end, or to the first broken promise."""
        try:
            with _settings_of(self.scenario), _seeded_references(self.scenario.seed):
                while self.now < self._ends + SETTLING:
                    self._tick()
                    self.now = self._next()
                endings.check(
                    endings.Settled(
                        truth=self.truth,
                        law=self._law,
                        carrier=self.carrier,
                        reigns=self.publisher.reigns,
                        planned_at=self.planned_at,
                        begins=self.scenario.begins,
                        ends=self._ends,
                        now=self.now,
                    )
                )
        except BrokenPromise as broken:
            self.result.broken = str(broken)
            self.result.trace = (*self._trace, *biography(broken.customer_id))
        self.result.texts = len(self.carrier.taken)
        self.result.checked = self.promises.checked
        return self.result

    def _say(self, line: str) -> None:
        self._trace.append(f"{self.now:%Y-%m-%d %H:%M:%S}Z {line}")

    @property
    def _settling(self) -> bool:
        return self.now >= self._ends

    @property
    def _is_quiet(self) -> bool:
        return self._quiet.is_foreseen and self._quiet.is_now(self.now)

    def _chance(self, rate: float) -> bool:
        if self._settling or self._is_quiet or rate <= 0:
            return False
        return self._random.random() < rate

    def _tick(self) -> None:
        """Everything that is due now, in the order in which it would come."""
        if self._settling:  # nothing new is begun
            if self.publisher.policy.is_active:
                self.publisher.switch(now=self.now)
            if self.lessons is not None:
                self.lessons.stop_all(self.now)
        self.result.ticks += 1
        if self.now >= self._quiet.ends:
            self._quiet.compare()
        self._change_weather()
        self.life.happen(now=self.now)
        self.carrier.arrive(now=self.now)
        bodies = [] if self._is_quiet else self.carrier.callbacks(now=self.now)
        RawReceipt.objects.bulk_create(
            RawReceipt(gateway=self.carrier.name, body=body, received_at=self.now)
            for body in bodies
        )
        due = self._due()
        if self.now >= self._plan_at:
            self._plan_at = self.now + timedelta(minutes=1)  # should the planner die
            self._stage("plan", self._plan)
            due = self._due()
        if due.dispatch is not None and due.dispatch <= self.now:
            self._stage("dispatch", self._dispatch)
        unread = due.has_callbacks and not self._is_quiet
        if unread or self._chance(self.scenario.rates.echo):
            self._stage("receipts", lambda: apply_receipts(now=self.now, limit=1_000))
        if due.sweep is not None and due.sweep <= self.now and not self._is_quiet:
            self._stage("sweep", lambda: sweep(now=self.now, gateway=self.carrier))
        self.promises.after_tick(carrier=self.carrier)
        if self.now == self._quiet.begins:
            self._begin_quiet_day()

    def _begin_quiet_day(self) -> None:
        """Nobody acts, nothing breaks, no answer comes until the end of the day."""
        self.life.postpone(self._quiet.ends)
        self.carrier.postpone(self._quiet.ends)
        self.carrier.weather, self._weather_until = Weather.FINE, self._quiet.ends
        plan(now=self.now)
        if self._quiet.outlasts(self.truth.fed_at.known(self.truth.commits)):
            self.book.feed(now=self.now)  # previews take it that feeds go on
        if not self.scenario.has_unreadable and not is_beyond_previews():
            self._quiet.foresee(now=self.now)
            self._say("a quiet day begins")
            self._stage("dispatch", self._dispatch)

    def _stage(self, name: str, work: Callable[[], object]) -> None:
        """One call of a stage by a worker who may die; the next tick brings another."""
        for _ in range(2 if self._chance(self.scenario.rates.echo) else 1):
            try:
                if self._settling or self._nested or self._is_quiet:
                    done = work()
                else:
                    with self._reaper.mortal():
                        done = work()
            except WorkerDied:
                self.result.deaths += 1
                self._say(f"a worker died in {name}")
            else:
                self._say(f"{name}: {done}")

    def _plan(self) -> PlanCounts:
        counts = plan(now=self.now)
        self.planned_at.append(self.now)
        self._plan_at = self.now + PLAN_EVERY
        return counts

    def _dispatch(self) -> Counter[str]:
        """Batch after batch until nothing is due, as the task does it."""
        total: Counter[str] = Counter()
        while True:
            self._claim = (self.now, self.truth.commits)
            counts = dispatch(
                now=self.now,
                gateway=self.carrier,
                limit=self.scenario.batch,
                stopwatch=self._seconds,
            )
            total += counts.decided
            self.result.decided += counts.decided
            if self._is_quiet:
                self._quiet.happen(counts.decided)
            if not counts.borrowers:
                return total

    def _seconds(self) -> float:
        """What a stopwatch shows."""
        return self.now.timestamp()

    def _before_call(self, texts: Sequence[Text]) -> None:
        """Check what is about to leave; then, at times, something else happens first."""
        claimed_at, claim = self._claim
        with self._reaper.spared():
            self.promises.at_hand_over(
                texts,
                carrier=self.carrier,
                claimed_at=claimed_at,
                claim=claim,
                now=self.now,
            )
        self._reaper.step()
        if not self._nested and self._chance(self.scenario.rates.meanwhile):
            with self._reaper.spared():
                self._meanwhile(texts)

    def _meanwhile(self, texts: Sequence[Text]) -> None:
        """While one worker calls: people act, time passes, other workers work."""
        owners = {self.book.numbers.owner[text.to] for text in texts}
        claim, self._nested = self._claim, True
        try:
            if self._random.random() < 0.6:
                self.life.meanwhile(owners, now=self.now)
            if self._random.random() < 0.3:
                self.now += timedelta(seconds=self._random.choice((5, 60, 170, 200, 600)))
                self._say("the call is slow")
                self._stage("sweep by another", lambda: sweep(now=self.now, gateway=self.carrier))
            if self._random.random() < 0.5:
                self._stage("dispatch by another", self._dispatch)
        finally:
            self._claim, self._nested = claim, False

    def _after_call(self, texts: Sequence[Text]) -> None:
        """Receipts may overtake the answer; and some pay because they were written to."""
        with self._reaper.spared():
            for text in texts:
                is_taken = text.reference in self.carrier.taken
                if is_taken and not self._settling and not self._is_quiet:
                    self.life.pay_because_of_text(self.book.numbers.owner[text.to], now=self.now)
        self._reaper.step()

    def _change_weather(self) -> None:
        if self._settling:
            self.carrier.weather = Weather.FINE
        elif self.now >= self._weather_until:
            self._weather_until = self.now + timedelta(hours=self._random.uniform(0.2, 12))
            rough = self._chance(self.scenario.rates.weather)
            self.carrier.weather = self._random.choice(ROUGH) if rough else Weather.FINE
            if rough:
                self._say(f"gateway: {self.carrier.weather.value}")

    def _due(self) -> _Due:
        with connection.cursor() as cursor:
            cursor.execute(_DUE)
            return _Due(*cursor.fetchone())

    def _next(self) -> datetime:
        """The next instant at which something is due, or later when beat or broker are away."""
        due = self._due()
        times = [self._plan_at, self._ends + SETTLING]
        if self._is_quiet:
            ahead = [at for at in (due.dispatch, self._quiet.ends) if at and at > self.now]
            return min(ahead)
        times += [
            at for at in (due.dispatch, due.sweep, self.carrier.next_event()) if at is not None
        ]
        if (lived := self.life.next_event()) is not None:
            # What people do is committed when the clock stops next, at the latest then.
            times.append(max(lived, self.now + _LIFE_EVERY))
        pause = self._random.choice(self.scenario.pauses) if self._faults else TICK
        following = max(self.now + pause, min(times))
        if self._chance(self.scenario.rates.silence / 10):
            following += timedelta(hours=self._random.choice((0.5, 3, 10, 30)))
            self._say(f"no ticks until {following:%Y-%m-%d %H:%M}Z")
        if self.now < self._quiet.begins < following:
            return self._quiet.begins
        return following


@contextmanager
def _settings_of(scenario: Scenario) -> Iterator[None]:
    with override_settings(CONTACT_PROFILE=scenario.profile):
        yield


@contextmanager
def _seeded_references(seed: int) -> Iterator[None]:
    """References of messages from the seed, or back-offs would differ from run to run."""
    random = Random(f"references/{seed}")
    field: Any = Message._meta.get_field("reference")
    before = field._get_default
    field.__dict__["_get_default"] = lambda: uuid.UUID(int=random.getrandbits(128), version=4)
    try:
        yield
    finally:
        field.__dict__["_get_default"] = before
