"""What PostgreSQL and Valkey have in common as children of the launcher."""

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Protocol

from config.local.errors import CannotGoOn
from config.local.processes import describe_exit, has_ended, tail, wait_until

START_SECONDS_MAX = 60.0
_PAUSE_SECONDS = 0.3


class CannotStart(CannotGoOn):
    """A server could not be started; the message says what was seen and what to do."""


class Server(Protocol):
    """A server that the launcher starts, watches and stops."""

    name: str
    log: Path
    stop_signal: signal.Signals
    process: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str:
        """Address for clients, with the password."""

    def start(self) -> None:
        """Starts the process; it need not answer yet."""

    def answers(self) -> bool:
        """True when clients are served."""


def server_environment() -> dict[str, str]:
    """Nearly empty: a locale that is not installed, or a stray PGHOST, would break a server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def package_folder(package: str, *, instead: str) -> Path:
    """Folder of an installed package, found without importing it (imports have side effects)."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise CannotStart(
            f"the package {package.replace('_', '-')} is not installed: install requirements.txt, "
            f"or set {instead} to a server that you run yourself"
        )
    return Path(found.submodule_search_locations[0])


def start_and_wait(server: Server, *, seconds: float = START_SECONDS_MAX) -> None:
    """Starts `server` until it answers, again when it falls over while coming up.

    Falling over can be chance (its port was taken in the same moment), so it is tried again,
    but not for ever: the third time in a row its last lines are the error.
    """
    for attempts_left in (2, 1, 0):
        server.start()
        process = server.process
        assert process is not None

        def is_decided(process: subprocess.Popen[bytes] = process) -> bool:
            return has_ended(process) or server.answers()

        if not wait_until(is_decided, seconds=seconds):
            raise CannotStart(_report(server, f"did not answer within {seconds:.0f} s"))
        if not has_ended(process):
            return
        if attempts_left == 0:
            raise CannotStart(_report(server, describe_exit(process.returncode)))
        time.sleep(_PAUSE_SECONDS)


def _report(server: Server, what: str) -> str:
    lines = [f"{server.name} {what}; the last lines of {server.log}:"]
    return "\n    ".join(lines + tail(server.log))
