"""A PostgreSQL and a Valkey for measuring: durable, empty, and counting their statements."""

import os
import secrets
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from config.local.ports import LOOPBACK
from config.local.postgres import Postgres
from config.local.processes import stop
from config.local.servers import start_and_wait
from config.local.valkey import Valkey
from reminders.queues import Queue
from tests.rabbitmq_server import RabbitMQ

STOP_SECONDS_MAX = 60.0
COUNTING = (
    "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track_planning = off\n"
)


class Servers:
    """A context manager. `folder` is emptied at the start and at the end. They listen at `address`.

    PostgreSQL runs as `make run` starts it, fsync on; only pg_stat_statements is added, for the
    references as well as for us. With `rabbitmq` that carries the doorbells, and Valkey remains the
    cache.
    """

    def __init__(self, folder: Path, *, address: str = LOOPBACK, rabbitmq: bool = False) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # PostgreSQL may have to run as "nobody", who must be able to pass through.
        folder.chmod(0o711)
        (folder / "log").mkdir()
        self.folder = folder
        password = secrets.token_hex(16)
        self._inherited = os.open(os.devnull, os.O_RDONLY)
        self.postgres = Postgres(
            folder=folder, password=password, keep_open=self._inherited, address=address
        )
        self.valkey = Valkey(
            folder=folder, password=password, keep_open=self._inherited, address=address
        )
        self.rabbitmq = RabbitMQ(folder=folder, address=address) if rabbitmq else None

    def __enter__(self) -> Self:
        try:
            start_and_wait(self.valkey)
            if self.rabbitmq is not None:
                start_and_wait(self.rabbitmq)
            self.postgres.prepare(password_is_new=False)
            with (self.folder / "postgres" / "postgresql.conf").open("a") as configuration:
                configuration.write(COUNTING)
            start_and_wait(self.postgres)
            self.postgres.make_database()
            with self.connect("duecourse") as connection:
                connection.execute("CREATE EXTENSION pg_stat_statements")
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
        """End all at once and forget what they held."""
        if self.rabbitmq is not None:
            self.rabbitmq.kill()
        for server, how in ((self.postgres, signal.SIGQUIT), (self.valkey, signal.SIGTERM)):
            if server.process is not None:
                stop(server.process, how=how, seconds=STOP_SECONDS_MAX)
        with suppress(OSError):
            os.close(self._inherited)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def postgres_pid(self) -> int:
        """Of the process whose children are the backends."""
        assert self.postgres.process is not None
        return self.postgres.process.pid

    @property
    def broker_pid(self) -> int:
        """Of the broker."""
        process = (self.rabbitmq or self.valkey).process
        assert process is not None
        return process.pid

    @property
    def broker_url(self) -> str:
        """Its address."""
        return (self.rabbitmq or self.valkey).url

    def url_of(self, database: str) -> str:
        """Address of a database of ours."""
        return urlunsplit(urlsplit(self.postgres.url)._replace(path=f"/{database}"))

    def connect(self, database: str) -> "psycopg.Connection[Any]":
        """A connection on which every statement is a transaction of its own."""
        return psycopg.connect(self.url_of(database), autocommit=True, connect_timeout=10)

    def make(self, name: str, *, like: str | None = None) -> str:
        """An empty database, or a copy of `like`, which nobody may be using; its name."""
        self.drop(name)
        with self.connect("postgres") as admin:
            # Copied file by file: block by block through the log would take minutes for millions.
            how = f'TEMPLATE "{like}" STRATEGY file_copy' if like else ""
            admin.execute(f'CREATE DATABASE "{name}" {how}')
        return name

    def drop(self, name: str) -> None:
        """Forget a database, whoever is using it."""
        with self.connect("postgres") as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def hush(self) -> None:
        """Forget every doorbell that was rung for somebody else."""
        with redis.Redis.from_url(self.valkey.url, socket_timeout=10) as client:
            client.flushall()
        if self.rabbitmq is not None:
            self.rabbitmq.purge(queues=list(Queue))

    def settle(self) -> None:
        """Write everything down now, so that no measurement pays for what came before it."""
        with self.connect("postgres") as admin:
            admin.execute("CHECKPOINT")
