"""The file of rows that were not taken over, and why."""

import csv
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from accounts.importing.errors import ImportRefused

HEADER = ("file", "line", "column", "reason", "key")


class Rejects:
    """Counts rejected rows per file and writes each to `path`, which is made when one comes.

    `key` is the lender's number of the row where it is known. A file left by an earlier run is
    removed when this one rejects nothing, so that what lies there is always the latest run's.
    Use as a context manager.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: dict[str, int] = {}
        self._stream: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        if self.path.is_file():
            with self.path.open(encoding="utf-8", errors="replace") as old:
                if old.readline().strip() != ",".join(HEADER):
                    raise ImportRefused(
                        f"{self.path} exists and is no file of rejects; "
                        "name another one with --rejects"
                    )
            self._try(self.path.unlink)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream:
            with suppress(OSError):  # what counts was flushed; what could not be was told then
                self._stream.close()

    @property
    def total(self) -> int:
        """Rows rejected so far."""
        return sum(self.counts.values())

    def add(self, *, file: str, line: int, column: str, reason: str, key: str = "") -> None:
        """Reject one row. Raises ImportRefused when the rejects cannot be written down."""
        if self._stream is None:
            self._stream = self._try(lambda: self.path.open("w", newline="", encoding="utf-8"))
            self._writer = csv.writer(self._stream, lineterminator="\n")
            self._writer.writerow(HEADER)
        self.counts[file] = self.counts.get(file, 0) + 1
        self._try(lambda: self._writer.writerow((file, line, column, reason, key)))

    def flush(self) -> None:
        """Hand over what was rejected, before anything is committed. Raises ImportRefused."""
        if self._stream is not None:
            self._try(self._stream.flush)

    def _try(self, act: Any) -> Any:
        try:
            return act()
        except OSError as error:
            raise ImportRefused(
                f"rejected rows cannot be written to {self.path}: {error.strerror}; "
                "name another file with --rejects"
            ) from error
