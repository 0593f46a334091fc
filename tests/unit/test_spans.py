"""Medians of what was counted in ranges."""

from bisect import bisect_right
from collections import Counter
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.spans import BEYOND_SECONDS, EDGES_SECONDS, median_seconds

ENDS = (*EDGES_SECONDS, BEYOND_SECONDS)


class TestEdges:
    def test_are_those_of_the_rows_that_were_counted(self) -> None:
        minutes, hours = (1, 2, 5, 10, 30), (1, 2, 6, 24)
        assert (
            *(1, 2, 5, 10, 20, 30),
            *(60 * n for n in minutes),
            *(3_600 * n for n in hours),
        ) == EDGES_SECONDS
        assert BEYOND_SECONDS == 7 * 86_400


class TestMedian:
    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ({}, None),
            ({5: 0}, None),
            ({1: 2}, 0.5),
            ({10: 4}, 7.5),  # half way through 5 to 10
            ({1: 1, 60: 1}, 1),
            ({2: 1, 5: 2, BEYOND_SECONDS: 1}, 3.5),
        ],
    )
    def test_lies_in_the_range_that_holds_the_middle_one(
        self, counts: dict[int, int], expected: float | None
    ) -> None:
        assert median_seconds(counts) == expected

    @given(st.lists(st.floats(min_value=0, max_value=BEYOND_SECONDS - 1), min_size=1))
    def test_is_never_off_by_more_than_its_range(self, spans: list[float]) -> None:
        ends = [ENDS[bisect_right(ENDS, span)] for span in spans]

        found = median_seconds(Counter(ends))

        low, high = sorted(ends)[(len(ends) - 1) // 2], sorted(ends)[len(ends) // 2]
        begins = (0, *ENDS)[ENDS.index(low)]
        assert found is not None
        assert begins <= found <= high
        assert begins <= median(spans) <= high

    def test_a_range_that_we_do_not_know_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^no range ends at some of \[7, 9\]$"):
            median_seconds({9: 1, 7: 3})
