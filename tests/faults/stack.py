"""One installation of Duecourse on `Servers`: programs that are killed, die and come back."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from config.local import secrets
from config.local.ports import free_port
from config.local.processes import describe_exit, has_ended, spawn, stop, tail
from config.local.programs import Program, programs
from tests.faults.servers import Servers
from tests.simulator_process import SimulatorProcess

ROOT = Path(__file__).resolve().parents[2]
POLICY = Path(__file__).with_name("one_step.yaml")
TEN_IN_SHANGHAI = datetime(2026, 11, 23, 2, 1, tzinfo=UTC)
"""A Monday, a minute after the step has spoken."""

LEASE_SECONDS = 15
_INTERVALS = {
    "reminders.tick_plan": 3,
    "reminders.tick_dispatch": 1,
    "reminders.apply_receipts": 1,
    "reminders.tick_sweep": 2,
}
_BACK_AFTER_SECONDS = 1.0
_SET_UP = """
import sys, django
from django.core.management import call_command
django.setup()
call_command("migrate", interactive=False, verbosity=0)
call_command("create_schedule")
call_command("load_shipped_policy")
call_command("import_policy", sys.argv[1], publish=True, replace_draft=True)
"""


class Member:
    """A program of the installation. `falls` has the last words of each time it died by itself."""

    def __init__(
        self, name: str, *, program: Program, env: Mapping[str, str], log: Path, cwd: Path
    ) -> None:
        self.name = name
        self.log = log
        self.env = dict(env)
        self.falls: list[str] = []
        self._program = program
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._back_at: float | None = None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        self._back_at = None
        self._process = spawn(
            self._program.command,
            env={**self.env, **self._program.extra},
            cwd=self._cwd,
            log=self.log,
        )

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None when none does."""
        return None if self._process is None or has_ended(self._process) else self._process.pid

    def children(self) -> list[int]:
        """Processes of its pool."""
        if (pid := self.pid) is None:
            return []
        with suppress(OSError):
            return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def kill(self) -> bool:
        """kill -9 of the whole group; it comes back a moment later. True if there was one."""
        pid = self.pid
        if pid is None or self._process is None:
            return False
        os.killpg(pid, signal.SIGKILL)
        self._process.wait()
        self._back_at = time.monotonic() + _BACK_AFTER_SECONDS
        return True

    def stop(self) -> None:
        """End it as an operator does; it does not come back."""
        if self._process is not None:
            stop(self._process, how=signal.SIGTERM, seconds=self._program.stop_seconds)
        self._process, self._back_at = None, None

    def supervise(self) -> None:
        """Bring it back when its time has come, also when it died by itself."""
        if self._process is None or not has_ended(self._process):
            return
        if self._back_at is None:
            said = [line for line in tail(self.log, lines=30) if "Error" in line]
            how = describe_exit(self._process.returncode)
            self.falls.append(f"{how}: {said[-1] if said else 'without a word'}")
            self._back_at = time.monotonic() + _BACK_AFTER_SECONDS
        if time.monotonic() >= self._back_at:
            self.start()


