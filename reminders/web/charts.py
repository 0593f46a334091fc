"""Charts as inline SVG, drawn by the server: no script, no other host, colours by the style sheet.

Note [Charts without a scale]
Along the page everything is in per cent of the plot and down the page in pixels, so a chart fills
a phone and a wide screen alike, and its letters keep their size. What percentages cannot draw (a
path) is drawn as single lines. The picture is for eyes alone; the same figures stand in a table
beside it, with the same links, for keyboards and screen readers.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

PLOT_HEIGHT = 180
_TOP = 8
_LABELS_MOST = 5
_TICKS_MOST = 4
_BAR_SHARE = 0.78


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of mark: its title in the legend and its look, a class of the style sheet."""

    title: str
    look: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One place along the page: a value and a link for each series, stacked from below."""

    label: str
    title: str
    values: tuple[float, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a line. `low` and `high` are the ends of its interval, where it has one."""

    at: float
    value: float
    title: str
    link: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Rect:
    """A drawn bar: `x` and `width` in per cent, `y` and `height` in pixels."""

    x: str
    y: str
    width: str
    height: str
    look: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A drawn piece of a line."""

    x1: str
    y1: str
    x2: str
    y2: str
    look: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A drawn point."""

    x: str
    y: str
    look: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words on an axis at `at` (per cent along the page, or pixels down it)."""

    at: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready to be drawn. Empty when it has neither bars nor points."""

    title: str
    unit: str
    series: tuple[Series, ...]
    ticks: tuple[Label, ...]
    labels: tuple[Label, ...]
    rects: tuple[Rect, ...] = ()
    segments: tuple[Segment, ...] = ()
    dots: tuple[Dot, ...] = ()
    height: int = PLOT_HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.rects or self.dots)


def bars(*, title: str, unit: str, series: Sequence[Series], places: Sequence[Bar]) -> Chart:
    """Stacked bars, one for each place, in their order."""
    top, ticks = scale(max((sum(place.values) for place in places), default=0))
    step = 100 / max(len(places), 1)
    rects = []
    for number, place in enumerate(places):
        base = 0.0
        for one, value, link in zip(series, place.values, place.links, strict=True):
            if value > 0:
                upper, lower = _y(base + value, top=top), _y(base, top=top)
                rects.append(
                    Rect(
                        _number(step * (number + (1 - _BAR_SHARE) / 2)),
                        _number(upper),
                        _number(step * _BAR_SHARE),
                        _number(max(lower - upper, 1)),
                        one.look,
                        f"{place.title}: {one.title} {value:,g}",
                        link,
                    )
                )
                base += value
    return Chart(
        title=title,
        unit=unit,
        series=tuple(series) if len(series) > 1 else (),
        ticks=ticks,
        labels=_labels([(step * (n + 0.5), place.label) for n, place in enumerate(places)]),
        rects=tuple(rects),
    )


def lines(
    *,
    title: str,
    unit: str,
    series: Sequence[tuple[Series, Sequence[Point]]],
    marks: Sequence[tuple[float, str]],
    most: float | None = None,
) -> Chart:
    """Lines over a common axis. `marks` are (place, label) along it; `most` fixes the top."""
    every = [point for _, points in series for point in points]
    highest = max((max(point.value, point.high or 0) for point in every), default=0)
    top, ticks = scale(most if most is not None else highest)
    places = [at for at, _ in marks] + [point.at for point in every]
    first, last = min(places, default=0), max(places, default=1)

    def x(at: float) -> float:
        return 3 + 94 * (at - first) / (last - first) if last > first else 50

    segments, dots = [], []
    for one, points in series:
        for point in points:
            place, height = _number(x(point.at)), _number(_y(point.value, top=top))
            dots.append(Dot(place, height, one.look, point.title, point.link))
            if point.low is not None and point.high is not None:
                ends = (_number(_y(end, top=top)) for end in (point.low, point.high))
                segments.append(
                    Segment(place, next(ends), place, next(ends), f"{one.look} whisker")
                )
        segments += [
            Segment(
                _number(x(a.at)),
                _number(_y(a.value, top=top)),
                _number(x(b.at)),
                _number(_y(b.value, top=top)),
                one.look,
            )
            for a, b in pairwise(points)
        ]
    return Chart(
        title=title,
        unit=unit,
        series=tuple(one for one, _ in series),
        ticks=ticks,
        labels=_labels([(x(at), text) for at, text in marks]),
        segments=tuple(segments),
        dots=tuple(dots),
    )


def scale(highest: float) -> tuple[float, tuple[Label, ...]]:
    """The value at the top of the plot, and round ticks from 0 to it, at most five."""
    if highest <= 0:
        return 1.0, (Label(_number(_y(0, top=1)), "0"),)
    rough = highest / _TICKS_MOST
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    count = math.ceil(highest / step - 1e-9)
    top = step * count
    return top, tuple(
        Label(_number(_y(step * n, top=top)), f"{step * n:,.6g}".rstrip()) for n in range(count + 1)
    )


def _y(value: float, *, top: float) -> float:
    """Pixels from the upper edge."""
    return _TOP + (PLOT_HEIGHT - _TOP) * (1 - value / top)


def _number(value: float) -> str:
    """For an attribute: never in the notation of a language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _labels(places: Iterable[tuple[float, str]]) -> tuple[Label, ...]:
    """As many as there is room for on a phone, evenly."""
    every = list(places)
    stride = max(1, math.ceil(len(every) / _LABELS_MOST))
    shown = every[::stride]
    return tuple(
        Label(_number(at), text, "start" if at < 4 else "end" if at > 96 else "middle")
        for at, text in shown
    )
