"""What every stage works with: servers, gateway, the book in databases, and our processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.local.ports import LOOPBACK, free_port
from config.local.processes import has_ended, spawn, stop, tail, wait_until
from config.local.programs import Program, programs
from tests.bench.gateway import FastGateway
from tests.bench.moment import SENT_AT, shift_seconds
from tests.bench.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 60.0
FIELD_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


class StageFailed(RuntimeError):
    """A process ended or a result is not what it should be; the message has its last words."""


@dataclass(slots=True)
class Lab:
    """`borrowers` in the book; `most` caps what slow stages count; `workers` in each pool."""

    servers: Servers
    gateway: FastGateway
    borrowers: int
    workers: int
    most: int
    textbook: int
    shift_seconds: int
    ready: set[str] = field(default_factory=set)
    rates: dict[str, float] = field(default_factory=dict)
    _logs: int = 0

    def log(self, name: str) -> Path:
        """A file for the words of a process."""
        self._logs += 1
        return self.servers.folder / "log" / f"{self._logs:03}-{name}.log"

    def environment(self, database: str, *, port: int = 8000) -> dict[str, str]:
        """What our processes are told."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "bench",
            "FIELD_KEYS": FIELD_KEY,
            "DATABASE_URL": self.servers.url_of(database),
            "REDIS_URL": self.servers.valkey.url,
            "CELERY_BROKER_URL": self.servers.broker_url,
            "SMS_GATEWAY": "simulator",
            "SMS_GATEWAY_URL": self.gateway.url,
            "SMS_GATEWAY_TOKEN": self.gateway.token,
            "SMS_GATEWAY_SECRET": self.gateway.secret,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "CLOCK_SHIFT_SECONDS": str(self.shift_seconds),
        }

    def run(self, *arguments: str, database: str, **more: str) -> None:
        """`python -m …` to its good end. Raises StageFailed."""
        log = self.log(arguments[0].rpartition(".")[2])
        process = spawn(
            [sys.executable, "-m", *arguments],
            env=self.environment(database) | more,
            cwd=ROOT,
            log=log,
        )
        if process.wait():
            raise StageFailed(f"{' '.join(arguments)} failed:\n" + "\n".join(tail(log, lines=25)))

    @contextmanager
    def helper(self, *arguments: str, database: str, **more: str) -> Iterator["Helper"]:
        """`python -m …` that says when it is ready, does its work when told, and tells of it."""
        log = self.log(arguments[0].rpartition(".")[2])
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=self.environment(database) | more,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            try:
                yield Helper(process, log)
            finally:
                process.kill()
                process.communicate()

    @contextmanager
    def program(
        self,
        name: str,
        *,
        database: str,
        port: int = 8000,
        change: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Iterator[int]:
        """A program as `make run` starts it, until the end of the block; its process id.

        `change` replaces words of its command; `more` adds to its environment.
        """
        program = self.program_of(name, port=port)
        words = [(change or {}).get(word, word) for word in program.command]
        with self.running(
            words,
            name=name,
            env=self.environment(database, port=port) | dict(program.extra) | dict(more or {}),
            is_up=lambda log: " ready." in log or "Booting worker" in log,
        ) as pid:
            yield pid

    @contextmanager
    def worker(self, *, database: str, **more: str) -> Iterator[int]:
        """A Celery worker with `workers` processes in its pool, for whom nobody has rung yet."""
        self.servers.hush()
        with self.program("worker", database=database, more=more) as pid:
            yield pid

    @contextmanager
    def running(
        self, command: Sequence[str], *, name: str, env: Mapping[str, str], is_up: Any
    ) -> Iterator[int]:
        """A process until the end of the block, once `is_up(its log)`; its id."""
        log = self.log(name)
        process = spawn(command, env=env, cwd=ROOT, log=log)

        def started() -> bool:
            return has_ended(process) or is_up(log.read_text(encoding="utf-8", errors="replace"))

        try:
            if not wait_until(started, seconds=READY_SECONDS_MAX) or has_ended(process):
                raise StageFailed(f"{name} did not come up:\n" + "\n".join(tail(log, lines=25)))
            yield process.pid
            if has_ended(process):
                raise StageFailed(f"{name} ended by itself:\n" + "\n".join(tail(log, lines=25)))
        finally:
            # In a throw-away database: what it has in hand need not be finished.
            stop(process, how=signal.SIGKILL, seconds=5)

    def program_of(self, name: str, *, port: int) -> Program:
        """As `make run` starts it, with `workers` processes where it is a pool."""
        known = programs(port=port, simulator_port=0, folder=self.servers.folder)
        program = next(p for p in known if p.name == name)
        command = list(program.command)
        if "--concurrency" in command:
            command[command.index("--concurrency") + 1] = str(self.workers)
        return Program(name, tuple(command), stop_seconds=5, extra=program.extra)


@contextmanager
def laboratory(
    folder: Path,
    *,
    borrowers: int,
    workers: int,
    most: int = 0,
    textbook: int = 0,
    address: str = LOOPBACK,
    rabbitmq: bool = False,
) -> Iterator[Lab]:
    """Servers and a gateway in `folder`, at the moment at which texts go out; see Lab, Servers."""
    shift = shift_seconds(to=SENT_AT)
    with (
        Servers(folder, address=address, rabbitmq=rabbitmq) as servers,
        FastGateway(folder / "log", shift_seconds=shift, address=address) as gateway,
    ):
        yield Lab(
            servers=servers,
            gateway=gateway,
            borrowers=borrowers,
            workers=workers,
            most=most,
            textbook=textbook,
            shift_seconds=shift,
        )


class Helper:
    """The other end of `tests.bench.timed`: ready, go, a line of JSON."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.pid = process.pid
        self._process = process
        self._log = log
        self.read()

    def go(self) -> None:
        """It may begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """Its next line. Raises StageFailed when it has ended without one."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            words = self._log.read_text(encoding="utf-8", errors="replace")[-3_000:]
            raise StageFailed(f"{self._process.args!r} failed:\n{words}")
        found: dict[str, Any] = json.loads(line)
        return found

    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def bye(self) -> None:
        """Let it end, so that the database hears its counts."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        deadline = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        self._process.stdin = None


def a_port() -> int:
    """One that is free."""
    return free_port()
