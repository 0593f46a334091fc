"""The phone network: a gateway in memory, with every fault that a real one was seen to have.

It keeps its own book of what it took and what reached a phone; the promises are checked against
that book. Its receipts come in the JSON format, through the same raw store as over HTTP.
"""

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from random import Random
from typing import Protocol

from reminders.gateways.base import (
    Accepted,
    Busy,
    GatewayUnreachable,
    Outcome,
    ReadReceipts,
    Rejected,
    Status,
    Text,
    Unclear,
)
from reminders.gateways.simulator import NAME
from reminders.simulation.scenario import Scenario


class Weather(Enum):
    """How the gateway behaves for a while."""

    FINE = "fine"
    DOWN = "down"  # no connection: certainly nothing was sent
    THROTTLED = "throttled"  # some are told to come later
    CUT_BEFORE = "cut before"  # the connection breaks; nothing was taken
    CUT_AFTER = "cut after"  # the connection breaks; all was taken
    SLOW = "slow"  # the connection breaks; what was sent arrives minutes later
    ERRORS = "errors"  # an error of the server, for some after they were taken
    PICKY = "picky"  # some are rejected for good
    MIXED = "mixed"  # each text fares differently


ROUGH = tuple(weather for weather in Weather if weather is not Weather.FINE)


_PASSING = ("expired", "phone_off")
"""Codes of failures that may pass: the text may be sent again."""


class PhoneBook(Protocol):
    """What the network knows of numbers."""

    def works(self, number: str) -> bool:
        """Whether somebody can be reached at it."""
        ...


@dataclass(slots=True)
class Taken:
    """A text that the network took at `at`, and what becomes of it at `ends_at`."""

    text: Text
    at: datetime
    ended: str
    ends_at: datetime


