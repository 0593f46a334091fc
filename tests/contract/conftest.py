"""Every gateway of the registry, pointed at whatever server a test needs."""

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from reminders.gateways import transport
from reminders.gateways.base import Gateway, Text
from reminders.gateways.registry import BUILDERS
from tests.simulator_process import SimulatorProcess

TOKEN, SECRET = "token", "secret"


@dataclass(frozen=True, slots=True)
class GatewayAt:
    """Makes a gateway of the registry for an address, with these numbers of the settings."""

    name: str
    texts_per_request: int = 0
    connections: int = 1

    def __str__(self) -> str:
        return f"{self.name}-{self.texts_per_request or 'many'}x{self.connections}"

    def __call__(self, url: str, *, token: str = TOKEN, secret: str = SECRET) -> Gateway:
        """The gateway for this address."""
        return BUILDERS[self.name](
            url=url,
            token=token,
            secret=secret,
            callback_url="",
            texts_per_request=self.texts_per_request,
            connections=self.connections,
        )

    def requests_for(self, count: int) -> int:
        """In how many requests so many texts go."""
        return math.ceil(count / (self.texts_per_request or count))


IN_BATCHES = [GatewayAt(name) for name in sorted(BUILDERS)]

# The simulator is the generic gateway with other promises: what differs by the way that requests
# go is seen on one of the two.
OTHERS = sorted(BUILDERS.keys() - {"simulator"})
MANY_AT_ONCE = [GatewayAt(name, connections=4) for name in OTHERS]
ONE_BY_ONE = [GatewayAt(name, texts_per_request=1, connections=4) for name in OTHERS]


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(transport, "READ_SECONDS", 1.0)
    monkeypatch.setattr(transport, "ANSWER_SECONDS_MAX", 1.0)


@pytest.fixture(params=[*IN_BATCHES, *ONE_BY_ONE], ids=str)
def gateway_at(request: pytest.FixtureRequest, _impatient: None) -> GatewayAt:
    """Each gateway in turn, in batches and text by text; impatient, so that time-outs are short."""
    made: GatewayAt = request.param
    return made


@pytest.fixture(params=[*IN_BATCHES, *MANY_AT_ONCE], ids=str)
def batches_at(request: pytest.FixtureRequest, _impatient: None) -> GatewayAt:
    """Each gateway that takes several texts in a request, over one connection and over several."""
    made: GatewayAt = request.param
    return made


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
