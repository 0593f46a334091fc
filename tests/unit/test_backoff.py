"""How long a busy gateway is left alone."""

from datetime import timedelta
from math import inf, nan
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.backoff import FIRST, LONGEST, RESEND_WAITS, delay

REFERENCE = "6f1f7e9c-0b1f-4c2e-9a53-2a43d5a5d1a1"
SPREAD = 1.25

wishes = st.none() | st.floats(allow_nan=True, allow_infinity=True)


class TestWaits:
    def test_are_those_that_operators_are_told_of(self) -> None:
        assert (timedelta(seconds=5), timedelta(minutes=30)) == (FIRST, LONGEST)
        assert (timedelta(minutes=30), timedelta(hours=2)) == RESEND_WAITS


class TestDelay:
    @pytest.mark.parametrize(
        ("tries", "least"),
        [
            (1, FIRST),
            (2, FIRST * 2),
            (3, FIRST * 4),
            (9, FIRST * 256),
            (10, LONGEST),  # 5 s doubled nine times would be 43 minutes
            (10_000, LONGEST),
        ],
    )
    def test_doubles_up_to_the_longest(self, tries: int, least: timedelta) -> None:
        wait = delay(tries=tries, reference=REFERENCE, retry_after=None)

        assert least <= wait <= least * SPREAD

    def test_keeps_a_longer_wish_of_the_gateway(self) -> None:
        assert delay(tries=1, reference=REFERENCE, retry_after=90.0) >= timedelta(seconds=90)

    def test_ignores_a_shorter_one(self) -> None:
        without = delay(tries=5, reference=REFERENCE, retry_after=None)

        assert delay(tries=5, reference=REFERENCE, retry_after=1.0) == without

    @pytest.mark.parametrize("wish", [nan, -inf, -1.0, 0.0])
    def test_takes_a_wish_that_makes_no_sense_for_none(self, wish: float) -> None:
        without = delay(tries=1, reference=REFERENCE, retry_after=None)

        assert delay(tries=1, reference=REFERENCE, retry_after=wish) == without

    def test_does_not_wait_for_ever_because_the_gateway_says_so(self) -> None:
        assert delay(tries=1, reference=REFERENCE, retry_after=inf) <= LONGEST * SPREAD

    def test_is_the_same_in_every_run(self) -> None:
        wait = delay(tries=2, reference=REFERENCE, retry_after=None)

        assert wait == timedelta(seconds=11, microseconds=192159)

    def test_spreads_what_was_refused_together(self) -> None:
        waits = {
            delay(tries=1, reference=str(UUID(int=number)), retry_after=30.0)
            for number in range(100)
        }

        assert len(waits) == 100
        assert max(waits) - min(waits) > timedelta(seconds=6)

    @given(tries=st.integers(1, 10**9), reference=st.text(), wish=wishes)
    def test_lies_between_the_first_and_the_longest(
        self, tries: int, reference: str, wish: float | None
    ) -> None:
        wait = delay(tries=tries, reference=reference, retry_after=wish)

        assert FIRST <= wait <= LONGEST * SPREAD
