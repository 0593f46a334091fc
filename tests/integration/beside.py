"""Doing something on another connection while a transaction here is half way."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection

SECONDS_MAX = 15


def beside(job: Callable[[], object]) -> "Future[object]":
    """Start `job` on a connection of its own; return once it has ended or waits for a lock.

    Its outcome is in the future, which ends when the transaction here has let go.
    """
    pid: Future[int] = Future()

    def work() -> object:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid.set_result(cursor.fetchone()[0])
            return job()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    outcome = pool.submit(work)
    pool.shutdown(wait=False)
    deadline = time.monotonic() + SECONDS_MAX
    backend = pid.result(timeout=SECONDS_MAX)
    while not outcome.done() and not _waits(backend):
        assert time.monotonic() < deadline, "it neither ended nor met a lock"
        time.sleep(0.005)
    return outcome


def _waits(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [backend])
        return bool(cursor.fetchone()[0])
