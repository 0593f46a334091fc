"""The figures for people and for machines."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.figures import Stage

_HEAD = (
    "stage",
    "counted",
    "per second",
    "min..max",
    "of limit",
    "of textbook",
    "CPU s/1000",
    "gateway",
    "SQL/1000",
    "WAL B",
    "rows",
    "dead",
    "peak MiB",
    "also",
)


def progress(words: str) -> None:
    """For whoever waits; the result alone goes to standard output."""
    print(words, file=sys.stderr, flush=True)


def as_json(stages: Sequence[Stage], *, about: Mapping[str, Any]) -> dict[str, Any]:
    """One object: what was run, and the stages by name."""
    return {**about, "stages": {stage.name: stage.as_json() for stage in stages}}


def as_table(document: Mapping[str, Any]) -> str:
    """A table for a terminal, from the JSON object."""
    rows = [_HEAD, *(_row(name, stage) for name, stage in document["stages"].items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [f"{document['command']}: {document['machine']}, {document['runs']} runs"]
    for row in rows:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([first, *rest, row[-1]]).rstrip())
    return "\n".join(lines)


def as_markdown(document: Mapping[str, Any]) -> str:
    """The same for docs/performance.md."""
    rows = [_HEAD, ("---",) * len(_HEAD)]
    rows += [_row(name, stage) for name, stage in document["stages"].items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(name: str, stage: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = stage["spread"]
    peaks = stage["peak_mib"]
    return (
        name,
        f"{stage['count']:,} {stage['what']}",
        _number(stage["per_second"]),
        f"{_number(low)}..{_number(high)}",
        _number(stage["of_limit"]),
        _number(stage["of_textbook"]),
        _number(stage["cpu_seconds_per_1000"]),
        _number(stage["cpu_seconds_per_1000_by"].get("gateway")),
        _number(stage["statements_per_1000"]),
        _number(stage["wal_bytes_each"]),
        _number(stage["rows_written_each"]),
        _number(stage["dead_rows_each"]),
        _number(max(peaks)) if peaks else "",
        ", ".join(f"{key} {_number(value)}" for key, value in stage["more"].items()),
    )


def _number(value: float | None) -> str:
    """Three digits that count; nothing for what was not measured."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