class Stack:
    """A context manager: a database of its own, the gateway, and the members that were added.

    `honours` chooses a gateway that sends a reference at most once, or one that sends whatever it
    is given; `options` go to CREATE DATABASE. The clock of all starts at TEN_IN_SHANGHAI and goes
    on from there.
    """

    def __init__(
        self, servers: Servers, *, name: str, honours: bool = True, options: str = ""
    ) -> None:
        self.servers = servers
        self._options = options
        self.name = name
        self.honours = honours
        self.folder = servers.folder / name
        self.members: dict[str, Member] = {}
        self.shift_seconds = round((TEN_IN_SHANGHAI - datetime.now(UTC)).total_seconds())  # noqa: TID251 - the harness makes the clock that the product reads
        self._port = free_port()
        self._exits = ExitStack()
        self.gateway = SimulatorProcess(
            store=self.folder / "gateway", environment={"CLOCK_SHIFT_SECONDS": "0"}
        )
        # Not one of the ports that outgoing connections are given: it must come back on the same.
        self.gateway.port = free_port()
        self._secrets = secrets.make()

    def __enter__(self) -> Self:
        self.folder.mkdir()
        self.gateway.environment["CLOCK_SHIFT_SECONDS"] = str(self.shift_seconds)
        self._exits.enter_context(self.gateway)
        self._exits.callback(self._kill_members)
        self.set_faults()
        self.servers.empty_broker()
        self._prepare()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exits.close()

    def now(self) -> datetime:
        """The instant it is for the product."""
        return datetime.now(UTC) + timedelta(seconds=self.shift_seconds)  # noqa: TID251 - as above

    @property
    def environment(self) -> dict[str, str]:
        """What the programs are told."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **{k: self._secrets[k] for k in ("SECRET_KEY", "FIELD_KEYS")},
            "DATABASE_URL": self.servers.url_of(self.name),
            "REDIS_URL": self.servers.valkey.url,
            "CELERY_BROKER_URL": self.servers.broker_url,
            "SMS_GATEWAY": "simulator" if self.honours else "json_http",
            "SMS_GATEWAY_URL": self.gateway.url + ("" if self.honours else "/v1"),
            "SMS_GATEWAY_TOKEN": self.gateway.token,
            "SMS_GATEWAY_SECRET": self.gateway.secret,
            # Many small calls, several at once: a harm then finds some of them under way.
            "SMS_GATEWAY_TEXTS_PER_REQUEST": "20",
            "SMS_GATEWAY_CONNECTIONS": "4",
            "PUBLIC_URL": f"http://127.0.0.1:{self._port}",
            "CLOCK_SHIFT_SECONDS": str(self.shift_seconds),
            "SEND_LEASE_SECONDS": str(LEASE_SECONDS),
        }

    def add(self, name: str, *, what: str = "", code: Path = ROOT) -> Member:
        """Start a member: `what` is worker, beat or web, by default its own name."""
        known = programs(port=self._port, simulator_port=0, folder=self.folder)
        program = next(p for p in known if p.name == (what or name))
        command = tuple(
            f"{name}@%h" if part.startswith("worker-") else part for part in program.command
        )
        program = Program(name, command, stop_seconds=15, extra=program.extra)
        log = self.folder / f"{name}.log"
        member = Member(name, program=program, env=self.environment, log=log, cwd=code)
        member.start()
        self.members[name] = member
        return member

    def remove(self, name: str) -> None:
        """Stop a member for good."""
        self.members.pop(name).stop()

    def supervise(self) -> None:
        """Bring back whatever has died."""
        for member in self.members.values():
            member.supervise()

    def move_clock(self, ahead: timedelta) -> None:
        """The power fails, and comes back that much later."""
        self._kill_members()
        self.shift_seconds += round(ahead.total_seconds())
        self.gateway.environment["CLOCK_SHIFT_SECONDS"] = str(self.shift_seconds)
        self.gateway.restart()
        for member in self.members.values():
            member.env |= self.environment
            member.start()

    def set_faults(self, **faults: Any) -> None:
        """What the gateway does wrong from now on, beside what it always does."""
        self.gateway.set_faults(**faults, ignores_references=not self.honours)

    def command(
        self, *arguments: str, log: str = "commands", **environment: str
    ) -> "subprocess.Popen[bytes]":
        """`manage.py …` in the background."""
        # A moved clock is refused with any other gateway, and commands that import send nothing.
        env = {**self.environment, "SMS_GATEWAY": "simulator", **environment}
        command = [sys.executable, "manage.py", *arguments]
        return spawn(command, env=env, cwd=ROOT, log=self.folder / f"{log}.log")

    def run(self, *arguments: str, seconds: float = 120) -> None:
        """`manage.py …` to its good end."""
        self._end_well(self.command(*arguments), seconds=seconds)

    @property
    def _log(self) -> Path:
        return self.folder / "commands.log"

    def _end_well(self, process: "subprocess.Popen[bytes]", *, seconds: float = 120) -> None:
        status = process.wait(timeout=seconds)
        said = "\n".join(tail(self._log, lines=30))
        assert status == 0, f"{process.args!r} ended with {status}:\n{said}"

    def query(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Rows of a statement, on a connection of its own."""
        with self.servers.connect(self.name) as connection:
            return connection.execute(sql, parameters).fetchall()

    def states(self) -> str:
        """Where everything is, for people."""
        try:
            rows = {
                table: Counter(dict(self.query(f"SELECT state, count(*) FROM {table} GROUP BY 1")))
                for table in ("reminders_reminder", "reminders_message")
            }
        except psycopg.Error as error:
            return f"the database does not answer: {error}"
        return ", ".join(f"{table} {dict(counts)}" for table, counts in rows.items())

    def tails(self, *, lines: int = 12) -> str:
        """The last lines of every log."""
        logs = sorted(self.folder.glob("*.log")) + sorted((self.servers.folder / "log").glob("*"))
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(tail(log, lines=lines)) for log in logs if log.is_file()
        )

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds: float) -> float:
        """Poll until it holds; the seconds it took. Says what it waited for when it does not."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > seconds:
                raise AssertionError(
                    f"{what}: not within {seconds:.0f} s; {self.states()}\n{self.tails()}"
                )
            self.supervise()
            time.sleep(0.2)
        return time.monotonic() - started

    def _kill_members(self) -> None:
        for member in self.members.values():
            member.kill()

    def _prepare(self) -> None:
        """A migrated database with the one-step policy; made once and copied."""
        with self.servers.connect("postgres") as admin:
            found = admin.execute("SELECT 1 FROM pg_database WHERE datname = 'ready'").fetchone()
        if found is None:
            self._make_ready()
        self.servers.make_database(self.name, like="ready", options=self._options)

    def _make_ready(self) -> None:
        name, self.name = self.name, "duecourse"
        try:
            command = [sys.executable, "-c", _SET_UP, str(POLICY)]
            self._end_well(spawn(command, env=self.environment, cwd=ROOT, log=self._log))
            with self.servers.connect(self.name) as connection:
                for task, seconds in _INTERVALS.items():
                    connection.execute(
                        "WITH made AS (INSERT INTO django_celery_beat_intervalschedule"
                        " (every, period) VALUES (%s, 'seconds') RETURNING id)"
                        " UPDATE django_celery_beat_periodictask SET interval_id = made.id"
                        " FROM made WHERE task = %s",
                        (seconds, task),
                    )
        finally:
            self.name = name
        self.servers.make_database("ready")
