"""Rings for workers from the web without ever keeping a request waiting.

Redis' client tries for some six seconds when nobody listens, and for minutes when nobody answers; a
gateway whose callback took as long would call again and again. So a thread of each process rings.
Callbacks that come while it rings, or soon after, share the next ring.
"""

import logging
import threading
import time

import celery
from kombu.exceptions import OperationalError as BrokerUnreachable

from reminders.queues import Queue

log = logging.getLogger(__name__)

RING_SECONDS_MIN = 0.5
"""Between two rings of one process. Whoever answers goes on until nothing is left to do."""

DOORBELL_SECONDS = 60
"""A ring that nobody answered in this time is dropped: the next tick finds the rows."""


class Doorbell:
    """Asks, at most once at a time, for one task. What is not rung is found by the next tick."""

    def __init__(self, *, task: str, queue: Queue) -> None:
        self._task = task
        self._queue = queue
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There is work. Call it after the commit; returns at once."""
        self._wanted.set()
        # In a forked child the parent's thread is not alive, so the child starts its own.
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._serve, name=f"doorbell {self._task}", daemon=True
                    )
                    self._thread.start()

    def _serve(self) -> None:
        while True:
            self._wanted.wait()
            # Before ringing: what is committed from here on asks for another ring.
            self._wanted.clear()
            try:
                celery.current_app.send_task(
                    self._task, queue=self._queue.value, expires=DOORBELL_SECONDS, retry=False
                )
            except (BrokerUnreachable, OSError) as error:
                log.warning("no doorbell for %s: %s", self._task, type(error).__name__)
            time.sleep(RING_SECONDS_MIN)  # a flood of callbacks shares one ring


RECEIPTS = Doorbell(task="reminders.apply_receipts", queue=Queue.RECEIPTS)
