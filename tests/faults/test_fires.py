"""A small fire in each suite; `make fires` is the large one."""

from typing import Any

import pytest

from tests.faults.__main__ import set_fire, table
from tests.faults.fire import Size
from tests.faults.servers import Servers

pytestmark = [pytest.mark.broker, pytest.mark.faults]

SMALL = Size(messages=600, kills=6, restarts=2, seed=1, pause_seconds=1.2)


def burnt(servers: Servers, *, name: str, honours: bool) -> dict[str, Any]:
    """The figures of a small fire in which every promise held."""
    verdict = set_fire(servers, SMALL, name=name, honours=honours)
    assert verdict.broken == [], f"seed {SMALL.seed}\n{table(verdict.figures)}"
    return verdict.figures


class TestFire:
    def test_loses_nothing_and_sends_nothing_twice(self, servers: Servers) -> None:
        figures = burnt(servers, name="honours", honours=True)

        assert figures["lost"] == figures["sent_twice"] == 0
        assert figures["kills"] == SMALL.kills
        assert figures["restarts"] == SMALL.restarts
        assert figures["calls_unclear"] > 0

    def test_leaves_unknown_what_a_gateway_that_sends_everything_cannot_clear_up(
        self, servers: Servers
    ) -> None:
        figures = burnt(servers, name="ignores", honours=False)

        assert figures["lost"] == figures["sent_twice"] == figures["resent_on_a_guess"] == 0
        assert figures["calls_unclear"] > 0
