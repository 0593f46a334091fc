"""A real Celery worker on the test's database, for tests that want the whole way."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.celery import app
from reminders.queues import Queue

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS_MAX = 60


def database_url() -> str:
    """Address of the database that this test uses, for another process."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(url._replace(path="/" + str(connection.settings_dict["NAME"])))


class WorkerProcess:
    """A context manager: `celery worker` with this test's settings; `kill()` is kill -9."""

    def __init__(self, *, environment: dict[str, str] | None = None, concurrency: int = 2) -> None:
        self._environment = environment or {}
        self._concurrency = concurrency
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.NamedTemporaryFile(prefix="worker-", suffix=".log")  # noqa: SIM115 - lives as long as this object

    def __enter__(self) -> Self:
        self._hush()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._log.close()

    @property
    def log(self) -> str:
        """What the worker said so far."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    @staticmethod
    def _hush() -> None:
        """Forget the doorbells that an earlier test left behind."""
        with app.connection_for_write() as connection:
            for queue in Queue:
                waiting = app.amqp.queues[queue.value](connection.default_channel)
                waiting.declare()
                waiting.purge()

    def start(self) -> None:
        """Start and wait until it takes tasks."""
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "CELERY_BROKER_URL": str(settings.CELERY_BROKER_URL),
            "SMS_GATEWAY_URL": settings.SMS_GATEWAY_URL,
            "SMS_GATEWAY_TOKEN": settings.SMS_GATEWAY_TOKEN,
            "SMS_GATEWAY_SECRET": settings.SMS_GATEWAY_SECRET,
            "PUBLIC_URL": settings.PUBLIC_URL,
            "CLOCK_SHIFT_SECONDS": str(settings.CLOCK_SHIFT_SECONDS),
            **self._environment,
        }
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO"]
        command += ["--concurrency", str(self._concurrency), "--pool", "prefork"]
        command += ["-Q", ",".join(Queue), "--without-gossip", "--without-mingle"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the worker ended by itself:\n{self.log}")
            if " ready." in self.log:
                return
            time.sleep(0.05)
        raise AssertionError(f"the worker was not ready in {READY_SECONDS_MAX} s:\n{self.log}")

    def kill(self) -> None:
        """Kill -9 of the worker and all its children."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it the way an operator does, and with force if it does not listen."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()
