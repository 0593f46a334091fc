"""One launcher per folder, and none of its predecessors' processes still alive in it.

Note [Two locks]
`launcher.lock` is held by the launcher alone: who cannot have it is told who has. The file
`processes.lock` is held by the launcher *and* inherited by every server that it starts, so the
kernel lets go of it when the last of them is gone, however they died. A new launcher waits for
it: no process number that was reused, no shared memory block still in use, no second server
appending to the same file.
"""

import contextlib
import fcntl
import json
import os
import signal
from pathlib import Path
from types import TracebackType
from typing import Any

from config.local.errors import CannotGoOn
from config.local.processes import wait_until

GRACE_SECONDS = 12.0


class FolderTaken(CannotGoOn):
    """Another launcher works in this folder; `holder` is what it wrote about itself."""

    def __init__(self, *, folder: Path, holder: dict[str, Any]) -> None:
        where = " and ".join(holder[name] for name in ("web", "simulator") if name in holder)
        super().__init__(
            f"already running in {folder}, as process {holder.get('pid', 'unknown')}"
            + (f": see {where}" if where else "")
        )
        self.holder = holder


class Claim:
    """The right to run servers in `folder`, held until `release` or the end of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._launcher = _open(folder / "launcher.lock")
        self.processes = _open(folder / "processes.lock")

    def take(self, about: dict[str, Any]) -> None:
        """Takes both locks. `about` is what `FolderTaken` tells those who come later."""
        if not _try_lock(self._launcher):
            raise FolderTaken(folder=self.folder, holder=_read(self._launcher))
        os.ftruncate(self._launcher, 0)
        os.pwrite(self._launcher, json.dumps({"pid": os.getpid(), **about}).encode(), 0)
        # Where a killed launcher's servers were is no longer true.
        (self.folder / "env").unlink(missing_ok=True)
        if wait_until(lambda: _try_lock(self.processes), seconds=GRACE_SECONDS):
            return
        for pid in _holders(self.processes):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not wait_until(lambda: _try_lock(self.processes), seconds=5):
            left = ", ".join(map(str, _holders(self.processes))) or "unknown"
            raise CannotGoOn(
                f"processes of an earlier run still work in {self.folder} and cannot be ended "
                f"({left}): end them and try again"
            )

    def __enter__(self) -> "Claim":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def release(self) -> None:
        """Lets go of both locks."""
        os.close(self.processes)
        os.close(self._launcher)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(descriptor, 65_536, 0))
    except ValueError:  # seen between its truncation and its writing
        return {}
    return found if isinstance(found, dict) else {}


def _holders(descriptor: int) -> list[int]:
    """Processes that hold the lock on this file; looks only where we are allowed to."""
    ours = os.fstat(descriptor)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for opened in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    its = opened.stat()
                    if (its.st_dev, its.st_ino) != (ours.st_dev, ours.st_ino):
                        continue
                    if "FLOCK" in (process / "fdinfo" / opened.name).read_text():
                        found.append(int(process.name))
                        break
    return sorted(set(found) - {os.getpid()})
