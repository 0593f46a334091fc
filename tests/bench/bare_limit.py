"""The bare limit: what this machine gives for the same durable writes, with nothing around them.

`python -m tests.bench.bare_limit dispatch|plan …`. No Django, no Celery, no rules, no reasons, no
retries: psycopg and an HTTP client. It writes into the product's own tables in a copy of the same
database, through the same indexes, constraints and foreign keys, so that it moves with them. For
each text: a message and an open attempt inserted and the reminders given to it, commit; the call;
attempt and message closed, commit. Facts are read in one query, addresses decrypted, texts filled
in.

Clients: `batch` posts 100 texts a request through urllib3; `session` one a request through a
`requests.Session`; `pycurl` one a request over 32 connections of a pycurl multi handle.
"""

import argparse
import base64
import json
import multiprocessing
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.bench.bare_clients import CLIENTS, Client, Text

BATCH = 500
_SQL = Path(__file__).with_name("sql")
_WORDS = (
    "【示例消金】{name}您好，您本期应还{amount}元，还款日{due_date}。还款方式：App“我的-还款”。"
    "如需帮助请致电400-000-0000，我们很乐意为您解答。如已还款请忽略。"
)


def main() -> None:
    """Ready, go, told: see tests.bench.timed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["dispatch", "plan"])
    parser.add_argument("--database", required=True)
    parser.add_argument("--gateway", default="")
    parser.add_argument("--token", default="")
    parser.add_argument("--key", default="", help="base64 of the key of the addresses")
    parser.add_argument("--client", choices=CLIENTS, default="batch")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--most", type=int, default=0, help="texts; 0 is all")
    parser.add_argument("--shift", type=int, default=0, help="seconds that our clock is ahead")
    options = parser.parse_args()
    work: Callable[[], dict[str, Any]] = {"dispatch": _dispatch_all, "plan": _plan}[options.what](
        options
    )
    print("{}", flush=True)
    input()
    started = time.monotonic()
    told = work()
    print(json.dumps({"seconds": time.monotonic() - started, **told}), flush=True)


def _plan(options: argparse.Namespace) -> Callable[[], dict[str, Any]]:
    """One INSERT … SELECT of the reminders that the table `slot` describes."""
    connection = psycopg.connect(options.database)
    sql = (_SQL / "bare_plan.sql").read_text(encoding="utf-8")

    def work() -> dict[str, Any]:
        connection.execute("SET LOCAL join_collapse_limit = 1")
        count = connection.execute(sql).rowcount
        connection.commit()
        return {"count": count}

    return work


def _dispatch_all(options: argparse.Namespace) -> Callable[[], dict[str, Any]]:
    """As many processes as asked for, each a loop; they are up before anything is measured."""
    context = multiprocessing.get_context("fork")
    gate, up = context.Event(), context.Semaphore(0)
    sent = context.Queue()
    share = options.most // options.processes if options.most else 0
    processes = [
        context.Process(target=_loop, args=(options, share, gate, up, sent), daemon=True)
        for _ in range(options.processes)
    ]
    for process in processes:
        process.start()
    for _ in processes:
        up.acquire()

    def work() -> dict[str, Any]:
        gate.set()
        count = sum(sent.get() for _ in processes)
        for process in processes:
            process.join()
        return {"count": count}

    return work


def _loop(options: argparse.Namespace, share: int, gate: Any, up: Any, sent: Any) -> None:
    connection = psycopg.connect(options.database)
    client = CLIENTS[options.client](options.gateway, token=options.token)
    key = AESGCM(base64.b64decode(options.key))
    shift = timedelta(seconds=options.shift)
    up.release()
    gate.wait()
    count = 0
    while not share or count < share:
        now = datetime.now(UTC) + shift  # noqa: TID251 - it has no product to take the clock from
        handled = _batch(connection, client=client, key=key, now=now)
        if not handled:
            break
        count += handled
    sent.put(count)


def _batch(
    connection: "psycopg.Connection[Any]", *, client: Client, key: AESGCM, now: datetime
) -> int:
    """One claim to its end; how many texts. Zero when nothing is left."""
    claimed = [pk for (pk,) in connection.execute(_sql("bare_claim"), {"now": now, "limit": BATCH})]
    if not claimed:
        connection.rollback()
        return 0
    rows = connection.execute(_sql("bare_facts"), {"ids": claimed, "now": now}).fetchall()
    texts = [_text(row, key=key) for row in rows]
    opened = connection.execute(
        _sql("bare_open"),
        {
            "now": now,
            "lease_until": now + timedelta(minutes=3),
            "customer_ids": [row[0] for row in rows],
            "contact_point_ids": [row[1] for row in rows],
            "references": [text.reference for text in texts],
            "bodies": [text.body for text in texts],
            "amounts": [row[4] for row in rows],
            "template_version_ids": [row[6] for row in rows],
            "reminder_ids": [pk for row in rows for pk in row[7]],
            "reminder_customer_ids": [row[0] for row in rows for _ in row[7]],
        },
    ).fetchall()
    connection.commit()
    accepted = client.send(texts)
    ids = {str(reference): (message_id, attempt_id) for reference, message_id, attempt_id in opened}
    connection.execute(
        _sql("bare_close"),
        {
            "now": now,
            "message_ids": [ids[one.reference][0] for one in texts],
            "attempt_ids": [ids[one.reference][1] for one in texts],
            "provider_ids": [accepted[one.reference] for one in texts],
        },
    )
    connection.commit()
    return len(texts)


def _text(row: Sequence[Any], *, key: AESGCM) -> Text:
    sealed = row[2]
    body = _WORDS.format(name=row[3], amount=row[4], due_date=row[5])
    to = key.decrypt(sealed[5:17], sealed[17:], None).decode()
    return Text(reference=str(uuid.uuid4()), to=to, body=body)


_texts_of_sql: dict[str, str] = {}


def _sql(name: str) -> str:
    if name not in _texts_of_sql:
        _texts_of_sql[name] = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
    return _texts_of_sql[name]


if __name__ == "__main__":
    main()
