"""RabbitMQ from Debian's package `rabbitmq-server`, run as a direct child: no service is needed.

`python -m tests.rabbitmq_server COMMAND…` runs a command with one as its broker; `make
test-rabbitmq` does.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import amqp

from config.local.ports import LOOPBACK, free_port
from config.local.processes import OURSELVES, Identity, kill, spawn, stop
from config.local.servers import start_and_wait

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
MISSING = (
    f"RabbitMQ is not installed ({PROGRAM} is missing): as root, "
    "apt-get install --no-install-recommends rabbitmq-server"
)
VHOSTS = ("/", *(f"gw{number}" for number in range(8)))
"""For a whole suite: one for each process that shares it, named as pytest-xdist names them."""

_USER = "duecourse"
_STOP_SECONDS_MAX = 20.0


def is_installed() -> bool:
    """Whether there is a RabbitMQ to start."""
    return PROGRAM.exists() and shutil.which("epmd") is not None


class RabbitMQ:
    """One node with a name, ports and a data folder of its own; all of it below `folder`.

    Erlang wants a daemon that knows where its nodes listen, and would leave one running for ever:
    a daemon of the node's own is started before it and ends with it. `address` is where it listens
    for clients; `identity` as in `spawn`.
    """

    name = "rabbitmq"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        *,
        folder: Path,
        address: str = LOOPBACK,
        vhosts: Sequence[str] = ("/",),
        identity: Identity = OURSELVES,
    ) -> None:
        self.log = folder / "log" / "rabbitmq.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._daemon: subprocess.Popen[bytes] | None = None
        self._daemon_port = free_port()
        self._node_port = free_port()
        self._address = address
        self._identity = identity
        self._folder = folder / "rabbitmq"
        self._vhosts = vhosts
        self._password = secrets.token_hex(16)

    @property
    def url(self) -> str:
        """Address of its first virtual host."""
        first = quote(self._vhosts[0], safe="")
        return f"amqp://{_USER}:{self._password}@{self._address}:{self.port}/{first}"

    def start(self) -> None:
        """Starts it with whatever it kept on disk, always on the same port."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._write_configuration()
        self._end_daemon()
        environment = self._environment()
        self._daemon = spawn(
            [str(shutil.which("epmd")), "-address", LOOPBACK, "-port", str(self._daemon_port)],
            env=environment,
            identity=self._identity,
            log=self.log,
        )
        self.process = spawn(
            [PROGRAM], env=environment, identity=self._identity, cwd=self._folder, log=self.log
        )

    def answers(self) -> bool:
        """True when a client with the password may open a channel."""
        try:
            with amqp.Connection(
                f"{self._address}:{self.port}",
                userid=_USER,
                password=self._password,
                connect_timeout=2,
                read_timeout=5,
            ) as connection:
                connection.channel().close()
        except (OSError, amqp.exceptions.AMQPError):
            return False
        return True

    def kill(self) -> None:
        """kill -9. What was confirmed to be on disk is there at the next start."""
        if self.process is not None:
            kill(self.process)
        self._end_daemon()

    def stop(self) -> None:
        """End it as its operator does."""
        if self.process is not None:
            stop(self.process, how=self.stop_signal, seconds=_STOP_SECONDS_MAX)
        self._end_daemon()

    def restart_empty(self) -> None:
        """kill -9, forget every queue, and start it again; returns when it answers."""
        self.kill()
        shutil.rmtree(self._folder)
        start_and_wait(self)

    def purge(self, *, queues: Sequence[str]) -> None:
        """Forget what waits in these queues; those that are not there hold nothing."""
        for queue in queues:
            with (
                suppress(amqp.exceptions.NotFound),
                amqp.Connection(
                    f"{self._address}:{self.port}",
                    userid=_USER,
                    password=self._password,
                    connect_timeout=10,
                ) as connection,
            ):
                connection.channel().queue_purge(queue)

    def _end_daemon(self) -> None:
        if self._daemon is not None:
            kill(self._daemon)

    def _environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),  # of the cookie with which its nodes know each other
            "ERL_EPMD_PORT": str(self._daemon_port),
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": f"duecourse-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder),
            "RABBITMQ_LOGS": "-",
            "RUNNING_UNDER_SYSTEMD": "true",  # no shell between us and it
        }

    def _write_configuration(self) -> None:
        definitions = self._folder / "definitions.json"
        definitions.touch(mode=0o600)
        definitions.write_text(
            json.dumps(
                {
                    "users": [{"name": _USER, "password": self._password, "tags": ""}],
                    "vhosts": [{"name": vhost} for vhost in self._vhosts],
                    "permissions": [
                        {"user": _USER, "vhost": v, "configure": ".*", "write": ".*", "read": ".*"}
                        for v in self._vhosts
                    ],
                }
            )
        )
        configuration = (
            f"listeners.tcp.1 = {self._address}:{self.port}",
            f"load_definitions = {definitions}",
            "loopback_users = none",
            "log.console.level = warning",
        )
        (self._folder / "rabbitmq.conf").write_text("\n".join(configuration) + "\n")


def main() -> int:
    """Run a command with CELERY_BROKER_URL set, and BROKER for tests with servers of their own."""
    if not is_installed():
        print(f"error: {MISSING}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="duecourse-rabbitmq-") as folder:
        server = RabbitMQ(folder=Path(folder), vhosts=VHOSTS)
        try:
            start_and_wait(server)
            environment = {**os.environ, "CELERY_BROKER_URL": server.url, "BROKER": "rabbitmq"}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
