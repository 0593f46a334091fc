"""How fast pages are on a long history: `python -m tests.bench.reads`.

On the database that DATABASE_URL names, filled by `tests.bench.history`: first the days that are
over are closed and the book is counted, as ticks do, then each page is asked for `--requests` times
through Django's test client, with other borrowers, days and words each time. Milliseconds are of
the whole page: middleware, sign-in, statements, template. Those of the clock hold what other
programs on the machine take; those of the processor, of Python and PostgreSQL together, do not.
`--write` puts the table into docs/performance.md.
"""

import argparse
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from operator import add
from pathlib import Path
from random import Random
from typing import Any

import django
from django.conf import settings

from accounts.clock import now as clock_now

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BEGIN, _END = "<!-- begin: tests.bench.reads -->", "<!-- end: tests.bench.reads -->"
_WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One page: milliseconds of each request by the clock, by the processor in Python, and by the
    processor in PostgreSQL."""

    page: str
    whole_ms: tuple[float, ...]
    python_ms: tuple[float, ...]
    postgres_ms: tuple[float, ...]
    statements_max: int

    @property
    def processor_ms(self) -> tuple[float, ...]:
        return tuple(map(add, self.python_ms, self.postgres_ms))


def main() -> None:
    """Close days, measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.reads",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--only", default="", help="pages whose names begin so")
    parser.add_argument("--without", default=(), nargs="+", help="names of pages to leave out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--explain", action="store_true", help="print a plan of each page instead")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]
    _count_by_night()
    with _reader() as client:
        if options.explain:
            _explain(client, only=options.only, seed=options.seed)
            return
        found = [
            measured
            for measured in _measure(
                client,
                requests=options.requests,
                only=options.only,
                without=options.without,
                seed=options.seed,
            )
            if print(_line(measured), flush=True) is None
        ]
    if options.write:
        page = (DOCS / "performance.md").read_text(encoding="utf-8")
        before, _, rest = page.partition(_BEGIN)
        table = "\n\n".join([_BEGIN, _conditions(options.requests), _table(found), _END])
        page = before + table + rest.partition(_END)[2]
        (DOCS / "performance.md").write_text(page, encoding="utf-8")


def _count_by_night() -> None:
    """What ticks count of days that are over, of the book, and of the effect of policies."""
    from reminders.pipeline.book import count_book
    from reminders.pipeline.effects import count_effects
    from reminders.pipeline.rollup import roll_up

    counted: tuple[tuple[str, Callable[[], object]], ...] = (
        ("days closed", lambda: roll_up(now=clock_now(), seconds=3_600).closed),
        ("the book", lambda: count_book(now=clock_now())),
        ("policies with a hold-out", lambda: count_effects(now=clock_now())),
    )
    for what, count_it in counted:
        started = time.monotonic()
        found = count_it()
        print(f"{what}: {found} in {time.monotonic() - started:.1f} s", flush=True)


@contextmanager
def _reader() -> Iterator[Any]:
    """A client signed in as somebody who may see everything, and is gone afterwards."""
    from django.test import Client

    from accounts.models import Staff

    staff = Staff.objects.create(username=f"reads-{os.getpid()}", is_staff=True, is_superuser=True)
    try:
        client = Client()
        client.force_login(staff)
        yield client
    finally:
        staff.delete()


def _drawn(seed: int) -> Any:
    from django.db.models import Max, Min

    from accounts.models import Customer
    from reminders.models import Message
    from tests.bench.pages import Drawn

    span = Message.objects.aggregate(first=Min("opened_at"), last=Max("opened_at"))
    return Drawn(
        customers=Customer.objects.order_by("-pk").values_list("pk", flat=True)[0],
        first_day=span["first"].date(),
        today=span["last"].date(),
        random=Random(seed),
    )


def _measure(
    client: Any, *, requests: int, only: str, without: Sequence[str], seed: int
) -> Iterator[Measured]:
    from tests.bench.pages import PAGES

    for name, address_of in PAGES.items():
        if name.startswith(only) and name not in without:
            drawn = _drawn(seed)
            for _number in range(_WARM_UP):
                client.get(address_of(drawn))
            asked = [_ask(client, address_of(drawn)) for _number in range(requests)]
            whole, python, postgres, statements = zip(*asked, strict=True)
            yield Measured(name, whole, python, postgres, max(statements))


def _ask(client: Any, address: str) -> tuple[float, float, float, int]:
    from django.db import connection

    asked = count()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        next(asked)
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    postgres = _on_processor(server)
    begun, python = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(note):
        response = client.get(address)
    whole, python = time.perf_counter() - begun, time.process_time() - python
    postgres = _on_processor(server) - postgres
    assert response.status_code == 200, (address, response.status_code)
    return 1000 * whole, 1000 * python, 1000 * postgres, next(asked)


def _on_processor(pid: int) -> float:
    """Seconds that this process has been on a processor; it must run on this machine."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _explain(client: Any, *, only: str, seed: int) -> None:
    from tests.bench.pages import PAGES
    from tests.bench.plans import plans_of

    for name, address_of in PAGES.items():
        if name.startswith(only):
            address = address_of(_drawn(seed))
            print(f"== {name}: {address}")
            for plan in plans_of(client, address, measured=True):
                if plan.in_short:
                    print("\n".join(plan.in_short), plan.lines[-1], sep="\n")
                if plan.read_whole:
                    print("READ WHOLE:", *plan.read_whole, plan.sql)


def _line(one: Measured) -> str:
    return (
        f"{one.page:<28}{_at(one.whole_ms, 50):>8.1f} ms{_at(one.whole_ms, 95):>8.1f} ms p95"
        f", processor {_at(one.processor_ms, 50):.1f} ms, {_at(one.processor_ms, 95):.1f} ms p95, "
        f"PostgreSQL {_at(one.postgres_ms, 50):.1f} ms; {one.statements_max} statements"
    )


def _table(found: list[Measured]) -> str:
    rows = [
        "| page | clock p50 | p95 | processor p50 | p95 | of it PostgreSQL | p95 | statements |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        figures = (
            _at(one.whole_ms, 50),
            _at(one.whole_ms, 95),
            _at(one.processor_ms, 50),
            _at(one.processor_ms, 95),
            _at(one.postgres_ms, 50),
            _at(one.postgres_ms, 95),
        )
        rows.append(
            f"| {one.page} | {' | '.join(f'{ms:.0f}' for ms in figures)} | {one.statements_max} |"
        )
    return "\n".join(rows)


def _conditions(requests: int) -> str:
    from tests.bench.history_tables import sizes

    rows, size = sizes()["reminders_message"]
    load = os.getloadavg()[0]
    return (
        f"{clock_now():%Y-%m-%d}, {rows:,} messages ({size / 2**30:.1f} GiB with their indexes), "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the end; "
        f"{requests} requests for each page.\n\n"
        f"```console\n$ python -m tests.bench.reads {shlex.join(sys.argv[1:])}\n```"
    )


def _at(values: tuple[float, ...], percent: int) -> float:
    """The smallest value that `percent` of all do not exceed."""
    return sorted(values)[max(-(-len(values) * percent // 100) - 1, 0)]


if __name__ == "__main__":
    main()
