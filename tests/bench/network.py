"""Hosts on one machine: network namespaces with a cable each to the one in which we run.

Nothing of it has a name or outlives us: the namespaces end with the processes in them.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from config.local.processes import spawn, stop, wait_until

CENTRE = "10.98.0.1"
"""Our own address on the network between the hosts."""

_INSIDE = "DUECOURSE_IN_A_NAMESPACE"
_UNSHARE = ("unshare", "--net", "--")


def why_not() -> str:
    """Why no namespaces can be made here; empty when they can."""
    for program in ("ip", "unshare", "nsenter"):
        if shutil.which(program) is None:
            return f"there is no {program} here (Debian: iproute2, util-linux)"
    cable = ("ip", "link", "add", "try0", "type", "veth", "peer", "name", "try1")
    done = subprocess.run([*_UNSHARE, *cable], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def move_into_one(module: str) -> None:
    """Begin `python -m module` again in a network of its own, unless it is in one already.

    Raises OSError where none can be made.
    """
    if _INSIDE in os.environ:
        return
    if found := why_not():
        raise OSError(f"no network namespace can be made: {found}")
    os.environ[_INSIDE] = "yes"
    os.execvp(_UNSHARE[0], [*_UNSHARE, sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606 - our own words


class Hosts:
    """A context manager: `count` hosts that reach us at CENTRE, and nobody else but each other."""

    def __init__(self, count: int) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._count = count

    def __enter__(self) -> Self:
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "hub", "type", "bridge")
        _ip("address", "add", f"{CENTRE}/24", "dev", "hub")
        _ip("link", "set", "hub", "up")
        for number in range(self._count):
            self._add(number)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            stop(process, how=signal.SIGKILL, seconds=5)

    def on(self, number: int, command: Sequence[str]) -> list[str]:
        """The command as it is run on that host; its process keeps its number."""
        return [*self._enter(number), *command]

    def _enter(self, number: int) -> list[str]:
        return ["nsenter", f"--net=/proc/{self._processes[number].pid}/ns/net", "--"]

    def _add(self, number: int) -> None:
        # `cat` waits for ever on a pipe that nobody writes to: it holds the namespace.
        holder = spawn([*_UNSHARE, "cat"], env=os.environ, stdin=subprocess.PIPE)
        self._processes.append(holder)
        ours = os.readlink("/proc/self/ns/net")
        there = f"/proc/{holder.pid}/ns/net"
        if not wait_until(lambda: os.readlink(there) != ours, seconds=10):
            raise OSError("a namespace did not come up")
        cable, end = f"cable{number}", f"end{number}"
        _ip("link", "add", cable, "type", "veth", "peer", "name", end)
        _ip("link", "set", cable, "master", "hub", "up")
        _ip("link", "set", end, "netns", str(holder.pid))
        enter = self._enter(number)
        _ip("link", "set", "lo", "up", enter=enter)
        _ip("address", "add", f"10.98.0.{number + 2}/24", "dev", end, enter=enter)
        _ip("link", "set", end, "up", enter=enter)


def _ip(*words: str, enter: Sequence[str] = ()) -> None:
    subprocess.run([*enter, "ip", *words], check=True, capture_output=True)
