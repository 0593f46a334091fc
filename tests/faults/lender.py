"""The lender's side of a fire: folders are imported one after the other, until each has landed."""

import os
import signal
import subprocess
import time
from collections import Counter, deque
from collections.abc import Iterator

from config.local.processes import has_ended
from tests.faults.book import Folder
from tests.faults.stack import Stack

TRIES_MAX = 60
_PAUSE_SECONDS = 1.0


class Lender:
    """`outcomes` counts how the imports ended: taken, refused (with a word why), killed."""

    def __init__(self, stack: Stack) -> None:
        self.outcomes: Counter[str] = Counter()
        self._stack = stack
        self._waiting: deque[Folder] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._tries = 0
        self._next_at = 0.0

    def send(self, folders: Iterator[Folder]) -> None:
        """These are to be imported, in this order."""
        self._waiting.extend(folders)

    @property
    def is_done(self) -> bool:
        """Everything that was sent has landed."""
        return not self._waiting

    def kill(self) -> bool:
        """kill -9 of the import that runs. True if there was one."""
        process = self._process
        if process is None or has_ended(process):
            return False
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True

    def work(self) -> None:
        """Look after the import that runs, or begin the next."""
        if self._process is not None:
            if has_ended(self._process):
                self._ended(self._process.returncode)
        elif self._waiting and time.monotonic() >= self._next_at:
            self._tries += 1
            assert self._tries <= TRIES_MAX, f"an import never landed\n{self._stack.tails()}"
            folder = self._waiting[0]
            self._process = self._stack.command(
                "import_book", str(folder.path), "--format", "json", log="imports"
            )

    def _ended(self, status: int) -> None:
        self._process = None
        if status == 0:
            for borrower in self._waiting.popleft().paying:
                borrower.paid_at = self._stack.now()
            self._tries = 0
        else:
            self._next_at = time.monotonic() + _PAUSE_SECONDS
        how = "taken" if status == 0 else "killed" if status < 0 else f"refused ({status})"
        self.outcomes[how] += 1
