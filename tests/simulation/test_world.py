"""A fixed set of small worlds, in every run of the suite. `make simulate` makes larger ones."""

import pytest

from reminders.models import Message
from reminders.simulation import scratch
from reminders.simulation.scenario import drawn
from reminders.simulation.world import DatabaseInUse, Result, World
from tests.builders import a_customer

pytestmark = pytest.mark.django_db(transaction=True)


def a_world(seed: int, *, faults: bool = True, campaigns: bool = False) -> World:
    scratch.make_repeatable()
    scratch.empty()
    return World(drawn(seed, days=24, customers=60, faults=faults, campaigns=campaigns))


def what_happened(result: Result) -> tuple[object, ...]:
    return result.texts, result.checked, result.deaths, result.ticks, result.decided


class TestWorld:
    @pytest.mark.parametrize("seed", range(1, 9))
    def test_keeps_every_promise_while_things_go_wrong(self, seed: int) -> None:
        result = a_world(seed).run()

        assert not result.broken, "\n".join((result.broken, *result.trace))
        assert result.texts > 20

    @pytest.mark.parametrize("seed", [101, 102])
    def test_keeps_every_promise_beside_campaigns(self, seed: int) -> None:
        result = a_world(seed, campaigns=True).run()

        assert not result.broken, "\n".join((result.broken, *result.trace))
        assert Message.objects.filter(reminders__campaign__isnull=False).count() > 20

    def test_keeps_every_promise_while_all_is_well(self) -> None:
        result = a_world(1, faults=False).run()

        assert not result.broken, "\n".join((result.broken, *result.trace))
        assert result.deaths == 0

    def test_is_the_same_for_the_same_seed(self) -> None:
        first, second = a_world(3).run(), a_world(3).run()

        assert what_happened(first) == what_happened(second)

    def test_will_not_be_made_among_real_borrowers(self) -> None:
        a_customer()

        with pytest.raises(DatabaseInUse, match="needs an empty one"):
            World(drawn(1, days=5, customers=5, faults=False))
