"""Receipts alone: callbacks in, beside a plain Django view under the same gunicorn, and applied.

    python -m config.local services --throwaway-secrets --dir var/probe -- \
        python -m tests.bench.receipts_probe

A database of its own is made on the server of DATABASE_URL and dropped afterwards. The ways in take
turns, so that whatever else the machine does falls on all alike. `cpu ms` is what web and database
together spent on one callback, and says more than the rate where the machine is shared.
"""

import argparse
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from config.local.ports import LOOPBACK, free_port
from tests.bench.__main__ import _database

SECRET = "probe"
_TICKS = os.sysconf("SC_CLK_TCK")


def application() -> Any:
    """What gunicorn serves: the product, and the plain view beside it."""
    from django.conf import settings

    kept = {"OPTIONS": {}, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": False}
    settings.DATABASES["plain"] = settings.DATABASES["default"] | kept
    settings.ROOT_URLCONF = "tests.bench.receipts_probe_urls"
    from config.wsgi import application as product

    return product


class Client:
    """So many connections that are kept, each with one request under way."""

    def __init__(self, port: int, *, connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._links: list[socket.socket] = []
        for _ in range(connections):
            link = socket.create_connection((LOOPBACK, port))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(link, selectors.EVENT_READ, data=link)
            self._links.append(link)

    def post(self, requests: Iterator[bytes]) -> int:
        """Send them all; how many were answered by 200. Anything else ends the probe."""
        waiting = done = 0
        for link in self._links:
            if (request := next(requests, None)) is not None:
                link.sendall(request)
                waiting += 1
        while waiting:
            for key, _ in self._selector.select():
                link = key.data
                answer = link.recv(65_536)
                while answer and not (b"\r\n\r\n" in answer and answer.endswith(b"}")):
                    answer += (more := link.recv(65_536))
                    if not more:
                        break
                if not answer.startswith(b"HTTP/1.1 200"):
                    sys.exit(f"not answered by 200: {answer!r}")
                done += 1
                if (request := next(requests, None)) is not None:
                    link.sendall(request)
                else:
                    waiting -= 1
        return done

    def close(self) -> None:
        """Close them all."""
        self._selector.close()
        for link in self._links:
            link.close()


def callback(path: str, references: Sequence[str]) -> bytes:
    """A signed callback, as the simulator makes them."""
    from accounts.clock import now
    from reminders.gateways.signing import sign

    at = now().isoformat()
    items = [
        {
            "reference": r,
            "id": f"sim-{r[:8]}",
            "status": "delivered",
            "code": "DELIVRD",
            "at": at,
            "event": "e1",
        }
        for r in references
    ]
    body = json.dumps({"receipts": items}).encode()
    timestamp = int(now().timestamp())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Signature-Timestamp: {timestamp}\r\n"
        f"X-Signature: {sign(body, timestamp=timestamp, secret=SECRET)}\r\n\r\n"
    )
    return head.encode() + body


def cpu_seconds(pids: Sequence[int]) -> float:
    """What these processes have used of the processor so far."""
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def children(pid: int) -> list[int]:
    """All below this process."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def build(url: str, *, messages: int) -> list[str]:
    """Messages that the gateway accepted, each with its attempt; their references."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, stdout=StringIO())
    from tests.reminder_builders import a_message

    first = a_message()
    fields = {str(field.column) for field in type(first)._meta.local_fields}
    names = ", ".join(fields - {"id", "reference"})
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO reminders_message (reference, {names})"
            f" SELECT gen_random_uuid(), {names} FROM reminders_message, generate_series(1, %s)",
            [messages],
        )
        cursor.execute(
            "INSERT INTO reminders_attempt (message_id, number, gateway, opened_at, closed_at,"
            " outcome, code, provider_id) SELECT id, 1, gateway, opened_at, opened_at, 'accepted',"
            " '', 'sim-1' FROM reminders_message WHERE id > %s",
            [first.pk],
        )
        cursor.execute("UPDATE reminders_message SET ask_at = now() + interval '1 hour'")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT reference::text FROM reminders_message WHERE id > %s", [first.pk])
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def web(options: Any) -> Iterator[tuple[int, int]]:
    """gunicorn as `make run` starts it; its port and its process."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "tests.bench.receipts_probe:application()"),
            *("--bind", f"{LOOPBACK}:{port}", "--workers", "2", "--threads", str(options.threads)),
            *("--logger-class", "config.access_log.AccessLog", "--access-logfile", os.devnull),
            *("--no-control-socket", "--log-level", "warning", *options.gunicorn.split()),
        ],
        env={**os.environ, "DB_POOL": options.pool},
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, port)).close()
            break
        except OSError:
            time.sleep(0.1)
    time.sleep(2)
    try:
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def main() -> None:
    """Build, measure, clean up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--pool", default="yes")
    parser.add_argument("--gunicorn", default="", help="more arguments for it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--callbacks", type=int, default=2_000)
    parser.add_argument("--only", default="web,apply")
    parser.add_argument("--ways", default="nothing,plain,one,hundred")
    options = parser.parse_args()
    with _database() as url:
        os.environ |= {
            "DATABASE_URL": url,
            "SMS_GATEWAY_TOKEN": "x",
            "SMS_GATEWAY_SECRET": SECRET,
            "SECRET_KEY": "bench",
            "FIELD_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
            "ALLOWED_HOSTS": "localhost",
        }
        import django

        django.setup()
        references = build(url, messages=options.messages)
        # First of all, since the plain view ends messages as well.
        if "apply" in options.only:
            measure_apply(options, references)
        if "web" in options.only:
            measure_web(options, references)