class Carrier:
    """See the module. Speaks the `Gateway` protocol; `name` is that whose receipts are read."""

    name = NAME
    takes_demonstrations = True

    def __init__(
        self,
        scenario: Scenario,
        *,
        phones: PhoneBook,
        clock: Callable[[], datetime],
        before_taking: Callable[[Sequence[Text]], None],
        after_taking: Callable[[Sequence[Text]], None],
    ) -> None:
        """`before_taking` and `after_taking` are told of every call, as it comes and goes."""
        self.honours_references = scenario.honours_references
        self.can_query = scenario.can_query
        self.max_batch = scenario.max_batch
        self.weather = Weather.FINE
        self.taken: dict[str, Taken] = {}
        self.twice: list[str] = []
        self._late = scenario.rates.late
        self._random = Random(f"carrier/{scenario.seed}")
        self._phones = phones
        self._clock = clock
        self._before, self._after = before_taking, after_taking
        self._receipts: list[tuple[datetime, int, str]] = []
        self._arriving: list[tuple[datetime, int, Text]] = []
        self._number = 0

    def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
        """As the weather has it."""
        self._before(texts)
        outcomes = [self._one(text) for text in texts]
        self._after(texts)
        return outcomes

    def _one(self, text: Text) -> Outcome:
        weather = self.weather
        if weather is Weather.MIXED:
            weather = self._random.choice(tuple(Weather))
        chance = self._random.random()
        match weather:
            case Weather.DOWN:
                return Busy("unreachable")
            case Weather.THROTTLED if chance < 0.6:
                return Busy("throttled", retry_after=self._random.choice((None, 30.0, 900.0)))
            case Weather.CUT_BEFORE:
                return Unclear("timeout")
            case Weather.CUT_AFTER:
                self._take(text)
                return Unclear("timeout")
            case Weather.SLOW:
                arrives = self._clock() + timedelta(minutes=self._random.uniform(1, 8))
                heapq.heappush(self._arriving, (arrives, self._next(), text))
                return Unclear("timeout")
            case Weather.ERRORS if chance < 0.7:
                if chance < 0.35:
                    self._take(text)
                return Unclear("http_500")
            case Weather.PICKY if chance < 0.3:
                return Rejected("content_refused")
        if not self._phones.works(text.to) and chance < 0.5:
            return Rejected("invalid_number", address_unusable=True)
        self._take(text)
        return Accepted(f"net-{text.reference}")

    def _take(self, text: Text) -> None:
        if text.reference in self.taken:
            if not self.honours_references:
                self.twice.append(text.reference)
            return
        now, random = self._clock(), self._random
        rough = random.random() < self._late
        delay = timedelta(seconds=random.uniform(1, 20_000 if rough else 30))
        ended, code = "delivered", ""
        if not self._phones.works(text.to):
            ended, code = "undelivered", "invalid_number"
        elif rough and random.random() < 0.3:
            ended, code = "undelivered", random.choice(("blocked", *_PASSING))
        taken = self.taken[text.reference] = Taken(text, now, ended, now + delay)
        self._tell(taken, code=code, rough=rough)

    def _tell(self, taken: Taken, *, code: str, rough: bool) -> None:
        """Receipts: usually one; in rough times none, two, too many, or one that is wrong."""
        reference, at, random = taken.text.reference, taken.ends_at, self._random
        if rough and random.random() < 0.3:
            return  # lost
        self.post(at, self._receipt(reference, status=taken.ended, code=code, at=at))
        if not rough:
            return
        if random.random() < 0.4:
            again = at + timedelta(seconds=random.uniform(0, 7_200))
            self.post(again, self._receipt(reference, status=taken.ended, code=code, at=at))
        if random.random() < 0.3:  # "accepted" after the end
            late = at + timedelta(seconds=random.uniform(0, 600))
            self.post(late, self._receipt(reference, status="accepted", code="", at=taken.at))
        if random.random() < 0.1:  # the opposite, afterwards
            other = "undelivered" if taken.ended == "delivered" else "delivered"
            late = at + timedelta(seconds=random.uniform(60, 90_000))
            self.post(late, self._receipt(reference, status=other, code="expired", at=late))

    def _receipt(self, reference: str, *, status: str, code: str, at: datetime) -> str:
        item: dict[str, object] = {
            "reference": reference,
            "status": status,
            "code": code,
            "at": at.isoformat(),
            "temporary": code in _PASSING,
        }
        if self._random.random() < 0.5:
            item["event"] = f"e{self._next()}"
        return json.dumps({"receipts": [item]})

    def post(self, at: datetime, body: str) -> None:
        """A callback that comes at `at`."""
        heapq.heappush(self._receipts, (at, self._next(), body))

    def callbacks(self, *, now: datetime) -> list[str]:
        """Bodies of the callbacks that have come by now, once."""
        bodies = []
        while self._receipts and self._receipts[0][0] <= now:
            bodies.append(heapq.heappop(self._receipts)[2])
        return bodies

    def arrive(self, *, now: datetime) -> None:
        """What was sent slowly and is there by now."""
        while self._arriving and self._arriving[0][0] <= now:
            self._take(heapq.heappop(self._arriving)[2])

    def may_have(self, reference: str) -> bool:
        """Whether it took this text, or it is on its way."""
        on_its_way = (text.reference for _at, _number, text in self._arriving)
        return reference in self.taken or reference in on_its_way

    def next_event(self) -> datetime | None:
        """When something comes next of itself."""
        times = [queue[0][0] for queue in (self._receipts, self._arriving) if queue]
        return min(times, default=None)

    def postpone(self, until: datetime) -> None:
        """No callback before `until`, for a quiet day. What was sent arrives within minutes on any
        day."""
        self._receipts = [(max(at, until), number, body) for at, number, body in self._receipts]
        heapq.heapify(self._receipts)

    def query(self, references: Sequence[str]) -> list[Status]:
        """What it knows. One that does not honour references sometimes denies what it took."""
        if self.weather in (Weather.DOWN, Weather.CUT_BEFORE, Weather.CUT_AFTER):
            raise GatewayUnreachable("no connection")
        return [
            status for reference in references if (status := self._status(reference)) is not None
        ]

    def _status(self, reference: str) -> Status | None:
        taken, now = self.taken.get(reference), self._clock()
        rough = self._random.random() < self._late
        if rough and self._random.random() < 0.3:
            return None  # left out of the answer
        denied = not self.honours_references and self._random.random() < 0.3
        if taken is None or denied:
            return Status(reference, "not_found", "", None, f"q{self._next()}")
        if taken.ends_at > now:
            return Status(reference, "accepted", "", taken.at, f"q{self._next()}")
        dead = taken.ended == "undelivered" and not self._phones.works(taken.text.to)
        status = "delivered" if taken.ended == "delivered" else "undelivered"
        return Status(
            reference,
            "delivered" if status == "delivered" else "undelivered",
            "" if status == "delivered" else "expired",
            taken.ends_at,
            f"q{self._next()}",
            address_unusable=dead,
        )

    def _next(self) -> int:
        self._number += 1
        return self._number

    def verify(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Callbacks of the world are not signed: they do not come over a network."""

    def read_receipts(self, body: str) -> ReadReceipts:
        """Not asked here: stored callbacks are read by the reader of that name."""
        raise NotImplementedError(body)
