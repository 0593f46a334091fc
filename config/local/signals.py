"""Being asked to stop: at once while things come up, and in order once they are up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal asked us to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """Collects signals that ask us to stop; inside `interrupting` they also raise `Stopped`."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._interrupting = False
        self._raised = 0

    def __enter__(self) -> "Signals":
        self._before = {number: signal.signal(number, self._on_signal) for number in _STOPPING}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """For work that may be left at any point, also by a signal that came just before it."""
        self._interrupting = True
        try:
            self._raise_if_new()
            yield
        finally:
            self._interrupting = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)
        if self._interrupting:
            self._raise_if_new()

    def _raise_if_new(self) -> None:
        if len(self.received) > self._raised:
            self._interrupting = False  # the clean-up that follows is not interrupted
            self._raised = len(self.received)
            raise Stopped(self.received[-1])
