"""Who is left out on purpose."""

from decimal import Decimal

from reminders.core.holdout import is_held_out

BORROWERS = [f"C-{number}" for number in range(20_000)]


def held_out(percent: str, *, policy_key: str = "standard") -> set[str]:
    return {
        no for no in BORROWERS if is_held_out(no, policy_key=policy_key, percent=Decimal(percent))
    }


class TestHoldout:
    def test_is_about_its_percentage(self) -> None:
        # 5 % of 20,000 with a standard deviation of 31.
        assert 850 < len(held_out("5")) < 1_150

    def test_is_nobody_at_zero_and_everybody_at_a_hundred(self) -> None:
        assert held_out("0") == set()
        assert held_out("100") == set(BORROWERS)

    def test_lets_nobody_go_when_it_grows(self) -> None:
        assert held_out("5") < held_out("7.5")

    def test_differs_between_policies(self) -> None:
        here, there = held_out("10"), held_out("10", policy_key="other")

        assert len(here & there) < 300  # by chance 200

    def test_is_the_same_people_in_every_release(self) -> None:
        """Another hash would mix the two groups of an experiment that runs."""
        first = [no for no in BORROWERS[:100] if no in held_out("5")]

        assert first == ["C-0", "C-1", "C-13", "C-25", "C-32", "C-35", "C-80"]
