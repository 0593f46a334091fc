"""Workers that die in the middle of their work.

A death is an exception that no handler of the product catches, raised before a statement or a
gateway call chosen at random. What the transaction did is rolled back, as PostgreSQL does it for
a connection that is gone; what was committed before stays.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from django.db import connection

STATEMENTS_MAX = 40
"""About as many statements as the longest stage needs, so that every boundary is met."""


class WorkerDied(BaseException):
    """The process is gone. Not an Exception: nothing may handle it and go on."""


class Reaper:
    """Kills at the n-th step, a statement or a call, of what runs under `mortal`."""

    def __init__(self, *, random: Random, rate: float) -> None:
        self._random = random
        self._rate = rate
        self._left: int | None = None

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """Inside, a death may come."""
        if self._random.random() >= self._rate:
            yield
            return
        outer, self._left = self._left, self._random.randint(1, STATEMENTS_MAX)
        try:
            with connection.execute_wrapper(self._before_statement):
                yield
        finally:
            self._left = outer

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Inside, none comes: what runs there is another process, or the world itself."""
        outer, self._left = self._left, None
        try:
            yield
        finally:
            self._left = outer

    def step(self) -> None:
        """One step of the work. Raises WorkerDied when it was the last."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            raise WorkerDied

    def _before_statement(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        self.step()
        return execute(sql, params, many, context)
