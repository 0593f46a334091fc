"""Callbacks of gateways are kept as they came, and nothing else happens before the answer.

Note [One commit for all that wait]
A commit waits for the disk. Callbacks that come to the same process meanwhile are stored together
by one of their threads, in one statement: the more of them come, the more share a commit, a round
trip and a connection. Each is answered only after the commit that holds it. A few commits may be
under way, since the disk takes in the next while the first waits for it.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from reminders.sql import binary_cursor, statement

COMMITS_AT_ONCE = 4
"""In one process. With two, a slow disk kept the processor waiting; more make small commits."""


class NotStored(RuntimeError):
    """The database did not take it; the gateway must send it again."""


@dataclass(slots=True, eq=False)
class _Callback:
    """What one thread wants stored, and what became of it: an id or an error.

    A thread that waits is woken when others have stored it, or to store it with those in `batch`.
    """

    gateway: str
    body: str
    received_at: datetime
    pk: int = 0
    error: Exception | None = None
    batch: "list[_Callback]" = field(default_factory=list)
    is_woken: threading.Lock = field(default_factory=threading.Lock)


class _Queue:
    """Callbacks that wait for a commit, and how many commits are under way."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: list[_Callback] = []
        self._under_way = 0

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)

    def join(self, mine: _Callback) -> list[_Callback]:
        """Wait for a turn: what to store now, or nothing if others have stored ours."""
        with self._guard:
            if self._under_way < COMMITS_AT_ONCE:
                self._under_way += 1
                return [mine]
            mine.is_woken.acquire()
            self._waiting.append(mine)
        mine.is_woken.acquire()
        return mine.batch

    def leave(self) -> None:
        """Pass the turn on to whoever waits longest, with all that wait."""
        with self._guard:
            batch, self._waiting = self._waiting, []
            if not batch:
                self._under_way -= 1
                return
        batch[0].batch = batch
        batch[0].is_woken.release()


_queue = _Queue()


def store_raw(*, gateway: str, body: str, now: datetime) -> int:
    """Keep a verified callback as it came; its id, once that is committed. Raises NotStored."""
    mine = _Callback(gateway, body, now)
    batch = _queue.join(mine)
    if batch:
        try:
            _store(batch)
        finally:
            _queue.leave()
            for callback in batch:
                if callback is not mine:
                    callback.is_woken.release()
    if mine.error is not None:
        raise NotStored(f"{type(mine.error).__name__}: {mine.error}") from mine.error
    return mine.pk


def _store(batch: Sequence[_Callback]) -> None:
    """Store these, or write down why not."""
    try:
        _insert(batch)
    except (OperationalError, InterfaceError) as error:
        _fail(batch, error=error)
    except DatabaseError:
        # One of them is refused. The others shall not suffer for it.
        for callback in batch:
            try:
                _insert([callback])
            except (DatabaseError, InterfaceError) as error:
                callback.error = error
    except BaseException as error:
        _fail(batch, error=RuntimeError(f"interrupted by {type(error).__name__}"))
        raise


def _fail(batch: Sequence[_Callback], *, error: Exception) -> None:
    for callback in batch:
        if not callback.pk:
            callback.error = error


def _insert(batch: Sequence[_Callback]) -> None:
    """Store these in one statement, which is committed by itself.

    Once more on a new connection if it was lost, as it is when the database was restarted: what is
    stored twice by this is told apart when it is read.
    """
    try:
        ids = _execute(batch)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        ids = _execute(batch)
    for callback, pk in zip(batch, ids, strict=True):
        callback.pk = pk
    # No end of a request does it for us: a connection goes back to its pool, or ends with its age.
    is_old = connection.close_at is not None and time.monotonic() >= connection.close_at
    if is_old and not connection.in_atomic_block:
        connection.close()


def _execute(batch: Sequence[_Callback]) -> list[int]:
    with binary_cursor() as cursor:
        cursor.execute(
            statement("store_raw_receipts"),
            {
                "gateways": [c.gateway for c in batch],
                "bodies": [c.body for c in batch],
                "received_ats": [c.received_at for c in batch],
            },
        )
        return [pk for (pk,) in cursor.fetchall()]
