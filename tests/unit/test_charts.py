"""Charts: round ticks, bars that fill the plot, lines that meet their points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.web.charts import PLOT_HEIGHT, Bar, Point, Series, bars, lines, scale

TWO = (Series("delivered", "good"), Series("not delivered", "bad"))


def stacked(*values: tuple[float, float]) -> list[Bar]:
    return [Bar(f"d{n}", f"day {n}", pair, (f"/{n}/a", f"/{n}/b")) for n, pair in enumerate(values)]


class TestScale:
    @pytest.mark.parametrize(
        ("highest", "top", "ticks"),
        [
            (0, 1, ["0"]),
            (4, 4, ["0", "1", "2", "3", "4"]),
            (86, 100, ["0", "50", "100"]),
            (0.07, 0.08, ["0", "0.02", "0.04", "0.06", "0.08"]),
            (125_143, 150_000, ["0", "50,000", "100,000", "150,000"]),
        ],
    )
    def test_has_round_ticks(self, highest: float, top: float, ticks: list[str]) -> None:
        found, labels = scale(highest)

        assert found == pytest.approx(top)
        assert [label.text for label in labels] == ticks

    @given(st.floats(min_value=1e-6, max_value=1e12))
    def test_has_room_for_every_value_and_few_ticks(self, highest: float) -> None:
        top, labels = scale(highest)

        assert highest <= top * (1 + 1e-9)
        assert 2 <= len(labels) <= 5


class TestBars:
    def test_stand_on_each_other_and_reach_their_value(self) -> None:
        lower, upper = bars(title="t", unit="u", series=TWO, places=stacked((3, 1))).rects

        assert float(lower.y) + float(lower.height) == PLOT_HEIGHT
        assert float(upper.y) + float(upper.height) == pytest.approx(float(lower.y))
        assert float(lower.height) == pytest.approx(3 * float(upper.height))

    def test_lead_to_their_rows(self) -> None:
        chart = bars(title="t", unit="u", series=TWO, places=stacked((3, 1), (0, 2)))

        assert [rect.link for rect in chart.rects] == ["/0/a", "/0/b", "/1/b"]
        assert chart.rects[0].title == "day 0: delivered 3"

    def test_stay_within_the_plot(self) -> None:
        chart = bars(title="t", unit="u", series=TWO, places=stacked(*[(1, 1)] * 90))

        assert all(float(r.x) >= 0 and float(r.x) + float(r.width) <= 100 for r in chart.rects)
        assert len(chart.labels) <= 5

    def test_of_nothing_are_an_empty_chart(self) -> None:
        assert bars(title="t", unit="u", series=TWO, places=[]).is_empty
        assert bars(title="t", unit="u", series=TWO, places=stacked((0, 0))).is_empty

    def test_the_smallest_is_still_seen(self) -> None:
        chart = bars(title="t", unit="u", series=TWO, places=stacked((100_000, 0), (1, 0)))

        assert float(chart.rects[1].height) == 1


class TestLines:
    def test_meet_their_points(self) -> None:
        points = [Point(0, 10, "a"), Point(30, 5, "b", link="/b"), Point(90, 0, "c")]

        chart = lines(title="t", unit="%", series=[(TWO[0], points)], marks=[(0, "0"), (90, "90")])

        assert [(s.x1, s.y1) for s in chart.segments] == [(d.x, d.y) for d in chart.dots[:-1]]
        assert [(s.x2, s.y2) for s in chart.segments] == [(d.x, d.y) for d in chart.dots[1:]]
        assert chart.dots[1].link == "/b"

    def test_a_point_shows_its_interval(self) -> None:
        points = [Point(0, 4, "a", low=3, high=5)]

        (whisker,) = lines(title="t", unit="", series=[(TWO[0], points)], marks=[]).segments

        assert float(whisker.y1) > float(whisker.y2)
        assert whisker.look == "good whisker"

    def test_of_nothing_are_an_empty_chart(self) -> None:
        assert lines(title="t", unit="", series=[], marks=[]).is_empty

    def test_the_top_can_be_fixed(self) -> None:
        points = [Point(0, 10, "a")]

        chart = lines(title="t", unit="", series=[(TWO[0], points)], marks=[], most=100)

        assert chart.ticks[-1].text == "100"
