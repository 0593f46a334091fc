"""The launcher with real servers and real signals, in a folder with a long name and spaces.

What it supervises here are tiny programs: how the product's own behave is the journeys' matter.
"""

import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
import redis

from config.local import envfile
from config.local.ports import answers, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
SERVICES = (sys.executable, "-m", "config.local", "services", "--dir", "var")

RUN = (sys.executable, "-m", "tests.local_double", "run")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that only its owner may enter, with a name that no Unix socket could have."""
    folder = tmp_path_factory.mktemp("private") / f"a path with spaces {'and length ' * 9}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def environment() -> dict[str, str]:
    """Ours without what names servers, so that the launcher starts its own."""
    given = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
    env = {name: value for name, value in os.environ.items() if name not in given}
    return env | {
        "PYTHONPATH": str(PROJECT),
        "PORT": str(free_port()),
        "SIMULATOR_PORT": str(free_port()),
    }


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(home: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts a launcher in `home`; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*command: str, **extra: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment | extra,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    (home / "var" / "env").unlink(missing_ok=True)


Found = TypeVar("Found")


def until(ask: Callable[[], Found], *, seconds: float = 15) -> Found:
    """What `ask` answers, as soon as that is something."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    return found


def sourced(path: Path) -> dict[str, str]:
    """The environment file of a launcher, once it is there."""
    return until(lambda: envfile.read(path))


