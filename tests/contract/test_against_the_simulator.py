"""Every gateway that speaks its format, against the real simulator and its faults."""

import time
from collections.abc import Sequence

import pytest

from reminders.gateways import transport
from reminders.gateways.base import Accepted, Busy, Gateway, Rejected, Status, Text, Unclear
from tests.contract.conftest import GatewayAt, a_text, texts
from tests.simulator_process import SimulatorProcess

# The generic gateway finds the same format one step deeper.
PATHS = {"simulator": "", "json_http": "/v1"}

WAYS = [
    GatewayAt("simulator"),
    GatewayAt("json_http"),
    GatewayAt("json_http", texts_per_request=1, connections=8),
]


@pytest.fixture(params=WAYS, ids=str)
def gateway(
    request: pytest.FixtureRequest, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> Gateway:
    """A gateway that talks to the simulator."""
    monkeypatch.setattr(transport, "READ_SECONDS", 1.0)
    way: GatewayAt = request.param
    return way(simulator.url + PATHS[way.name], token=simulator.token, secret=simulator.secret)


def ask(gateway: Gateway, some: Sequence[Text]) -> list[Status]:
    """What the gateway says of these texts."""
    return gateway.query([text.reference for text in some])


@pytest.mark.parametrize("count", [1, 30], ids=["single", "batch"])
class TestSending:
    def test_reaches_the_phones(
        self, gateway: Gateway, simulator: SimulatorProcess, count: int
    ) -> None:
        some = texts(count)

        answered = gateway.send(some)

        arrived = {text["reference"]: text for text in simulator.texts()}
        assert answered == [Accepted(arrived[text.reference]["id"]) for text in some]
        assert all(arrived[text.reference]["body"] == text.body for text in some)

    def test_the_same_again_is_accepted_as_before_and_arrives_once(
        self, gateway: Gateway, simulator: SimulatorProcess, count: int
    ) -> None:
        some = texts(count)

        assert gateway.send(some) == gateway.send(some)

        arrived = [text["reference"] for text in simulator.texts()]
        assert all(arrived.count(text.reference) == 1 for text in some)

    @pytest.mark.parametrize(("status", "code"), [(503, "unavailable"), (401, "unauthorised")])
    def test_is_busy_when_the_gateway_refuses_to_work(
        self, gateway: Gateway, simulator: SimulatorProcess, count: int, status: int, code: str
    ) -> None:
        simulator.set_faults(error_rate=1.0, error_status=status)
        some = texts(count)

        answered = gateway.send(some)

        assert {type(one) for one in answered} == {Busy}
        assert {one.code for one in answered if isinstance(one, Busy)} == {code}
        simulator.set_faults()
        assert all(status.status == "not_found" for status in ask(gateway, some))

    def test_is_unclear_on_an_inner_error(
        self, gateway: Gateway, simulator: SimulatorProcess, count: int
    ) -> None:
        simulator.set_faults(error_rate=1.0, error_status=500)

        assert set(gateway.send(texts(count))) == {Unclear("http_500")}

    @pytest.mark.parametrize(
        ("hang_ms", "code"), [(0, "connection_broken"), (5_000, "read_timeout")]
    )
    def test_is_unclear_when_it_was_accepted_and_nobody_said_so(
        self, gateway: Gateway, simulator: SimulatorProcess, count: int, hang_ms: int, code: str
    ) -> None:
        simulator.set_faults(timeout_after_acceptance_rate=1.0, hang_ms=hang_ms)
        some = texts(count)

        assert set(gateway.send(some)) == {Unclear(code)}

        simulator.set_faults()
        assert [status.status for status in ask(gateway, some)] == ["delivered"] * count


class TestThrottling:
    def test_of_one_text_is_busy_with_the_gateways_wish(
        self, gateway: Gateway, simulator: SimulatorProcess
    ) -> None:
        simulator.set_faults(throttle_per_second=0.1)
        gateway.send(texts(1))

        (outcome,) = gateway.send(texts(1))

        assert isinstance(outcome, Busy)
        assert outcome.code == "throttled"
        assert outcome.retry_after is not None
        assert 5 < outcome.retry_after <= 10

    def test_of_a_batch_is_busy_for_those_beyond_the_rate(
        self, gateway: Gateway, simulator: SimulatorProcess
    ) -> None:
        simulator.set_faults(throttle_per_second=5)

        answered = gateway.send(texts(20))

        assert [type(one) for one in answered[:5]] == [Accepted] * 5
        assert {type(one) for one in answered[10:]} == {Busy}


class TestBadTexts:
    def test_spoil_no_other_of_their_batch(self, gateway: Gateway) -> None:
        bad_number, empty, good = a_text(to="12"), a_text(body=" "), a_text()

        answered = gateway.send([bad_number, empty, good])

        assert answered[:2] == [
            Rejected("invalid_number", address_unusable=True),
            Rejected("empty_body"),
        ]
        assert isinstance(answered[2], Accepted)

    def test_are_rejected_singly_too(self, gateway: Gateway) -> None:
        assert gateway.send([a_text(to="12")]) == [
            Rejected("invalid_number", address_unusable=True)
        ]
        assert gateway.send([a_text(body="x" * 1_001)]) == [Rejected("content_refused")]

    def test_cannot_break_the_request(self, gateway: Gateway) -> None:
        half_a_pair, good = a_text(body="王\ud800"), a_text(body='"}],\n\t\\ 😀 ﷽')

        answered = gateway.send([half_a_pair, good])

        assert [type(one) for one in answered] == [Rejected, Accepted]


class TestAsking:
    def test_tells_what_became_of_each(self, gateway: Gateway, simulator: SimulatorProcess) -> None:
        delivered, undelivered, lost = texts(3)
        gateway.send([delivered])
        simulator.set_faults(undelivered_rate=1.0)
        gateway.send([undelivered])
        simulator.set_faults(lose_rate=1.0)
        gateway.send([lost])

        statuses = ask(gateway, [delivered, a_text(), undelivered, lost])

        assert [status.status for status in statuses] == [
            "delivered",
            "not_found",
            "undelivered",
            "accepted",
        ]
        assert all(status.provider_id for status in statuses if status.status != "not_found")


class TestARestartedGateway:
    def test_is_found_again(self, gateway: Gateway, simulator: SimulatorProcess) -> None:
        assert isinstance(gateway.send(texts(1))[0], Accepted)
        simulator.kill()
        assert gateway.send(texts(1)) == [Busy("connection_failed")]
        simulator.start()

        deadline = time.monotonic() + 10
        while not isinstance(gateway.send(texts(1))[0], Accepted):
            assert time.monotonic() < deadline
