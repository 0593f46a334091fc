"""Fixtures for every test. Servers come from the environment: see `tests/environment.py`."""

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import translation
from hypothesis import HealthCheck, Phase, settings
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from tests import environment
from tests.simulator_process import SimulatorProcess

if TYPE_CHECKING:
    from reminders.gateways.base import Gateway

# The same examples in every run, and no verdict on the speed of a busy machine.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "mutation",
    parent=settings.get_profile("suite"),
    phases=[Phase.explicit, Phase.generate],
    max_examples=30,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

_HOW = (
    "{name} is not set, so this test has no server to talk to. Run the suite with `make test`, "
    "or one file with: python -m config.local services -- pytest {file}"
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database for each process that shares the suite.

    Says what to do when a test wants a database and there is none.
    """
    if not environment.DATABASE_WAS_GIVEN:
        pytest.fail(_HOW.format(name="DATABASE_URL", file="tests/…"), pytrace=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database of the run. At its end whoever still uses it is waited for, and then shown out:
    a worker that was killed takes a moment to be missed."""
    yield
    with django_db_blocker.unblock():
        until = time.monotonic() + 5
        while _others() and time.monotonic() < until:
            time.sleep(0.2)
        for pid, said in _others():
            print(f"{pid} was still in the database of the tests and had said: {said}")
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()


def _others() -> list[tuple[int, str]]:
    """Number and last statement of the sessions beside ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, left(query, 200) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        found: list[tuple[int, str]] = cursor.fetchall()
    return found


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Members of staff sign in by the hundred."""
    with override_settings(PASSWORD_HASHERS=["tests.passwords.QuickHasher"]):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    """Pages and sentences are compared in English: `usefixtures("english")`."""
    with translation.override("en"):
        yield


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """Address of the Redis-compatible server for tests that need one."""
    from django.conf import settings

    if not environment.REDIS_WAS_GIVEN:
        pytest.fail(_HOW.format(name="REDIS_URL", file=request.path.name), pytrace=False)
    return str(settings.REDIS_URL)


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorProcess]:
    """One simulator for the whole run."""
    with SimulatorProcess() as running:
        yield running


@pytest.fixture
def phone_network(simulator_process: SimulatorProcess, settings: Settings) -> SimulatorProcess:
    """The simulator with all faults off, and settings that point to it."""
    simulator_process.set_faults()
    settings.SMS_GATEWAY_URL = simulator_process.url
    settings.SMS_GATEWAY_TOKEN = simulator_process.token
    settings.SMS_GATEWAY_SECRET = simulator_process.secret
    return simulator_process


@pytest.fixture
def gateway(phone_network: SimulatorProcess) -> "Gateway":
    """The product's own client of it."""
    from reminders.gateways.registry import gateway_named

    return gateway_named("simulator")
