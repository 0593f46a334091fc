"""Figures of a stage, and of its repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(slots=True)
class Figures:
    """One measurement: how many of what in how many seconds, and what it cost.

    CPU in seconds; `by` says whose. `statements`, `wal_bytes` and `rows_written` are totals over
    the database, `dead_rows` what is left of updates and deletions when it ends; `peaks_mib` the
    peak memory of each process that worked. None: not measured here.
    """

    what: str
    count: int
    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)
    statements: int | None = None
    wal_bytes: int | None = None
    rows_written: int | None = None
    dead_rows: int | None = None
    peaks_mib: list[float] = field(default_factory=list)
    more: dict[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """The rate."""
        return self.count / self.seconds if self.seconds else 0.0

    @property
    def cpu_seconds(self) -> float:
        """Of all but the gateway, which would not be on this machine."""
        return sum(seconds for who, seconds in self.cpu.items() if who != "gateway")

    @property
    def per_cpu_second(self) -> float:
        """The rate that one core would give: what is left of it on a busy machine."""
        return self.count / self.cpu_seconds if self.cpu_seconds else 0.0

    def per_thousand(self, total: float | None) -> float | None:
        """Of a total, for a thousand of what was counted."""
        return None if total is None or not self.count else total * 1_000 / self.count


@dataclass(slots=True)
class Stage:
    """All measurements of one stage, with the rates of the references in the same run."""

    name: str
    runs: list[Figures]
    limit: "Stage | None" = None
    textbook: "Stage | None" = None

    @property
    def middle(self) -> Figures:
        """The run with the median rate, the lower of two."""
        ordered = sorted(self.runs, key=lambda run: run.per_second)
        return ordered[(len(ordered) - 1) // 2]

    @property
    def per_second(self) -> float:
        """The median rate."""
        return median(run.per_second for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        """As in the JSON output; figures of cost are those of the median run."""
        run = self.middle
        return {
            "what": run.what,
            "count": run.count,
            "seconds": round(run.seconds, 3),
            "per_second": round(self.per_second, 1),
            "spread": [round(value, 1) for value in _ends([r.per_second for r in self.runs])],
            **_ratios("limit", self, self.limit),
            **_ratios("textbook", self, self.textbook),
            "cpu_seconds_per_1000": _rounded(run.per_thousand(run.cpu_seconds), 4),
            "cpu_seconds_per_1000_by": {
                who: _rounded(run.per_thousand(seconds), 4) for who, seconds in run.cpu.items()
            },
            "statements_per_1000": _rounded(run.per_thousand(run.statements), 1),
            "wal_bytes_each": _rounded(_each(run.wal_bytes, run.count), 0),
            "rows_written_each": _rounded(_each(run.rows_written, run.count), 2),
            "dead_rows_each": _rounded(_each(run.dead_rows, run.count), 2),
            "peak_mib": [round(value, 1) for value in run.peaks_mib],
            "more": {name: round(value, 3) for name, value in run.more.items()},
        }


def _ratios(name: str, stage: Stage, reference: Stage | None) -> dict[str, float | None]:
    """Of the rates, and of the work done by a CPU second, which other programs disturb less."""
    if reference is None:
        return {f"of_{name}": None, f"of_{name}_by_cpu": None}
    return {
        f"of_{name}": _ratio(stage.per_second, reference.per_second),
        f"of_{name}_by_cpu": _ratio(stage.middle.per_cpu_second, reference.middle.per_cpu_second),
    }


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _ratio(rate: float, reference: float) -> float | None:
    return round(rate / reference, 3) if reference else None


def _each(total: int | None, count: int) -> float | None:
    return None if total is None or not count else total / count


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