def measure_web(options: Any, references: list[str]) -> None:
    """Callbacks in, the ways in turn."""
    from django.db import connection

    hook = "/hooks/simulator/receipts"
    ways = {
        "nothing": ("/nothing", 1, options.callbacks),
        "plain": ("/plain", 1, options.callbacks),
        "one": (hook, 1, options.callbacks),
        "hundred": (hook, 100, options.callbacks // 5),
    }
    with web(options) as (port, pid):
        for round_ in range(options.rounds + 1):
            for name in options.ways.split(","):
                path, each, count = ways[name]
                count = count if round_ else 100
                some = [
                    [references[(i * each + j) % len(references)] for j in range(each)]
                    for i in range(count)
                ]
                made = [callback(path, of_one) for of_one in some]
                client = Client(port, connections=options.connections)
                figures = measured(client, made, pid=pid, each=each)
                client.close()
                if round_:  # the first only warms up
                    print(f"{round_} {name:<8} {figures}", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reminders_rawreceipt")


def measured(client: Client, made: Sequence[bytes], *, pid: int, each: int) -> str:
    """Send these callbacks of `each` statements to the web of `pid`; the figures."""
    server = postmaster()
    before = cpu_seconds([pid, *children(pid)]), cpu_seconds([server, *children(server)])
    started = time.monotonic()
    done = client.post(iter(made))
    seconds = time.monotonic() - started
    web_ms, database_ms = (
        (cpu_seconds([top, *children(top)]) - was) / done * 1e3
        for top, was in zip((pid, server), before, strict=True)
    )
    return (
        f"{done / seconds:>8,.0f} callbacks/s {done * each / seconds:>9,.0f} receipts/s;"
        f" cpu ms: web {web_ms:.3f} database {database_ms:.3f} both {web_ms + database_ms:.3f}"
    )


def backend() -> int:
    """The process of the database that serves this one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def postmaster() -> int:
    """The first process of the database server."""
    return int(Path(f"/proc/{backend()}/stat").read_text().rsplit(")", 1)[1].split()[1])


def measure_apply(options: Any, references: list[str]) -> None:
    """Stored callbacks applied by one process, each statement of a message of its own."""
    from accounts.clock import now
    from reminders.models import RawReceipt
    from reminders.pipeline.receipts import apply_receipts

    server = backend()
    used = 0
    for each, callbacks in ((1, 15_000), (100, 300), (1, 15_000), (100, 300)):
        some = references[used : used + each * callbacks]
        used += len(some)
        bodies = [
            callback("/", some[i : i + each]).split(b"\r\n\r\n", 1)[1].decode()
            for i in range(0, len(some), each)
        ]
        at = now()
        RawReceipt.objects.bulk_create(
            [RawReceipt(gateway="simulator", body=body, received_at=at) for body in bodies],
            batch_size=5_000,
        )
        database, own, started = cpu_seconds([server]), time.process_time(), time.monotonic()
        counts = apply_receipts(now=now(), limit=1_000_000)
        seconds = time.monotonic() - started
        own = time.process_time() - own
        database = cpu_seconds([server]) - database
        assert counts.applied == len(some), counts
        print(
            f"apply, {each} per callback: {len(some) / seconds:,.0f} statements/s;"
            f" cpu µs each: python {own / len(some) * 1e6:.1f}"
            f" database {database / len(some) * 1e6:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
