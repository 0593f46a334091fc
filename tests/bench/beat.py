"""Beat without its process: rings the ticks of the schedule when they are due."""

import time
from dataclasses import dataclass, field

from celery import Celery

from tests.bench.servers import Servers

_SCHEDULE = """
SELECT task, every, queue
FROM django_celery_beat_periodictask
JOIN django_celery_beat_intervalschedule AS interval ON interval.id = interval_id
WHERE enabled AND task = ANY(%s)
"""
DISPATCHING = ("reminders.tick_dispatch", "reminders.apply_receipts", "reminders.tick_sweep")
FIRST_AT_ONCE = ("reminders.tick_dispatch", "reminders.apply_receipts")


@dataclass(slots=True)
class Beat:
    """Ring with `tick`, often. What is `at_once` is due at the start, the rest after its interval.

    The measuring process rings, so that beat's own start is in no figure; the worker sees the same
    tasks at the same intervals.
    """

    servers: Servers
    database: str
    tasks: tuple[str, ...] = (*DISPATCHING, "reminders.tick_plan")
    at_once: tuple[str, ...] = FIRST_AT_ONCE
    _app: Celery = field(init=False)
    _every: list[tuple[str, float, str]] = field(init=False)
    _next: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._app = Celery("bench", broker=self.servers.broker_url, set_as_current=False)
        with self.servers.connect(self.database) as connection:
            self._every = [
                (task, float(every), queue)
                for task, every, queue in connection.execute(_SCHEDULE, [list(self.tasks)])
            ]

    def start(self) -> None:
        """Begin."""
        now = time.monotonic()
        self._next = {
            task: now if task in self.at_once else now + every for task, every, _ in self._every
        }

    def tick(self) -> None:
        """Ring what is due."""
        now = time.monotonic()
        for task, every, queue in self._every:
            if now >= self._next[task]:
                self._next[task] += every
                self._app.send_task(task, queue=queue, expires=max(every, 30), ignore_result=True)
