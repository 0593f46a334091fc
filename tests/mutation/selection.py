"""Which tests can notice a fault: those of the core, and of these the ones that run its lines."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import coverage

from tests.mutation.mutants import FOLDERS, ROOT, Mutant

TESTS = ("tests/unit", "tests/properties")
_PURE = ("accounts.core", "reminders.core", "tests", "pytest", "hypothesis", "phonenumbers")
"""What a test of the core may import beside the standard library: so it needs no Django."""

Reach = Mapping[str, Mapping[int, frozenset[str]]]
"""By file and line: the tests that run it. The empty name stands for the import."""


def test_files() -> list[str]:
    """The files of tests that are about the core alone."""
    paths = (path for folder in TESTS for path in sorted((ROOT / folder).glob("test_*.py")))
    return [str(path.relative_to(ROOT)) for path in paths if _is_about_the_core(path)]


def _is_about_the_core(path: Path) -> bool:
    modules = list(_imports(path))
    pure = all(
        module.partition(".")[0] in sys.stdlib_module_names or _within(module, rooms=_PURE)
        for module in modules
    )
    return pure and any(_within(module, rooms=_PURE[:2]) for module in modules)


def importing(module: str) -> list[str]:
    """Those of these files that import this module by its name. A test of a table or of words may
    run no line of the module that holds them."""
    return [file for file in test_files() if module in _imports(ROOT / file)]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _within(module: str, *, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def measured(data_file: Path) -> coverage.Coverage:
    """A measurement of the core, ready to be started."""
    return coverage.Coverage(
        data_file=str(data_file),
        config_file=False,
        source=[str(ROOT / folder) for folder in FOLDERS],
    )


def read_reach(data_file: Path) -> Reach:
    """What a measurement found."""
    data = coverage.CoverageData(basename=str(data_file))
    data.read()
    return {
        path: {
            line: frozenset(contexts) for line, contexts in data.contexts_by_lineno(path).items()
        }
        for path in data.measured_files()
    }


def runs_at_import(mutant: Mutant, *, reach: Reach) -> bool:
    """Whether the faulty statement runs before any test, also as part of a function."""
    lines = reach.get(str(mutant.path), {})
    return mutant.runs_at_import or any("" in lines.get(line, ()) for line in mutant.lines)


def tests_for(mutant: Mutant, *, reach: Reach) -> frozenset[str]:
    """The tests that run the faulty statement, or any of its module where it runs at import."""
    lines = reach.get(str(mutant.path), {})
    wanted = lines if runs_at_import(mutant, reach=reach) else mutant.lines
    return frozenset(test for line in wanted for test in lines.get(line, ())) - {""}
