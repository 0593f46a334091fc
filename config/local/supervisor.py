"""Keeps programs and servers up, says what happened to them, and stops them in order."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from config.local.ports import answers
from config.local.processes import (
    describe_exit,
    has_ended,
    kill,
    rotate,
    spawn,
    stop,
    tail,
    wait_until,
)
from config.local.programs import Program
from config.local.servers import CannotStart
from config.local.services import Services

_BACKOFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
_STEADY_SECONDS = 60.0
_SETTLED_SECONDS = 3.0
_WATCH_SECONDS = 0.2


class Child:
    """One program with the process that it has just now, and how often it has fallen over."""

    def __init__(self, program: Program, *, log: Path) -> None:
        self.program = program
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.falls = 0
        self.due: float | None = None
        self.last_words: list[str] = []

    @property
    def is_up(self) -> bool:
        """True when it answers on its port or, having none, has run for a while."""
        if self.process is None or has_ended(self.process):
            return False
        if self.program.port is None:
            return time.monotonic() - self.started > _SETTLED_SECONDS
        return answers(self.program.port)


class Supervisor:
    """Starts `programs` beside the servers of `services` and watches both.

    Times are those of the monotonic clock. `keep_open` is a descriptor of the claim on the
    folder that every child inherits: see Note [Two locks].
    """

    def __init__(
        self,
        *,
        programs: Sequence[Program],
        services: Services,
        env: Mapping[str, str],
        project: Path,
        logs: Path,
        keep_open: int,
        say: Callable[[str], None],
    ) -> None:
        self._services = services
        self._env = env
        self._project = project
        self._keep_open = keep_open
        self._say = say
        self._servers_due = 0.0
        self.children = [Child(program, log=logs / f"{program.name}.log") for program in programs]

    def start(self) -> None:
        """Starts every program; they need not answer yet."""
        for child in self.children:
            rotate(child.log)
            self._start(child)

    def wait_until_up(self, *, seconds: float) -> list[Child]:
        """Watches until all are up or the time is over; those that are not."""

        def all_up() -> bool:
            self._look()
            return all(child.is_up for child in self.children)

        wait_until(all_up, seconds=seconds, every_seconds=_WATCH_SECONDS)
        return [child for child in self.children if not child.is_up]

    def watch(self) -> NoReturn:
        """Watches for ever; a signal ends it (see `Signals.interrupting`)."""
        while True:
            self._look()
            time.sleep(_WATCH_SECONDS)

    def stop(self) -> None:
        """Stops everything in order, the last started first, servers at the end."""
        for child in reversed(self.children):
            if child.process is None:
                continue
            how, seconds = child.program.stop_signal, child.program.stop_seconds
            if not stop(child.process, how=how, seconds=seconds):
                self._say(f"{child.program.name} did not stop within {seconds:.0f} s: killed")
        self._services.stop()

    def kill(self) -> None:
        """Ends everything at once."""
        for child in self.children:
            if child.process is not None:
                kill(child.process)
        self._services.kill()

    def _look(self) -> None:
        now = time.monotonic()
        if now >= self._servers_due:
            try:
                for seen in self._services.revive():
                    self._say(f"{seen}; it was started again")
            except CannotStart as error:
                self._say(f"{error}\n  trying again in 10 s")
                self._servers_due = time.monotonic() + 10
        for child in self.children:
            if child.due is not None:
                if now >= child.due:
                    self._start(child)
            elif child.process is not None and has_ended(child.process):
                self._plan_restart(child, returncode=child.process.returncode, now=now)

    def _plan_restart(self, child: Child, *, returncode: int, now: float) -> None:
        child.falls = 0 if now - child.started > _STEADY_SECONDS else child.falls
        pause = _BACKOFF_SECONDS[min(child.falls, len(_BACKOFF_SECONDS) - 1)]
        child.falls += 1
        child.due = now + pause
        what = f"{child.program.name} {describe_exit(returncode)}"
        lines = [f"{what}; it starts again in {pause:.0f} s"]
        last_words = tail(child.log, lines=8)
        lines += last_words if last_words != child.last_words else ["(with the same last words)"]
        child.last_words = last_words
        lines.append(f"(all of it: {child.log})")
        self._say("\n    ".join(lines))

    def _start(self, child: Child) -> None:
        child.due = None
        child.started = time.monotonic()
        child.process = spawn(
            child.program.command,
            env={**self._env, **child.program.extra},
            cwd=self._project,
            log=child.log,
            keep_open=[self._keep_open],
        )
