"""Every gateway of the registry, pointed at whatever server a test needs."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from reminders.gateways import transport
from reminders.gateways.base import Gateway, Text
from reminders.gateways.registry import BUILDERS
from tests.simulator_process import SimulatorProcess

TOKEN, SECRET = "token", "secret"

GatewayAt = Callable[[str], Gateway]


@pytest.fixture(params=sorted(BUILDERS))
def gateway_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> GatewayAt:
    """Makes each gateway in turn, for an address; impatient, so that time-outs are short."""
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(transport, "READ_SECONDS", 1.0)
    monkeypatch.setattr(transport, "ANSWER_SECONDS_MAX", 1.0)

    def build(url: str) -> Gateway:
        return BUILDERS[request.param](url=url, token=TOKEN, secret=SECRET, callback_url="")

    return build


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[SimulatorProcess]:
    """One simulator for the whole run."""
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def simulator(running_simulator: SimulatorProcess) -> SimulatorProcess:
    """The simulator with all faults off."""
    running_simulator.set_faults()
    return running_simulator


def a_text(**fields: object) -> Text:
    """A text to a borrower of no demonstration book."""
    defaults: dict[str, object] = {
        "reference": str(uuid.uuid4()),
        "to": "+8613800138000",
        "body": "【安心】王**，1,000.00元于11月26日到期。",
        "parts": 1,
        "is_demonstration": False,
    }
    return Text(**defaults | fields)  # type: ignore[arg-type]  # a builder takes any field


def texts(count: int) -> list[Text]:
    """So many texts, each to a number of its own."""
    return [a_text(to=f"+86138{number:08d}") for number in range(count)]
