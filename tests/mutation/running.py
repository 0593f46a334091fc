"""Runs against each mutant the tests that reach it, until the first of them objects.

A fault inside a function is put into a process in which the tests are collected already: the
function gets the faulty code, and a child runs the tests. A fault in what runs at import (a
table, a default, a class) needs a child that imports the core anew, with the faulty module in the
place of the sound one; so those come first, while the parent has not imported the core itself.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import coverage
import hypothesis.strategies  # noqa: F401 - imported once here rather than in every child
import phonenumbers  # noqa: F401 - likewise
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.children import CannotJudge, Told, Verdict, Work, fork, judge_all
from tests.mutation.mutants import ROOT, Mutant
from tests.mutation.selection import importing, measured, test_files

_PYTEST = (
    *("-c", os.devnull, "--rootdir", str(ROOT), "--disable-plugin-autoload"),
    *("-p", "no:cacheprovider", "-W", "error", "-x", "-qq", "--no-header", "--tb=line"),
)
_MEASURING_SECONDS_MAX = 600


@dataclass(frozen=True, slots=True)
class Reached:
    """A mutant, the tests that reach it, and whether the fault shows at import already."""

    mutant: Mutant
    tests: frozenset[str]
    runs_at_import: bool


def test_name(item: pytest.Item) -> str:
    """A test without its parameters, which a fault may change."""
    return item.nodeid.partition("[")[0]


def measure(data_file: Path) -> float:
    """Run the tests of the core as they are; the seconds of processor time that they take.

    Raises CannotJudge unless all pass.
    """

    def work() -> int:
        measurement = measured(data_file)
        measurement.start()
        code = pytest.main([*_PYTEST, *test_files()], plugins=[_Measuring(measurement)])
        measurement.stop()
        measurement.save()
        return int(code)

    pid = fork(work, cpu_seconds_max=_MEASURING_SECONDS_MAX)
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        raise CannotJudge("the tests of the core do not pass as they are; run `make test` first")
    return used.ru_utime + used.ru_stime


def judge(
    mutants: Sequence[Reached], *, workers: int, cpu_seconds_max: int, told: Told
) -> dict[str, Verdict]:
    """The verdict on each of these mutants, by name."""
    run = partial(judge_all, workers=workers, cpu_seconds_max=cpu_seconds_max, told=told)
    verdicts = run(
        (one.mutant.name, partial(_import_and_run, one.mutant, one.tests))
        for one in mutants
        if one.runs_at_import
    )
    inside = [one for one in mutants if not one.runs_at_import]
    verdicts |= {one.mutant.name: Verdict.UNREACHED for one in inside if not one.tests}
    loop = _InsideFunctions([one for one in inside if one.tests], run)
    if loop.mutants:
        pytest.main([*_PYTEST, "--capture=no", *test_files()], plugins=[loop])
    return verdicts | loop.verdicts


@dataclass(frozen=True, slots=True)
class _Measuring:
    """Notes which test runs which line."""

    measurement: coverage.Coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.measurement.switch_context(test_name(item))
        try:
            return (yield)
        finally:
            self.measurement.switch_context("")


# Faults in what runs at import.


def _import_and_run(mutant: Mutant, tests: frozenset[str]) -> int:
    """First the module's own tests alone, for they mostly object; then the other files that reach
    it."""
    sys.meta_path.insert(0, _Finder(mutant))
    own = [file for file in test_files() if _is_own(file, module=mutant.module)]
    reaching = {test.partition("::")[0] for test in tests}.union(importing(mutant.module))
    code = int(pytest.ExitCode.OK)
    for some in (own, sorted(reaching - set(own))):
        if some and code == pytest.ExitCode.OK:
            code = int(pytest.main([*_PYTEST, *some]))
    return code


def _is_own(file: str | Path, *, module: str) -> bool:
    """Whether a file of tests is named after the module."""
    return module.rpartition(".")[2] in Path(file).stem


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        loader = _Faulty(self._mutant)
        return importlib.util.spec_from_file_location(fullname, self._mutant.path, loader=loader)


class _Faulty(SourceFileLoader):
    """Loads the faulty code instead of what lies in the file."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(mutant.path))
        self._code = mutant.code()

    def get_code(self, fullname: str) -> CodeType:
        return self._code


# Faults inside functions.


@dataclass(slots=True)
class _InsideFunctions:
    """Does the judging in the place where pytest would run what it has collected."""

    mutants: Sequence[Reached]
    run: Callable[[Iterator[tuple[str, Work]]], dict[str, Verdict]]
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.verdicts = self.run(
            (one.mutant.name, partial(_swap_and_run, one.mutant, one.tests, session.items))
            for one in self.mutants
        )
        return True


def _swap_and_run(mutant: Mutant, tests: frozenset[str], items: Sequence[pytest.Item]) -> int:
    function = _function(mutant)
    function.__code__ = _code_of(mutant.code(), name=function.__qualname__)
    chosen = _soonest_first(items, tests=tests, module=mutant.module)
    if not chosen:
        return int(pytest.ExitCode.NO_TESTS_COLLECTED)
    for item, following in zip(chosen, [*chosen[1:], None], strict=True):
        if any(r.failed for r in runtestprotocol(item, log=False, nextitem=following)):
            return int(pytest.ExitCode.TESTS_FAILED)
    return int(pytest.ExitCode.OK)


def _soonest_first(
    items: Sequence[pytest.Item], *, tests: frozenset[str], module: str
) -> list[pytest.Item]:
    """The chosen ones: of the module's own file first; properties last, for they take long."""

    def order(item: pytest.Item) -> tuple[bool, bool]:
        takes_long = item.path.parent.name == "properties" or hasattr(
            getattr(item, "obj", None), "hypothesis"
        )
        return takes_long, not _is_own(item.path, module=module)

    return sorted((item for item in items if test_name(item) in tests), key=order)


def _function(mutant: Mutant) -> FunctionType:
    """The function, or the method of a class, that the fault lies in."""
    found: object = importlib.import_module(mutant.module)
    for name in mutant.where.partition(":")[2].split("."):
        found = vars(found)[name]
        if isinstance(found, property):
            found = found.fget
        elif isinstance(found, classmethod | staticmethod):
            found = found.__func__
        if isinstance(found, FunctionType):
            return found
    raise CannotJudge(f"{mutant.name}: lies in no function")


def _code_of(code: CodeType, *, name: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code_of(constant, name=name)
    raise CannotJudge(f"{name}: has no code of its own")
