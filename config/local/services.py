"""PostgreSQL and Valkey for as long as they are needed, in one folder."""

import os
import secrets
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from config.local import envfile
from config.local.claim import Claim
from config.local.postgres import Postgres
from config.local.processes import (
    describe_exit,
    exit_status,
    has_ended,
    kill,
    rotate,
    spawn,
    stop,
    wait_until,
)
from config.local.servers import CannotStart, Server, start_and_wait
from config.local.signals import Signals, Stopped
from config.local.valkey import Valkey

STOP_SECONDS_MAX = 10.0
_WATCH_SECONDS = 0.5


class Services:
    """The servers that the environment does not name already.

    `keep_open` is a descriptor of the claim on the folder: see Note [Two locks].
    """

    def __init__(
        self, *, folder: Path, given: Mapping[str, str], fast: bool, keep_open: int
    ) -> None:
        password, self._password_is_new = _password(folder / "services.password")
        self._postgres = (
            None
            if given.get("DATABASE_URL")
            else Postgres(folder=folder, password=password, fast=fast, keep_open=keep_open)
        )
        self._valkey = (
            None
            if given.get("REDIS_URL")
            else Valkey(folder=folder, password=password, fast=fast, keep_open=keep_open)
        )

    @property
    def servers(self) -> list[Server]:
        """Those that are ours to start, in the order of starting."""
        return [server for server in (self._postgres, self._valkey) if server is not None]

    @property
    def environment(self) -> dict[str, str]:
        """Where clients find the servers that are ours."""
        found = {}
        if self._postgres is not None:
            found["DATABASE_URL"] = self._postgres.url
        if self._valkey is not None:
            found["REDIS_URL"] = self._valkey.url
        return found

    def start(self) -> None:
        """Starts the servers and returns when each answers."""
        for server in self.servers:
            rotate(server.log)
        if self._valkey is not None:
            start_and_wait(self._valkey)
        if self._postgres is not None:
            self._postgres.prepare(password_is_new=self._password_is_new)
            try:
                start_and_wait(self._postgres)
            except CannotStart:
                if not self._postgres.throw_away_if_fast():
                    raise
                self._postgres.prepare(password_is_new=False)
                start_and_wait(self._postgres)
            self._postgres.make_database()

    def revive(self) -> list[str]:
        """Starts again what has died; what was seen, in words."""
        seen = []
        for server in self.servers:
            if server.process is not None and has_ended(server.process):
                seen.append(f"{server.name} {describe_exit(server.process.returncode)}")
                start_and_wait(server)
        return seen

    def stop(self) -> None:
        """Stops the servers, the last started first."""
        for server in reversed(self.servers):
            if server.process is not None:
                stop(server.process, how=server.stop_signal, seconds=STOP_SECONDS_MAX)

    def kill(self) -> None:
        """Ends the servers at once; PostgreSQL recovers at the next start."""
        for server in self.servers:
            if server.process is not None:
                kill(server.process)


def run_with_services(
    *, folder: Path, command: Sequence[str], fast: bool, defaults: Mapping[str, str]
) -> int:
    """Runs `command` with both servers up and returns its exit status.

    Without a command: prints the environment and waits for a signal. Servers that the
    environment names already are used and left alone; `defaults` are for what it does not name.
    """
    env = {**defaults, **os.environ}
    # So that `pytest` or `celery` in the command are those of this environment.
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
    with Signals() as signals:
        if env.get("DATABASE_URL") and env.get("REDIS_URL"):
            return _run(command, env=env, services=None, signals=signals)
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log").mkdir(exist_ok=True)
        with Claim(folder) as claim:
            claim.take({})
            services = Services(folder=folder, given=env, fast=fast, keep_open=claim.processes)
            try:
                with signals.interrupting():
                    services.start()
                env |= services.environment
                with envfile.kept(folder / "env", services.environment):
                    return _run(command, env=env, services=services, signals=signals)
            except Stopped as stopped:
                return 128 + stopped.number
            finally:
                services.stop()


def _run(
    command: Sequence[str], *, env: dict[str, str], services: Services | None, signals: Signals
) -> int:
    if not command:
        return _wait(env=env, services=services, signals=signals)
    try:
        process = spawn(
            command, env=env, death_signal=signal.SIGTERM, stdin=None, own_session=False
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    passed_on = 0
    while not wait_until(lambda: has_ended(process), seconds=_WATCH_SECONDS):
        for number in signals.received[passed_on:]:
            passed_on += 1
            # A terminal has sent its Ctrl-C to the command as well.
            if number != signal.SIGINT or not sys.stdin.isatty():
                process.send_signal(number)
        _revive(services)
    return exit_status(process.returncode)


def _wait(*, env: dict[str, str], services: Services | None, signals: Signals) -> int:
    for name in ("DATABASE_URL", "REDIS_URL"):
        print(f"export {name}={shlex.quote(env[name])}", flush=True)
    while not wait_until(lambda: bool(signals.received), seconds=_WATCH_SECONDS):
        _revive(services)
    return 0


def _revive(services: Services | None) -> None:
    for seen in services.revive() if services is not None else ():
        print(f"{seen}; it was started again", file=sys.stderr, flush=True)


def _password(path: Path) -> tuple[str, bool]:
    """The password of the servers in this folder, and whether it was made just now."""
    with suppress(FileNotFoundError):
        if found := path.read_text().strip():
            return found, False
        path.unlink()  # we were killed between making and filling it
    password = secrets.token_hex(24)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return password, True
