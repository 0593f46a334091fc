"""PostgreSQL, Valkey and, with BROKER=rabbitmq, RabbitMQ: ended in every way, they come back."""

import os
import secrets
import signal
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from config.local.postgres import Postgres
from config.local.processes import kill, stop
from config.local.servers import start_and_wait
from config.local.valkey import Valkey
from reminders.queues import Queue
from tests.rabbitmq_server import RabbitMQ

STOP_SECONDS_MAX = 30.0


class Servers:
    """A context manager. PostgreSQL keeps its promises: a commit survives every end of it.

    The broker, Valkey or RabbitMQ, keeps nothing, so that each restart of it is a restart with
    nothing in it. Beside RabbitMQ Valkey remains what counts the rate, and suffers the same.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="duecourse-fires-")
        self.folder = Path(self._folder.name)
        # PostgreSQL may have to run as "nobody", who must be able to pass through.
        self.folder.chmod(0o711)
        (self.folder / "log").mkdir()
        password = secrets.token_hex(16)
        self._inherited = os.open(os.devnull, os.O_RDONLY)
        self.postgres = Postgres(
            folder=self.folder, password=password, fast=False, keep_open=self._inherited
        )
        self.valkey = Valkey(
            folder=self.folder, password=password, fast=True, keep_open=self._inherited
        )
        asked = os.environ.get("BROKER") == "rabbitmq"
        self.rabbitmq = RabbitMQ(folder=self.folder) if asked else None

    def __enter__(self) -> Self:
        try:
            start_and_wait(self.valkey)
            if self.rabbitmq is not None:
                start_and_wait(self.rabbitmq)
            self.postgres.prepare(password_is_new=False)
            start_and_wait(self.postgres)
            self.postgres.make_database()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all and forget what they held."""
        if self.rabbitmq is not None:
            self.rabbitmq.kill()
        for server in (self.postgres, self.valkey):
            if server.process is not None:
                stop(server.process, how=server.stop_signal, seconds=STOP_SECONDS_MAX)
        os.close(self._inherited)
        self._folder.cleanup()

    @property
    def broker_url(self) -> str:
        """Address of what carries the doorbells."""
        return self.valkey.url if self.rabbitmq is None else self.rabbitmq.url

    def url_of(self, database: str) -> str:
        """Address of a database of ours."""
        return urlunsplit(urlsplit(self.postgres.url)._replace(path=f"/{database}"))

    def make_database(self, name: str, *, like: str = "duecourse", options: str = "") -> str:
        """A copy of the database `like`, which nobody may be using; its address."""
        with self.connect("postgres") as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}" {options}')
        return self.url_of(name)

    def connect(self, database: str) -> "psycopg.Connection[Any]":
        """A connection on which every statement is a transaction of its own."""
        return psycopg.connect(self.url_of(database), autocommit=True, connect_timeout=10)

    def give_to_postgres(self, folder: Path) -> None:
        """Make a folder belong to whoever owns the data."""
        owner = next(self.folder.glob("postgres*/PG_VERSION")).stat()
        os.chown(folder, owner.st_uid, owner.st_gid)

    def stop_postgres_at_once(self) -> None:
        """Immediate mode: nobody is asked, nothing written down; the start reads the log."""
        assert self.postgres.process is not None
        stop(self.postgres.process, how=signal.SIGQUIT, seconds=STOP_SECONDS_MAX)

    def start_postgres(self) -> None:
        """Start it again, and return when it answers."""
        start_and_wait(self.postgres)

    def kill_broker(self) -> None:
        """kill -9: what it held is gone."""
        assert self.valkey.process is not None
        kill(self.valkey.process)
        if self.rabbitmq is not None:
            self.rabbitmq.kill()

    def start_broker(self) -> None:
        """Start it again, empty."""
        start_and_wait(self.valkey)
        if self.rabbitmq is not None:
            self.rabbitmq.restart_empty()

    def empty_broker(self) -> None:
        """Every doorbell that was rung is forgotten."""
        with redis.Redis.from_url(self.valkey.url, socket_timeout=10) as client:
            client.flushall()
        if self.rabbitmq is not None:
            self.rabbitmq.purge(queues=list(Queue))
