"""Shares with their intervals, against published examples, and what may be said of a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.effect import Interval, Share, Verdict, effect_of, newcombe, wilson


@st.composite
def shares(draw: st.DrawFn, least: int = 1) -> Share:
    of = draw(st.integers(least, 100_000))
    return Share(draw(st.integers(0, of)), of)


class TestWilson:
    @pytest.mark.parametrize(
        ("hits", "of", "low", "high"),
        [
            # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
            # Medicine 17 (1998) 857-872, table I, method 3.
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_is_as_published(self, hits: int, of: int, low: float, high: float) -> None:
        found = wilson(Share(hits, of))

        assert (round(found.low, 4), round(found.high, 4)) == (low, high)

    @given(shares())
    def test_holds_the_share_and_stays_between_nought_and_one(self, share: Share) -> None:
        found = wilson(share)

        assert 0 <= found.low <= share.value <= found.high <= 1

    @given(shares(), st.integers(2, 50))
    def test_narrows_as_more_people_say_the_same(self, share: Share, times: int) -> None:
        few, many = wilson(share), wilson(Share(share.hits * times, share.of * times))

        assert many.high - many.low < few.high - few.low

    def test_of_nobody_nothing_is_known(self) -> None:
        assert wilson(Share(0, 0)) == Interval(0, 1)


class TestNewcombe:
    @pytest.mark.parametrize(
        ("first", "second", "low", "high"),
        [
            # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
            (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
            (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
            (Share(6, 7), Share(2, 7), 0.0582, 0.8062),
            (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
            (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
            (Share(10, 10), Share(0, 20), 0.6791, 1.0000),
        ],
    )
    def test_is_as_published(self, first: Share, second: Share, low: float, high: float) -> None:
        found = newcombe(first, second)

        assert (round(found.low, 4), round(found.high, 4)) == (low, high)

    @given(shares(), shares())
    def test_holds_the_difference_and_turns_round_with_it(self, a: Share, b: Share) -> None:
        found, turned = newcombe(a, b), newcombe(b, a)

        assert -1 <= found.low <= a.value - b.value <= found.high <= 1
        assert found.low == pytest.approx(-turned.high)
        assert found.high == pytest.approx(-turned.low)

    def test_of_nobody_nothing_is_known(self) -> None:
        assert newcombe(Share(0, 0), Share(1, 2)) == Interval(-1, 1)
        assert newcombe(Share(1, 2), Share(0, 0)) == Interval(-1, 1)


class TestVerdict:
    def test_reminding_raised_it(self) -> None:
        found = effect_of(reminded=Share(56, 70), held_out=Share(48, 80))

        assert found.verdict is Verdict.RAISED
        assert found.difference == pytest.approx(0.2)
        assert found.more_held_out is None

    def test_reminding_lowered_it(self) -> None:
        found = effect_of(reminded=Share(48, 80), held_out=Share(56, 70))

        assert found.verdict is Verdict.LOWERED

    def test_a_difference_that_chance_could_make_says_nothing(self) -> None:
        found = effect_of(reminded=Share(86, 100), held_out=Share(4, 5))

        assert found.verdict is Verdict.CANNOT_TELL
        assert found.more_held_out is not None

    def test_no_difference_at_all_asks_for_no_number(self) -> None:
        found = effect_of(reminded=Share(80, 100), held_out=Share(8, 10))

        assert found.verdict is Verdict.CANNOT_TELL
        assert found.more_held_out is None

    @pytest.mark.parametrize(
        ("reminded", "held_out"), [(Share(0, 0), Share(1, 2)), (Share(1, 2), Share(0, 0))]
    )
    def test_of_one_group_alone_nothing_can_be_said(self, reminded: Share, held_out: Share) -> None:
        found = effect_of(reminded=reminded, held_out=held_out)

        assert found.verdict is Verdict.CANNOT_TELL
        assert found.difference is None

    def test_how_many_more_is_by_the_usual_formula(self) -> None:
        """Fleiss, Statistical Methods for Rates and Proportions: 0.6 against 0.7 at equal groups
        takes 356 in each for 80 % power at 5 %, without the correction for continuity."""
        found = effect_of(reminded=Share(14, 20), held_out=Share(12, 20))

        assert found.more_held_out == 356 - 20

    def test_how_many_more_counts_how_much_larger_the_rest_is(self) -> None:
        """The same formula for groups of one to three: 234 held out."""
        found = effect_of(reminded=Share(42, 60), held_out=Share(12, 20))

        assert found.more_held_out == 234 - 20

    @given(shares(2), shares(2))
    def test_it_never_speaks_where_the_interval_holds_nought(self, a: Share, b: Share) -> None:
        found = effect_of(reminded=a, held_out=b)

        assert (found.verdict is Verdict.CANNOT_TELL) == (
            found.interval.low <= 0 <= found.interval.high
        )

    @pytest.mark.parametrize(
        ("reminded", "held_out"),
        [
            (Share(860, 1_000), Share(40, 50)),
            (Share(1_520, 1_900), Share(75, 100)),
            (Share(14, 20), Share(12, 20)),
            (Share(9_360, 9_500), Share(490, 500)),
        ],
    )
    def test_with_as_many_more_as_it_asks_for_it_would_speak(
        self, reminded: Share, held_out: Share
    ) -> None:
        """If the shares stay as they are."""
        more = effect_of(reminded=reminded, held_out=held_out).more_held_out
        assert more is not None
        times = -(-(held_out.of + more) // held_out.of)

        grown = effect_of(
            reminded=Share(reminded.hits * times, reminded.of * times),
            held_out=Share(held_out.hits * times, held_out.of * times),
        )

        assert grown.verdict is not Verdict.CANNOT_TELL


class TestShare:
    @pytest.mark.parametrize(("hits", "of"), [(3, 2), (-1, 2)])
    def test_of_more_than_all_is_refused(self, hits: int, of: int) -> None:
        with pytest.raises(ValueError, match=f"^{hits} of {of} is no share$"):
            Share(hits, of)
