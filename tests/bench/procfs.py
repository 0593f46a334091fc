"""What processes cost, from /proc: CPU seconds of a family, and peaks of memory."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, float] | None:
    """Parent, and CPU seconds of the process with those of its children that have ended."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[1]), sum(map(int, fields[11:15])) / _TICKS
    return None


def _all() -> Mapping[int, tuple[int, float]]:
    numbers = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return {pid: found for pid in numbers if (found := _stat(pid)) is not None}


def family(pid: int) -> list[int]:
    """The process and all that descend from it, while they live."""
    children: dict[int, list[int]] = defaultdict(list)
    for child, (parent, _) in _all().items():
        children[parent].append(child)
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children[one]
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU seconds of these and of all that descend from them, the ended ones included."""
    known = _all()
    return sum(known[pid][1] for root in pids for pid in family(root) if pid in known)


def peak_mib(pid: int) -> float:
    """The most memory that the process ever held resident, shared pages included."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
