"""The fire-master: one seed, one list of harms, done to a stack at random moments."""

import heapq
import itertools
import math
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from celery import Celery
from kombu.exceptions import OperationalError as BrokerUnreachable

from tests.faults.book import PAYING_SHARE, Book
from tests.faults.lender import Lender
from tests.faults.stack import TEN_IN_SHANGHAI, Stack

WORKERS = ("worker-1", "worker-2")
SETTLE_SECONDS_MAX = 420
RECOVERY_SECONDS_MAX = 120.0
_MARGIN = 1.15
"""Borrowers for each text that is to be sent: some opted out, some pay in time."""

_MORE = 100
_ENOUGH_DUE = 20
_NOT_NOW_SECONDS = 0.2
_LOOK_EVERY_SECONDS = 0.3
_FIRST_TEXT_SECONDS_MAX = 180.0
_SAY_EVERY_SECONDS = 30.0
_VALKEY_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 2}
_TICKS = {
    "reminders.tick_plan": "ticks",
    "reminders.tick_dispatch": "ticks",
    "reminders.tick_sweep": "ticks",
    "reminders.apply_receipts": "receipts",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent and how much goes wrong. `pause_seconds` lies between harms, on average."""

    messages: int
    kills: int
    restarts: int
    seed: int = 1
    pause_seconds: float = 2.5


@dataclass(slots=True)
class Done:
    """What was done: harms by name, kills by whom, seconds until a text after each emptying."""

    harms: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)


class Fire:
    """`burn` does all the harm, `settle` waits until nothing moves any more. `say` takes a line of
    progress now and then."""

    def __init__(self, stack: Stack, size: Size, *, say: Callable[[str], None]) -> None:
        self.done = Done()
        self.book = Book(stack.folder / "book", TEN_IN_SHANGHAI.date(), random.Random(size.seed))
        self.lender = Lender(stack)
        self._stack, self._size = stack, size
        self._dice = random.Random(size.seed)
        self._say, self._say_at = say, 0.0
        self._mending: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._away: set[str] = set()
        self._caught = False
        self._emptied: datetime | None = None
        self._look_at = 0.0
        self._fault_names = itertools.cycle(self._dice.sample(sorted(FAULTS), len(FAULTS)))
        self._broker = Celery(broker=stack.servers.broker_url, set_as_current=False)
        if stack.servers.rabbitmq is None:
            self._broker.conf.broker_transport_options = _VALKEY_OPTIONS

    def burn(self) -> None:
        """Start everything, then harm upon harm while the lender sends wave upon wave."""
        for name in (*WORKERS, "web", "beat"):
            self._stack.add(name, what="worker" if name in WORKERS else name)
        harms = self._harms()
        waves = max(2, self._size.messages // 1_500)
        sent, total = 0, len(harms)
        each = math.ceil(self._size.messages * _MARGIN / waves)
        next_at = time.monotonic()
        deadline = next_at + _FIRST_TEXT_SECONDS_MAX
        self._stack.set_faults(**FAULTS["closing"])
        while harms or sent < waves or not self.lender.is_done or self._emptied is not None:
            self._watch()
            assert self._has_caught_fire() or time.monotonic() < deadline, (
                f"no text was ever sent; {self._stack.states()}\n{self._stack.tails()}"
            )
            if sent < waves and len(harms) <= total * (1 - 0.85 * sent / waves):
                self.lender.send(self.book.wave(each))
                sent += 1
            if harms and self._has_caught_fire() and time.monotonic() >= next_at:
                name, pause = harms.pop(), _NOT_NOW_SECONDS
                if getattr(self, f"_{name}")():
                    self.done.harms[name] += 1
                    pause = self._dice.expovariate(1 / self._size.pause_seconds)
                else:
                    harms.insert(self._dice.randrange(len(harms) + 1), name)
                    if sent == waves and self.lender.is_done:
                        # This harm wants work under way, and all that was to be sent is.
                        self.lender.send(self.book.wave(_MORE))
                next_at = time.monotonic() + pause
            time.sleep(0.05)

    def settle(self) -> float:
        """Mend everything and wait, on a clock that is moved on, until all is known that ever
        will be. The seconds it took."""
        started = time.monotonic()
        while self._mending:
            self._watch()
            time.sleep(0.05)
        self._stack.set_faults()
        # Two hours later every gateway may be asked about everything and nobody backs off.
        self._stack.move_clock(timedelta(hours=2))
        self._wait_for("an answer about every text", _UNASKED)
        # Three days later nobody knows any more.
        self._stack.move_clock(timedelta(hours=75))
        self._wait_for("the end of every limbo", _OPEN)
        return time.monotonic() - started

    def _wait_for(self, what: str, sql: str) -> None:
        self._stack.wait_until(
            lambda: (
                self._stack.query(sql, {"now": self._stack.now()})[0][0] == 0
                and self._stack.gateway.stats()["receipts_pending"] == 0
            ),
            what=what,
            seconds=SETTLE_SECONDS_MAX,
        )

    def _harms(self) -> list[str]:
        size = self._size
        empties = max(1, size.restarts // 3)
        names = (
            ["kill"] * (size.kills - empties * len(WORKERS))
            + ["empty"] * empties
            + ["stop_broker"] * (size.restarts // 2)
            + ["stop_database"] * (size.restarts - size.restarts // 2)
            + ["change_faults"] * max(len(FAULTS), size.kills // 2)
            + ["stop_gateway"] * max(1, size.kills // 15)
            + ["second_beat"] * max(1, size.kills // 25)
            + ["double_ticks"] * max(1, size.kills // 10)
        )
        self._dice.shuffle(names)
        return names

    def _watch(self) -> None:
        """What goes on between two harms."""
        while self._mending and self._mending[0][0] <= time.monotonic():
            heapq.heappop(self._mending)[2]()
        self._stack.supervise()
        self.lender.work()
        if time.monotonic() >= self._say_at:
            self._say(f"{self.done.kills.total()} kills, {self._stack.states()}")
            self._say_at = time.monotonic() + _SAY_EVERY_SECONDS
        if self._emptied is not None and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
            seconds = (self._stack.now() - self._emptied).total_seconds()
            if self._sends_again() or seconds > RECOVERY_SECONDS_MAX:
                self.done.recoveries.append(seconds)
                self._emptied = None

    def _sends_again(self) -> bool:
        """A text was accepted that was opened after the broker had been emptied: what was on its
        way in that moment does not count."""
        with suppress(psycopg.OperationalError):
            return bool(self._stack.query(_ACCEPTED_SINCE, {"since": self._emptied}))
        return False

    def _has_caught_fire(self) -> bool:
        """No harm is done before a first call was cut, of which nobody knows what became."""
        self._caught = self._caught or bool(self._stack.query(_CUT))
        return self._caught

    def _later(self, low: float, high: float, mend: Callable[[], None]) -> None:
        at = time.monotonic() + self._dice.uniform(low, high)
        heapq.heappush(self._mending, (at, next(self._order), mend))

    def _away_for(self, what: str, low: float, high: float, back: Callable[[], None]) -> None:
        def mend() -> None:
            back()
            self._away.discard(what)

        self._away.add(what)
        self._later(low, high, mend)

    # The harms. Each is True when it was done, False when this is no moment for it.

    def _kill(self) -> bool:
        who = self._dice.choices(
            ["child", "worker", "beat", "web", "import"], weights=[40, 30, 14, 8, 8]
        )[0]
        if who == "child":
            children = [pid for name in WORKERS for pid in self._stack.members[name].children()]
            if not children:
                return False
            with suppress(ProcessLookupError):
                os.kill(self._dice.choice(sorted(children)), signal.SIGKILL)
        elif who == "import":
            if not self.lender.kill():
                return False
        else:
            name = self._dice.choice(WORKERS) if who == "worker" else who
            if not self._stack.members[name].kill():
                return False
        self.done.kills[who] += 1
        return True

    def _empty(self) -> bool:
        """The broker is emptied, and no worker survives it: only rows can bring the work back."""
        if self._away or self._emptied is not None:
            return False
        if self._stack.query(_DUE, {"now": self._stack.now()})[0][0] < _ENOUGH_DUE:
            return False
        for name in WORKERS:
            self.done.kills["worker"] += self._stack.members[name].kill()
        self._stack.servers.empty_broker()
        self._emptied = self._stack.now()
        return True

    def _stop_broker(self) -> bool:
        if "broker" in self._away:
            return False
        servers = self._stack.servers
        servers.kill_broker()
        self._away_for("broker", 0.5, 6, servers.start_broker)
        return True

    def _stop_database(self) -> bool:
        if "database" in self._away:
            return False
        servers = self._stack.servers
        servers.stop_postgres_at_once()
        self._away_for("database", 0.5, 5, servers.start_postgres)
        return True

    def _stop_gateway(self) -> bool:
        if "gateway" in self._away:
            return False
        self._stack.gateway.kill()
        self._away_for("gateway", 0.5, 8, self._stack.gateway.start)
        return True

    def _change_faults(self) -> bool:
        if "gateway" in self._away:
            return False
        name = next(self._fault_names)
        seed = self._dice.randrange(2**31)
        self._stack.set_faults(**FAULTS[name], seed=seed)
        return True

    def _second_beat(self) -> bool:
        if "beat-2" in self._stack.members:
            return False
        self._stack.add("beat-2", what="beat")
        self._later(6, 12, lambda: self._stack.remove("beat-2"))
        return True

    def _double_ticks(self) -> bool:
        if "broker" in self._away:
            return False
        for task, queue in _TICKS.items():
            for _ in range(2):
                try:
                    self._broker.send_task(task, queue=queue, retry=False, expires=30)
                except BrokerUnreachable:  # the connection is of before the last restart
                    return False
        return True


FAULTS: dict[str, dict[str, object]] = {
    "slow": {"latency_ms": 4_000},
    "quick": {"latency_ms": 300},
    "throttling": {"throttle_per_second": 60, "latency_ms": 300},
    "hanging": {"timeout_after_acceptance_rate": 0.4, "hang_ms": 11_000, "latency_ms": 1_000},
    # Receipts that overtook the answer would clear up what this is to leave unclear.
    "closing": {
        "timeout_after_acceptance_rate": 0.5,
        "latency_ms": 2_000,
        "receipt_delay_ms": [4_000, 8_000],
    },
    "failing": {"error_rate": 0.5, "error_status": 500, "latency_ms": 1_000},
    "unavailable": {"error_rate": 0.5, "error_status": 503, "latency_ms": 1_000},
    "odd_receipts": {
        "double_receipt_rate": 0.5,
        "receipt_delay_ms": [0, 5_000],
        "reorder_receipts": True,
        "latency_ms": 2_500,
    },
    "losing": {
        "lose_rate": 0.03,
        "undelivered_rate": 0.05,
        "temporary_rate": 0.5,
        "latency_ms": 2_500,
    },
}

_CUT = "SELECT 1 FROM reminders_attempt WHERE code = 'connection_broken' LIMIT 1"

_ACCEPTED_SINCE = """
    SELECT 1 FROM reminders_attempt WHERE opened_at > %(since)s AND outcome = 'accepted' LIMIT 1
"""
_DUE = """
    SELECT count(*) FROM reminders_reminder
    WHERE state = 'planned' AND next_attempt_at <= %(now)s
"""
_NOT_PLANNED = """
    SELECT count(*) FROM accounts_instalment AS instalment
    WHERE instalment.settled_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM reminders_reminder WHERE instalment_id = instalment.id
    )
"""
_UNASKED = f"""
    SELECT ({_NOT_PLANNED})
        + (SELECT count(*) FROM reminders_reminder WHERE state = 'planned')
        + (SELECT count(*) FROM reminders_rawreceipt WHERE applied_at IS NULL)
        + (
            SELECT count(*) FROM reminders_message
            WHERE state IN ('sending', 'waiting') OR ask_at <= %(now)s
        )
"""
_OPEN = f"""
    SELECT ({_UNASKED})
        + (SELECT count(*) FROM reminders_message WHERE state = 'accepted' OR ask_at IS NOT NULL)
"""
assert 0 < PAYING_SHARE < _MARGIN - 1
