"""Hold-out and backoff: spread like chance, the same in every run."""

from decimal import Decimal
from math import isfinite, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.backoff import FIRST, LONGEST, delay
from reminders.core.holdout import is_held_out

percents = st.decimals(0, 100, places=2)
numbers = st.text(min_size=1, max_size=20)


class TestHoldout:
    @given(numbers, numbers, percents, percents)
    def test_that_grows_lets_nobody_go(
        self, customer_no: str, policy_key: str, one: Decimal, other: Decimal
    ) -> None:
        small, large = sorted((one, other))

        held = is_held_out(customer_no, policy_key=policy_key, percent=small)
        assert held <= is_held_out(customer_no, policy_key=policy_key, percent=large)

    @given(numbers, numbers)
    def test_holds_nobody_at_zero_and_everybody_at_a_hundred(
        self, customer_no: str, policy_key: str
    ) -> None:
        assert not is_held_out(customer_no, policy_key=policy_key, percent=Decimal(0))
        assert is_held_out(customer_no, policy_key=policy_key, percent=Decimal(100))

    @pytest.mark.parametrize("policy_key", ["standard", "other", ""])
    @pytest.mark.parametrize("percent", [1, 5, 10, 33, 50, 90])
    def test_takes_its_share(self, policy_key: str, percent: int) -> None:
        borrowers = 10_000
        held = sum(
            is_held_out(f"C-{number}", policy_key=policy_key, percent=Decimal(percent))
            for number in range(borrowers)
        )

        share = percent / 100
        # Four standard deviations of a fair draw.
        assert abs(held - borrowers * share) < 4 * sqrt(borrowers * share * (1 - share))


class TestBackoff:
    @given(st.integers(1, 60), numbers, st.none() | st.floats(allow_nan=True, allow_infinity=True))
    def test_keeps_its_bounds(self, tries: int, reference: str, wish: float | None) -> None:
        waited = delay(tries=tries, reference=reference, retry_after=wish)

        longest = LONGEST.total_seconds()
        least = min(FIRST.total_seconds() * 2 ** (tries - 1), longest)
        if wish is not None and isfinite(wish):
            least = max(least, min(wish, longest))
        assert least <= waited.total_seconds() + 1e-6
        assert waited <= LONGEST * 1.25

    @given(st.integers(1, 30), numbers)
    def test_grows_with_every_try_or_is_the_longest(self, tries: int, reference: str) -> None:
        now = delay(tries=tries, reference=reference, retry_after=None)
        then = delay(tries=tries + 1, reference=reference, retry_after=None)

        assert then > now or then >= LONGEST
