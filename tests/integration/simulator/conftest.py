"""One running simulator for all its tests, quiet at the start of each, and a receiver."""

from collections.abc import Iterator

import pytest

from tests.integration.simulator.helpers import Receiver
from tests.simulator_process import SimulatorProcess


@pytest.fixture(scope="session")
def process() -> Iterator[SimulatorProcess]:
    """The process."""
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def simulator(process: SimulatorProcess) -> SimulatorProcess:
    """The process with all faults off."""
    process.set_faults()
    return process


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server for receipts."""
    one = Receiver()
    yield one
    one.close()
