"""Fixtures for every test. Servers come from the environment: see `tests/environment.py`."""

import pytest

from tests import environment

_HOW = (
    "{name} is not set, so this test has no server to talk to. Run the suite with `make test`, "
    "or one file with: python -m config.local services -- pytest {file}"
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Says what to do when a test wants a database and there is none."""
    if not environment.DATABASE_WAS_GIVEN:
        pytest.fail(_HOW.format(name="DATABASE_URL", file="tests/…"), pytrace=False)


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> str:
    """Address of the Redis-compatible server for tests that need one."""
    from django.conf import settings

    if not environment.REDIS_WAS_GIVEN:
        pytest.fail(_HOW.format(name="REDIS_URL", file=request.path.name), pytrace=False)
    return str(settings.REDIS_URL)
