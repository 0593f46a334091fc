"""The servers that the tests of this folder may end; made once, a database for each test."""

from collections.abc import Iterator

import pytest

from tests.faults.servers import Servers


@pytest.fixture(scope="package")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey of our own, whatever the rest of the suite uses."""
    with Servers() as running:
        yield running
