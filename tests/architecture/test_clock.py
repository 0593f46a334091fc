"""Only entry points read the clock. Ruff bans the calls; this holds who may use the one left."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENTRY_POINTS = ("tasks.py", "checks.py", "metrics.py", "web", "admin", "management")


def imports_the_clock(path: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (
            node.module == "accounts.clock"
            or (node.module == "accounts" and "clock" in _names(node))
        )
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def _names(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


class TestClock:
    def test_is_read_by_entry_points_alone(self) -> None:
        readers = [
            path.relative_to(ROOT)
            for app in ("accounts", "reminders")
            for path in (ROOT / app).rglob("*.py")
            if imports_the_clock(path)
        ]

        assert readers, "nobody reads the clock: this test no longer sees the imports"
        assert [str(p) for p in readers if p.parts[1] not in ENTRY_POINTS] == []

    def test_is_never_a_default(self) -> None:
        guilty = []
        for app in ("accounts", "reminders"):
            for path in (ROOT / app).rglob("*.py"):
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.FunctionDef) and _has_optional_now(node):
                        guilty.append(f"{path.relative_to(ROOT)}: {node.name}")

        assert guilty == []


def _has_optional_now(node: ast.FunctionDef) -> bool:
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    optional = [arg.arg for arg, default in keywords if default is not None]
    if node.args.defaults:
        optional += [arg.arg for arg in node.args.args[-len(node.args.defaults) :]]
    return "now" in optional