def nobody_is_left(folder: Path) -> bool:
    """True when no process holds the lock that every child of a launcher inherits."""
    with (folder / "processes.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def pids_of(folder: Path, *, holding: str) -> list[int]:
    """Processes of the launcher in `folder` whose command line holds `holding`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            lock = str((folder / "processes.lock").resolve())
            if holding in line and any(
                os.readlink(opened) == lock for opened in (process / "fd").iterdir()
            ):
                found.append(int(process.name))
    return sorted(found)


def heard(process: subprocess.Popen[str], *, line_with: str) -> str:
    """Reads what a launcher says up to the line that holds `line_with`; all of it."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line_with in line:
            return "".join(lines)
    raise AssertionError(f"it never said {line_with!r}, but:\n{''.join(lines)}")


class TestServices:
    def test_run_a_command_with_both_servers_and_exit_as_it_did(
        self, start: Start, home: Path
    ) -> None:
        code = (
            "import os, psycopg, redis; psycopg.connect(os.environ['DATABASE_URL']).close(); "
            "redis.Redis.from_url(os.environ['REDIS_URL']).ping(); raise SystemExit(7)"
        )
        launcher = start(*SERVICES, "--fast", "--", sys.executable, "-c", code)
        said, _ = launcher.communicate(timeout=30)
        assert (launcher.returncode, said) == (7, "")
        assert nobody_is_left(home / "var")
        assert not (home / "var" / "env").exists()

    def test_leave_alone_what_the_environment_names(self, start: Start, home: Path) -> None:
        given = {"DATABASE_URL": "postgres://theirs", "REDIS_URL": "redis://theirs"}
        show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
        launcher = start(*SERVICES, "--dir", "untouched", "--", sys.executable, "-c", show, **given)
        said, _ = launcher.communicate(timeout=30)
        assert said == "postgres://theirs redis://theirs\n"
        assert not (home / "untouched").exists()

    def test_let_only_those_in_who_know_the_password(self, start: Start, home: Path) -> None:
        start(*SERVICES, "--fast")
        env = sourced(home / "var" / "env")
        password = env["REDIS_URL"].split("@")[0].removeprefix("redis://:")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(env["DATABASE_URL"].replace(password, "wrong"))
        with (
            redis.Redis.from_url(env["REDIS_URL"].replace(password, "wrong")) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()

    def test_keep_what_was_written_when_everything_is_killed(
        self, start: Start, home: Path
    ) -> None:
        launcher = start(*SERVICES)
        env = sourced(home / "var" / "env")
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(env["REDIS_URL"]) as client:
            client.set("kept", "42")
        launcher.kill()
        launcher.wait()
        for pid in pids_of(home / "var", holding="postgres"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # The number in there belongs to somebody else by now: to this test.
        (home / "var" / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
        (home / "var" / "env").unlink()

        start(*SERVICES)  # at once, while the old ones may still be dying
        env = sourced(home / "var" / "env")
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]
        with redis.Redis.from_url(env["REDIS_URL"]) as client:
            assert client.get("kept") == b"42"

    def test_come_back_on_the_same_port_when_one_is_killed(self, start: Start, home: Path) -> None:
        start(*SERVICES, "--fast")
        env = sourced(home / "var" / "env")
        for holding in ("valkey-server", "postgres -D"):
            for pid in pids_of(home / "var", holding=holding):
                os.kill(pid, signal.SIGKILL)

        def both_answer() -> bool:
            with suppress(psycopg.OperationalError, redis.ConnectionError):
                psycopg.connect(env["DATABASE_URL"]).close()
                with redis.Redis.from_url(env["REDIS_URL"]) as client:
                    return bool(client.ping())
            return False

        until(both_answer)

    def test_refuse_a_folder_in_which_another_works(self, start: Start, home: Path) -> None:
        first = start(*SERVICES, "--fast")
        sourced(home / "var" / "env")
        second = start(*SERVICES, "--fast", "--", "true")
        said, _ = second.communicate(timeout=30)
        assert second.returncode == 1
        assert f"as process {first.pid}" in said

    def test_leave_the_modes_of_parent_folders_as_they_are(self, home: Path) -> None:
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


class TestRun:
    def test_comes_up_tells_where_to_look_and_stops_in_order(
        self, start: Start, home: Path
    ) -> None:
        launcher = start(*RUN)
        said = heard(launcher, line_with="Ctrl-C stops it")
        made = (home / "var" / "secrets.env").read_text()
        password = envfile.read(home / "var" / "secrets.env")["DEMO_PASSWORD"]
        assert "/staff/" in said
        assert "agent" in said
        assert password in said
        assert "SMS_GATEWAY_TOKEN" in sourced(home / "var" / "env")

        second = start(*RUN)
        assert "already running" in second.communicate(timeout=30)[0]
        assert second.returncode == 1

        launcher.send_signal(signal.SIGINT)
        launcher.communicate(timeout=20)
        assert launcher.returncode == 0
        assert (home / "stopped").read_text().split() == ["worker", "web"]
        assert nobody_is_left(home / "var")
        assert (home / "var" / "secrets.env").read_text() == made

    def test_starts_again_what_was_killed_and_says_so(self, start: Start, home: Path) -> None:
        launcher = start(*RUN)
        heard(launcher, line_with="Ctrl-C stops it")
        (worker,) = pids_of(home / "var", holding="program worker")
        os.kill(worker, signal.SIGKILL)
        assert "worker is up" in heard(launcher, line_with="all of it")
        until(lambda: pids_of(home / "var", holding="program worker"))
        for pid in pids_of(home / "var", holding="postgres -D"):
            os.kill(pid, signal.SIGKILL)
        heard(launcher, line_with="postgres was killed by SIGKILL; it was started again")

    def test_leaves_nobody_behind_when_it_is_killed_itself(
        self, start: Start, home: Path, environment: dict[str, str]
    ) -> None:
        launcher = start(*RUN)
        heard(launcher, line_with="Ctrl-C stops it")
        launcher.kill()
        launcher.wait()
        until(lambda: nobody_is_left(home / "var"), seconds=5)
        assert not answers(int(environment["PORT"]))
        heard(start(*RUN), line_with="Ctrl-C stops it")

    def test_stops_at_once_when_asked_twice(self, start: Start, home: Path) -> None:
        (home / "stubborn").touch()
        try:
            launcher = start(*RUN)
            heard(launcher, line_with="Ctrl-C stops it")
        finally:
            (home / "stubborn").unlink()
        launcher.send_signal(signal.SIGINT)
        heard(launcher, line_with="stopping")
        launcher.send_signal(signal.SIGINT)
        launcher.communicate(timeout=10)
        assert launcher.returncode == 0
        assert nobody_is_left(home / "var")

    def test_names_the_port_that_is_taken_and_starts_nothing(
        self, start: Start, home: Path
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            launcher = start(*RUN, "--dir", "other", SIMULATOR_PORT=str(port))
            said, _ = launcher.communicate(timeout=30)
        assert launcher.returncode == 1
        assert said.startswith(f"error: port {port} on 127.0.0.1 is taken")
        assert "make run SIMULATOR_PORT=" in said
        assert not (home / "other" / "postgres").exists()

    def test_names_the_server_that_does_not_answer(self, start: Start, home: Path) -> None:
        silent = f"postgres://someone:hush@127.0.0.1:{free_port()}/book"
        launcher = start(*RUN, "--dir", "other", DATABASE_URL=silent)
        said, _ = launcher.communicate(timeout=30)
        assert launcher.returncode == 1
        assert "DATABASE_URL names postgres://127.0.0.1" in said
        assert "hush" not in said
