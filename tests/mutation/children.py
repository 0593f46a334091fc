"""Child processes that do one thing within limits, a few at a time."""

import os
import resource
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum

import pytest

_MEMORY_BYTES_MAX = 2 * 2**30
"""A fault may make a list without end."""


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "not reached by any test"

    @property
    def is_killed(self) -> bool:
        """Whether the tests noticed."""
        return self in (Verdict.KILLED, Verdict.TIMED_OUT)


class CannotJudge(RuntimeError):
    """The tests could not be run at all; this says nothing about them."""


Work = Callable[[], int]
"""Runs tests; pytest's exit code."""

Told = Callable[[str, Verdict], None]
"""Hears of each verdict as it falls."""


def judge_all(
    jobs: Iterable[tuple[str, Work]],
    *,
    workers: int,
    cpu_seconds_max: int,
    told: Told,
) -> dict[str, Verdict]:
    """Do all the work, by name, each in a child of its own; `told` is called after each."""
    verdicts: dict[str, Verdict] = {}
    running: dict[int, str] = {}
    waiting = iter(jobs)
    while True:
        for name, work in waiting:
            running[fork(work, cpu_seconds_max=cpu_seconds_max)] = name
            if len(running) >= workers:
                break
        if not running:
            return verdicts
        pid, status = os.wait()
        name = running.pop(pid)
        verdicts[name] = _verdict(status, name=name)
        told(name, verdicts[name])


def _verdict(status: int, *, name: str) -> Verdict:
    if os.WIFSIGNALED(status):
        return Verdict.TIMED_OUT
    code = pytest.ExitCode(os.WEXITSTATUS(status))
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise CannotJudge(f"{name}: {code.name}")
    return Verdict.SURVIVED if code is pytest.ExitCode.OK else Verdict.KILLED


def fork(work: Work, *, cpu_seconds_max: int) -> int:
    """A child that does the work, without a word, within limits; its process id.

    The limit is on processor time, so that a busy machine condemns nothing; what goes beyond it
    is ended by the system.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds_max, cpu_seconds_max))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = work()
    finally:
        os._exit(code)
