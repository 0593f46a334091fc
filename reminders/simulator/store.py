"""One SQLite file in a thread of its own, with group commit.

The event loop hands jobs over; the thread takes all that wait, runs them in one transaction,
commits, and only then hands the results back. Whoever has an answer therefore has it on disk,
and a thousand single requests a second cost a few hundred commits, not a thousand.

Note [What survives]: the file is in WAL mode with synchronous=NORMAL. What was answered survives
kill -9 of this process; the last commits may be missing after the machine itself lost power.
A simulator takes that trade, because a full sync per commit would be most of its time.
"""

import asyncio
import fcntl
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[Callable[[sqlite3.Connection], Any], "asyncio.Future[Any]"]

GROUP_JOBS_MAX = 500
FILE_NAME = "simulator.sqlite3"


class StoreUnavailable(Exception):
    """The store cannot be opened or written: in use by another process, full, or broken."""


class Store:
    """The file, its thread, and the counters that are saved along with each commit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._counted: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._lock_file: Any = None

    async def open(self) -> None:
        """Lock the folder, open the file, make the tables. Raises StoreUnavailable."""
        self._loop = asyncio.get_running_loop()
        connection = _connect(self._lock())
        self._thread = threading.Thread(
            target=self._work, args=(connection,), name="simulator-store", daemon=True
        )
        self._thread.start()

    async def close(self) -> None:
        """Finish what waits, save the counters, close the file."""
        if self._thread is None:
            return
        await self.run(lambda connection: None)
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._lock_file.close()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of the work once it is committed. Raises StoreUnavailable."""
        assert self._loop is not None
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((work, future))
        return await future

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter; it is saved with the next commit."""
        with self._counting:
            self._counted[name] += by

    def _lock(self) -> Path:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = (self._folder / "lock").open("w")
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreUnavailable(
                f"another simulator already uses the store {self._folder}"
            ) from error
        except OSError as error:
            raise StoreUnavailable(f"cannot use {self._folder} as a store: {error}") from error
        return self._folder / FILE_NAME

    def _work(self, connection: sqlite3.Connection) -> None:
        assert self._loop is not None
        while True:
            jobs = self._next_group()
            if not jobs:
                break
            outcomes = self._run_group(connection, jobs)
            try:
                self._loop.call_soon_threadsafe(_settle, outcomes)
            except RuntimeError:  # the loop is gone, and with it all who waited
                break
        connection.close()

    def _next_group(self) -> list[tuple[Callable[[sqlite3.Connection], Any], Any]]:
        """All jobs that wait, at least one; empty when the store is closed."""
        jobs = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == GROUP_JOBS_MAX or self._jobs.empty():
                break
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)  # first finish these, then close
        return jobs

    def _run_group(
        self, connection: sqlite3.Connection, jobs: list[Job]
    ) -> list[tuple["asyncio.Future[Any]", Any, BaseException | None]]:
        """Run the jobs in one transaction. A job that fails is undone alone."""
        outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._save_counters(connection)
            for work, future in jobs:
                outcomes.append((future, *_attempt(connection, work)))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            unavailable = StoreUnavailable(f"the store refused to write: {error}")
            return [(future, None, unavailable) for _, future in jobs]
        return outcomes

    def _save_counters(self, connection: sqlite3.Connection) -> None:
        with self._counting:
            counted, self._counted = self._counted, Counter()
        bump(connection, counted)


def bump(connection: sqlite3.Connection, counted: Mapping[str, int]) -> None:
    """Add to counters, in the transaction of what they count."""
    connection.executemany(
        "INSERT INTO counter (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        counted.items(),
    )


def _connect(path: Path) -> sqlite3.Connection:
    """A connection for the store's thread; transactions are begun and ended by hand."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # Note [What survives]
        schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
        connection.executescript(schema)
        _add_what_is_new(connection)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"cannot open {path}: {error}") from error
    return connection


def _add_what_is_new(connection: sqlite3.Connection) -> None:
    """A file of an earlier version gets the columns that it lacks."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(message)")}
    if "temporary" not in columns:
        connection.execute("ALTER TABLE message ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0")


def _attempt(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any]
) -> tuple[Any, BaseException | None]:
    connection.execute("SAVEPOINT job")
    try:
        result = work(connection)
    except Exception as error:  # noqa: BLE001 - handed to the one who asked, and raised there
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        return None, error
    connection.execute("RELEASE job")
    return result, None


def _settle(
    outcomes: list[tuple["asyncio.Future[Any]", Any, BaseException | None]],
) -> None:
    """In the loop: hand each result to the one who waits, unless they have gone."""
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
