"""Spans of time counted in ranges, so that a median can be said of days that are long over."""

from collections.abc import Mapping

EDGES_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400)
"""Where one range ends and the next begins, in seconds."""

BEYOND_SECONDS = 604_800
"""Stands for the end of the last range, which has none."""


def median_seconds(counts: Mapping[int, int]) -> float | None:
    """The median of spans that were counted by the end of their range, in seconds.

    Within the range that holds it the spans are taken to be spread evenly. None without spans.
    """
    half = sum(counts.values()) / 2
    if not half:
        return None
    begins, below = 0, 0
    for ends in (*EDGES_SECONDS, BEYOND_SECONDS):
        within = counts.get(ends, 0)
        if within and below + within >= half:
            return begins + (ends - begins) * (half - below) / within
        begins, below = ends, below + within
    raise ValueError(f"no range ends at some of {sorted(counts)}")
