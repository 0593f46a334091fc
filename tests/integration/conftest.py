"""A gateway over real HTTP for the tests of the pipeline."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from reminders.gateways.base import Gateway
from reminders.gateways.registry import gateway_named
from tests.simulator_process import SimulatorProcess


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorProcess]:
    """One simulator for the whole run."""
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def phone_network(
    simulator_process: SimulatorProcess, settings: Settings
) -> SimulatorProcess:
    """The simulator with all faults off, and settings that point to it."""
    simulator_process.set_faults()
    settings.SMS_GATEWAY_URL = simulator_process.url
    settings.SMS_GATEWAY_TOKEN = simulator_process.token
    settings.SMS_GATEWAY_SECRET = simulator_process.secret
    return simulator_process


@pytest.fixture
def gateway(phone_network: SimulatorProcess) -> Gateway:
    """The product's own client of it."""
    return gateway_named("simulator")
