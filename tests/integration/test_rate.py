"""The rate is kept by all who send, together, whatever each of them does."""

import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from reminders.gateways.base import Accepted, Busy, Outcome, Text
from reminders.gateways.rate import BURST_SECONDS, PacedGateway, Rate, RateUnknown
from reminders.gateways.registry import gateway_named
from tests.contract.conftest import a_text

# Takes portions for so many seconds and tells what it took and when, by the clock of all.
WORKER = """
import sys, time
from reminders.gateways.rate import Rate
url, key, per_second, portion, seconds = sys.argv[1:]
rate = Rate(redis_url=url, key=key, parts_per_second=int(per_second))
until = time.monotonic() + float(seconds)
while (left := until - time.monotonic()) > 0:
    booking = rate.take(int(portion), at_most_wait=left)
    if not booking.is_ours:
        break
    time.sleep(booking.wait)
    print(time.monotonic(), portion, flush=True)
"""


@pytest.fixture
def key(redis_url: str) -> str:
    """A rate of nobody else's."""
    return f"rate-of-test:{uuid.uuid4()}"


def a_rate(redis_url: str, key: str, *, parts_per_second: int = 100) -> Rate:
    """A rate that is kept at the server of the suite."""
    return Rate(redis_url=redis_url, key=key, parts_per_second=parts_per_second)


class Handed:
    """A gateway that takes everything and remembers when."""

    name = "simulator"
    max_batch = 500
    honours_references = can_query = takes_demonstrations = True

    def __init__(self) -> None:
        self.calls: list[tuple[float, list[int]]] = []

    def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
        self.calls.append((time.monotonic(), [text.parts for text in texts]))
        return [Accepted(text.reference) for text in texts]

    query: Any = None
    verify: Any = None
    read_receipts: Any = None


class TestTake:
    def test_gives_a_burst_at_once_and_then_makes_wait(self, redis_url: str, key: str) -> None:
        rate = a_rate(redis_url, key)

        assert rate.burst == 100 * BURST_SECONDS
        assert rate.take(25, at_most_wait=0).wait == 0
        assert 0.05 < rate.take(20, at_most_wait=1).wait <= 0.2
        assert 0.1 < rate.take(10, at_most_wait=1).wait <= 0.3

    def test_books_nothing_that_would_come_too_late(self, redis_url: str, key: str) -> None:
        rate = a_rate(redis_url, key)
        rate.take(25, at_most_wait=0)
        rate.take(25, at_most_wait=1)

        refused = [rate.take(25, at_most_wait=0.2) for _ in range(5)]

        assert not any(booking.is_ours for booking in refused)
        assert all(0.2 < booking.wait <= 0.5 for booking in refused)

    def test_lets_a_text_pass_that_is_larger_than_a_burst(self, redis_url: str, key: str) -> None:
        rate = a_rate(redis_url, key, parts_per_second=2)

        assert rate.take(6, at_most_wait=0).is_ours
        assert 2 < rate.take(1, at_most_wait=10).wait <= 3

    def test_forgets_what_is_over(self, redis_url: str, key: str) -> None:
        a_rate(redis_url, key).take(5, at_most_wait=0)
        time.sleep(0.1)

        assert not redis.Redis.from_url(redis_url).exists(key)

    def test_knows_nothing_without_its_server(self) -> None:
        with pytest.raises(RateUnknown):
            a_rate("redis://127.0.0.1:1/0", "any").take(1, at_most_wait=1)

    def test_is_kept_by_several_processes_together_and_starves_none(
        self, redis_url: str, key: str
    ) -> None:
        """One asks for much at a time and the others for little: each gets on."""
        started = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, redis_url, key, "200", portion, "2"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for portion in ("50", "7", "1", "1")
        ]
        told = [process.communicate(timeout=30)[0].splitlines() for process in started]

        taken = sorted(
            (float(at), int(parts)) for lines in told for at, parts in map(str.split, lines)
        )
        for first in range(0, len(taken), 5):
            parts = 0
            for at, portion in taken[first:]:
                parts += portion
                # A process that slept too long is late, which brings its parts nearer to others'.
                assert parts <= 200 * (at - taken[first][0] + BURST_SECONDS + 0.25)
        assert sum(parts for _, parts in taken) > 200 * 2 * 0.6
        assert all(len(lines) >= 3 for lines in told)


class TestAPacedGateway:
    def test_hands_over_at_its_rate_in_order(self, redis_url: str, key: str) -> None:
        within = Handed()
        paced = PacedGateway(within, rate=a_rate(redis_url, key))
        some = [a_text(parts=parts) for parts in (10, 10, 10, 3, 40, 2)]

        started = time.monotonic()
        answered = paced.send(some, within=5)

        assert answered == [Accepted(text.reference) for text in some]
        assert [parts for _, parts in within.calls] == [[10, 10], [10, 3], [40], [2]]
        for (at, _), earliest in zip(within.calls, (0, 0.08, 0.33, 0.5), strict=True):
            assert at - started >= earliest - 0.01

    def test_turns_away_what_gets_no_part_in_time(self, redis_url: str, key: str) -> None:
        within = Handed()
        paced = PacedGateway(within, rate=a_rate(redis_url, key, parts_per_second=20))
        some = [a_text(parts=5) for _ in range(6)]

        answered = paced.send(some, within=0.45)

        assert [type(one) for one in answered] == [Accepted] * 2 + [Busy] * 4
        waits = [one.retry_after or 0.0 for one in answered if isinstance(one, Busy)]
        assert {one.code for one in answered if isinstance(one, Busy)} == {"rate_limited"}
        assert waits == sorted(waits)
        assert 0.7 < waits[-1] - waits[0] < 0.8
        assert len(within.calls) == 2

    def test_sends_nothing_that_nobody_can_count(self, caplog: pytest.LogCaptureFixture) -> None:
        within = Handed()
        paced = PacedGateway(within, rate=a_rate("redis://127.0.0.1:1/0", "any"))

        answered = paced.send([a_text(), a_text()])

        assert answered == [Busy("rate_unknown", 5.0)] * 2
        assert within.calls == []
        assert "its rate cannot be kept" in caplog.text

    def test_comes_of_the_settings(self, settings: Settings, redis_url: str) -> None:
        settings.SMS_GATEWAY_TEXTS_PER_REQUEST = 1
        settings.SMS_GATEWAY_CONNECTIONS = 16
        settings.SMS_GATEWAY_PARTS_PER_SECOND = 30

        gateway = gateway_named("simulator")

        assert isinstance(gateway, PacedGateway)
        assert (gateway.name, gateway.max_batch) == ("simulator", 64)
        assert gateway.honours_references
        assert gateway.can_query
        assert gateway.takes_demonstrations
