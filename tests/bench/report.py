"""The figures for people and for machines."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.figures import Stage


def progress(words: str) -> None:
    """For whoever waits; the result alone goes to standard output."""
    print(words, file=sys.stderr, flush=True)


def as_json(stages: Sequence[Stage], *, about: Mapping[str, Any]) -> dict[str, Any]:
    """One object: what was run, and the stages by name."""
    return {**about, "stages": {stage.name: stage.as_json() for stage in stages}}


def as_table(stages: Sequence[Stage], *, about: Mapping[str, Any]) -> str:
    """A table for a terminal."""
    lines = [f"{about['command']}: {about['machine']}"]
    for stage in stages:
        lines.append(f"{stage.name}: {stage.as_json()}")
    return "\n".join(lines)
