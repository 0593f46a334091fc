"""Small on purpose: files that can be known, functions that can be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 60


def sources() -> Iterator[Path]:
    for folder in ("accounts", "config", "reminders", "tests"):
        yield from (p for p in (ROOT / folder).rglob("*.py") if "migrations" not in p.parts)


@pytest.mark.parametrize("path", list(sources()), ids=lambda p: str(p.relative_to(ROOT)))
class TestSize:
    def test_a_file_can_be_known(self, path: Path) -> None:
        lines = len(path.read_text(encoding="utf-8").splitlines())

        assert lines <= LINES_IN_A_FILE, f"{lines} lines: which two things does it do?"

    def test_a_function_can_be_read_at_once(self, path: Path) -> None:
        functions = (
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        too_long = [
            f"{node.name} ({length} lines)"
            for node in functions
            if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_IN_A_FUNCTION
        ]

        assert not too_long
