"""The programs that make up a running Duecourse, and how each is started and stopped."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.local.ports import LOOPBACK
from reminders.queues import Queue


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised program. `port` is where it answers once it is up; `extra` adds to its env."""

    name: str
    command: tuple[str, ...]
    stop_seconds: float
    port: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    extra: Mapping[str, str] = field(default_factory=dict)


def programs(*, port: int, simulator_port: int, folder: Path) -> list[Program]:
    """In the order of starting; they are stopped in the opposite order.

    So beat falls silent first, then the worker finishes what it has in hand (its last calls
    still reach the gateway and its receipts the web), then the web and the simulator.
    """
    python = sys.executable
    celery = (python, "-m", "celery", "--app", "config")
    return [
        Program(
            "simulator",
            (
                *(python, "-m", "reminders.simulator"),
                *("--port", str(simulator_port), "--store", str(folder / "simulator")),
            ),
            stop_seconds=3,
            port=simulator_port,
        ),
        Program(
            "web",
            (
                *(python, "-m", "gunicorn", "config.wsgi:application"),
                *("--bind", f"{LOOPBACK}:{port}", "--workers", "2", "--threads", "8"),
                *("--graceful-timeout", "2", "--access-logfile", "-"),
                *("--logger-class", "config.access_log.AccessLog"),
                # Its default is one path per user, for which two installations would quarrel.
                "--no-control-socket",
            ),
            stop_seconds=4,
            port=port,
            extra={"DB_POOL": "yes"},
        ),
        Program(
            "worker",
            (
                *(*celery, "worker", "--concurrency", "2", "--hostname", f"worker-{port}@%h"),
                *("--queues", ",".join(Queue), "--without-gossip", "--without-mingle"),
            ),
            stop_seconds=8,
        ),
        Program(
            "beat",
            (*celery, "beat", "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler"),
            stop_seconds=3,
        ),
    ]
