"""`make bench ARGS="--size 10k --format json"`: rows and messages a second, stage by stage.

A database of its own is made on the server of DATABASE_URL and dropped afterwards. In it a
demonstration book of `--size` borrowers is imported, planned and dispatched by one process, over
real HTTP to the simulator. The references beside which such figures should be read (a textbook
sender, the bare limit) come with the issue on speed.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.simulator_process import SimulatorProcess

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
NOW = datetime(2026, 11, 24, 2, 0, 30, tzinfo=UTC)
"""A minute past 10:00 in Shanghai."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: how many of what, in how many seconds."""

    name: str
    what: str
    count: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


def main() -> None:
    """Measure, print, clean up."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--size", choices=SIZES, default="10k", help="borrowers in the book")
    arguments.add_argument("--format", choices=["text", "json"], default="text")
    options = arguments.parse_args()
    with _database() as url, SimulatorProcess() as network:
        os.environ |= {
            "DATABASE_URL": url,
            "SMS_GATEWAY_URL": network.url,
            "SMS_GATEWAY_TOKEN": network.token,
            "SMS_GATEWAY_SECRET": network.secret,
            "SECRET_KEY": "bench",
            "FIELD_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
        }
        stages = list(_measure(SIZES[options.size]))
    if options.format == "json":
        figures = {s.name: asdict(s) | {"per_second": round(s.per_second)} for s in stages}
        print(json.dumps({"size": options.size, "machine": _machine(), "stages": figures}))
        return
    print(f"book of {options.size} borrowers, {_machine()}")
    for stage in stages:
        print(
            f"{stage.name:<16}{stage.count:>10,} {stage.what:<12}"
            f"{stage.seconds:>8.2f} s {stage.per_second:>10,.0f}/s"
        )


def _measure(customers: int) -> Iterator[Stage]:
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.demonstration.book import write_book
    from reminders.gateways.registry import gateway_named
    from reminders.pipeline.dispatch import dispatch
    from reminders.pipeline.planning import plan

    call_command("migrate", verbosity=0, stdout=StringIO())
    call_command("load_shipped_policy", stdout=StringIO())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_book(folder, customers=customers, seed=1, now=NOW)
        rows = sum(path.read_bytes().count(b"\n") - 1 for path in folder.glob("*.csv"))
        for stage in ("import", "import_again"):
            started = time.monotonic()
            call_command(
                "import_book", str(folder), demonstration=True, stdout=StringIO(), stderr=StringIO()
            )
            yield Stage(stage, "rows", rows, time.monotonic() - started)
    started = time.monotonic()
    planned = plan(now=NOW).new
    yield Stage("plan", "reminders", planned, time.monotonic() - started)
    started = time.monotonic()
    plan(now=NOW)
    yield Stage("plan_again", "reminders", planned, time.monotonic() - started)
    gateway = gateway_named("simulator")
    decided = sent = 0
    started = time.monotonic()
    while (counts := dispatch(now=NOW, gateway=gateway)).borrowers:
        decided += counts.decided.total()
        sent += counts.messages["accepted"]
    seconds = time.monotonic() - started
    yield Stage("decide", "reminders", decided, seconds)
    yield Stage("dispatch_batch", "messages", sent, seconds)


@contextmanager
def _database() -> Iterator[str]:
    """An empty database on the server that the environment names, dropped at the end."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        sys.exit("DATABASE_URL is not set: run this with `make bench`")
    name = f"bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"


if __name__ == "__main__":
    main()
