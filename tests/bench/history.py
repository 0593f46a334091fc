"""A long history in minutes: `python -m tests.bench.history --messages 50M`.

Fills the empty database that DATABASE_URL names, which is migrated first, with a made-up book and
what was sent to it in 18 months: for 50 messages one borrower, 1.3 loans, 28 instalments and 62
reminders, in shares as a lender has them. Everything is drawn from hashes of its number and the
seed, so two builds are alike. The newest two fifths of the messages have the calls made for them
and the newest fifth its receipts, as if older ones had been deleted; payments are those of the last
60 days. Indexes, unique constraints and autovacuum of the big tables are taken away meanwhile.

Never name a database that is in use: foreign keys are not checked while it is built.
"""

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from io import StringIO
from typing import Any

import django
from django.db import connection

from accounts.clock import now as clock_now
from accounts.sql import load
from tests.bench.history_tables import TABLES, sizes, without_indexes
from tests.bench.names import a_name

SIZES = {"100k": 100_000, "1M": 1_000_000, "10M": 10_000_000, "50M": 50_000_000}

DAYS = 546
"""Eighteen months."""

_MESSAGES_PER_BORROWER = 50
_NOT_SENT_SHARE = 80
"""Reminders decided against, in 1,024ths of the instalments of a step."""

_SHARES = {-3: 210, -1: 930, 0: 620, 1: 250, 3: 120, 7: 80, 15: 50}
"""How many of 1,024 instalments are told of in each step, by its days from the due date."""

_DUE_DAYS = (*range(1, 29), *(1, 5, 10, 10, 15, 15, 20, 20, 25, 25, 28, 28))
"""The loans take turns on these days of the month: some have three times the others' share."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """How big the history is, when it ends, and what it is drawn from."""

    messages: int
    until: date
    seed: int = 1
    days: int = DAYS

    @property
    def customers(self) -> int:
        return max(self.messages // _MESSAGES_PER_BORROWER, 1)

    @property
    def loans(self) -> int:
        return max(self.messages * 1024 * 365 // (self.days * 12 * sum(_SHARES.values())), 1)

    @property
    def first_day(self) -> date:
        return self.until - timedelta(days=self.days - 1)

    @property
    def now(self) -> datetime:
        return datetime.combine(self.until, time_of_day(8), tzinfo=UTC)

    @property
    def months(self) -> list[date]:
        """The first of each month in which something falls due that is told of, or is to come."""
        month = (self.first_day - timedelta(days=max(_SHARES))).replace(day=1)
        found = []
        while month <= self.until + timedelta(days=70):
            found.append(month)
            month = (month + timedelta(days=31)).replace(day=1)
        return found


def main() -> None:
    """Build it and say how long each part took."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.history",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", choices=SIZES, default="1M")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="days that are written at once")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - started:8.1f} s  {what}", flush=True)

    today = clock_now().date()
    shape = Shape(messages=SIZES[options.messages], until=today, seed=options.seed)
    migrate()
    with without_indexes(say=say):
        build(shape, jobs=options.jobs, say=say)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    say("vacuumed and analysed")
    for table, (rows, size) in sizes().items():
        print(f"{table:<28}{rows:>14,} rows{size / 2**30:>9.2f} GiB")


def migrate() -> None:
    """The tables and the shipped policy."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, stdout=StringIO())
    call_command("load_shipped_policy", stdout=StringIO())


def build(shape: Shape, *, jobs: int = 1, say: Say = lambda _what: None) -> None:
    """Fill the tables. With one job everything happens on Django's connection, for tests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_customer)")
        if cursor.fetchone() != (False,):
            raise SystemExit("this database has borrowers already: name an empty one")
        cursor.execute("SET session_replication_role = replica")
    try:
        _people(shape)
        say(f"{shape.customers:,} borrowers")
        _debts(shape)
        say(f"{shape.loans:,} loans with {len(shape.months)} instalments each")
        say(f"{_past(shape, jobs=jobs):,} messages")
        _future(shape)
        _callbacks(shape)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = origin")


def _people(shape: Shape) -> None:
    """Borrowers, each with a sealed number and a tier, and what waits for staff about them. Numbers
    begin with +86 140, nobody's."""
    from accounts.addresses import seal
    from accounts.pinyin import pinyin_of

    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY accounts_customer (id, customer_no, name, name_pinyin, language, timezone,"
            " segment, is_demonstration, created_at, updated_at) FROM STDIN"
        ) as rows:
            for pk in range(1, shape.customers + 1):
                name, language = a_name(pk, seed=shape.seed)
                known = (pk, f"C{pk * 7:08d}", name, pinyin_of(name), language)
                rows.write_row((*known, "Asia/Shanghai", "standard", True, shape.now, shape.now))
        with cursor.copy(
            "COPY accounts_contactpoint (id, customer_id, channel, address_encrypted, address_hash,"
            " address_masked, is_current, unusable_reason, created_at) FROM STDIN"
        ) as rows:
            for pk in range(1, shape.customers + 1):
                sealed = seal(phone_of(pk), channel="sms")
                kept = (sealed.encrypted, sealed.hash, sealed.masked)
                rows.write_row((pk, pk, "sms", *kept, True, "", shape.now))
        cursor.execute(
            "INSERT INTO accounts_riskassessment (customer_id, tier, reasons, source, assessed_at)"
            " SELECT id, (ARRAY['low', 'low', 'medium', 'high'])[1 + (hashint8(id) & 3)],"
            " '[]', 'rules', %s"
            " FROM accounts_customer",
            [shape.now],
        )
        cursor.execute(_statement("work"), {"now": shape.now})
        for table in ("customer", "point"):
            _count_on(table)


def phone_of(customer_id: int) -> str:
    """The number of a made-up borrower, scattered over all that begin with +86 140."""
    return f"+86140{customer_id * 7_654_321 % 100_000_000:08d}"


def _debts(shape: Shape) -> None:
    common: dict[str, Any] = {"seed": shape.seed, "loans": shape.loans, "now": shape.now}
    with connection.cursor() as cursor:
        cursor.execute(
            _statement("loans"),
            {**common, "customers": shape.customers, "opened_on": shape.months[0]},
        )
        for number, month in enumerate(shape.months):
            cursor.execute(
                _statement("instalments"),
                {
                    **common,
                    "month_no": number,
                    "month": month,
                    "days": list(_DUE_DAYS),
                    "turns": len(_DUE_DAYS),
                    "until": shape.until,
                },
            )
        cursor.execute(_statement("payments"), {"since": shape.until - timedelta(days=60)})
    for table in ("loan", "instalment", "payment"):
        _count_on(table)


def _past(shape: Shape, *, jobs: int) -> int:
    """What was decided and sent, day by day; how many messages."""
    days = [shape.first_day + timedelta(days=n) for n in range(shape.days)]
    steps = _steps()
    if jobs == 1:
        return sum(_write_day(day, shape=shape, steps=steps) for day in days)

    def some(first: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET work_mem = '256MB'")
        try:
            return sum(_write_day(day, shape=shape, steps=steps) for day in days[first::jobs])
        finally:
            connection.close()

    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(some, range(jobs)))


def _write_day(day: date, *, shape: Shape, steps: dict[str, list[Any]]) -> int:
    age = (shape.until - day).days
    with connection.cursor() as cursor:
        cursor.execute(
            _statement("day"),
            {
                **_slots(day, shape=shape),
                **steps,
                "customers": shape.customers,
                "loans": shape.loans,
                "seed": shape.seed,
                "turns": len(_DUE_DAYS),
                "not_sent_share": _NOT_SENT_SHARE,
                "batches": 1 + shape.messages // (shape.days * 500),
                "begins": _begins(day),
                "now": shape.now,
                "age": age,
                "attempt_days": shape.days * 2 // 5,
                "receipt_days": shape.days // 5,
            },
        )
        (messages,) = cursor.fetchone()
    return int(messages)


def _future(shape: Shape) -> None:
    """What is planned of the next two days."""
    steps = _steps()
    for ahead in (1, 2):
        day = shape.until + timedelta(days=ahead)
        with connection.cursor() as cursor:
            cursor.execute(
                _statement("planned"),
                {
                    **_slots(day, shape=shape),
                    **steps,
                    "customers": shape.customers,
                    "loans": shape.loans,
                    "seed": shape.seed,
                    "turns": len(_DUE_DAYS),
                    "begins": _begins(day),
                    "now": shape.now,
                },
            )


def _callbacks(shape: Shape) -> None:
    """What is kept of callbacks that were read, a hundred statements in each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reminders_rawreceipt (gateway, body, received_at, applied_at, problem)"
            " SELECT 'simulator', '{}', %(now)s, %(now)s, ''"
            " FROM generate_series(1, %(messages)s / 1000)",
            {"now": shape.now, "messages": shape.messages},
        )


def _begins(day: date) -> datetime:
    """Ten o'clock in Shanghai."""
    return datetime.combine(day, time_of_day(2), tzinfo=UTC)


def _slots(day: date, *, shape: Shape) -> dict[str, list[Any]]:
    """Which step speaks on `day`, of which due date, for the loans whose turn that day is."""
    found: dict[str, list[Any]] = {
        "slot_steps": [],
        "due_dates": [],
        "month_nos": [],
        "turns_due": [],
    }
    for number, offset in enumerate(_SHARES):
        due = day - timedelta(days=offset)
        month_no = shape.months.index(due.replace(day=1))
        for turn, of_month in enumerate(_DUE_DAYS):
            if of_month == due.day:
                row = (number, due, month_no, turn)
                for key, value in zip(found, row, strict=True):
                    found[key].append(value)
    return found


def _steps() -> dict[str, list[Any]]:
    """The steps of the shipped policy by number, as columns."""
    from reminders.models import PolicyStep, StepVersion, TemplateVersion

    columns: dict[str, list[Any]] = {
        key: []
        for key in (
            "step_nos", "step_ids", "step_version_ids", "template_version_ids", "stages",
            "purposes", "shares",
        )
    }  # fmt: skip
    for number, (offset, share) in enumerate(_SHARES.items()):
        version = StepVersion.objects.select_related("template", "version").get(
            version__state="published", offset_days=offset
        )
        step = PolicyStep.objects.get(policy=version.version.policy_id, key=version.key)
        text = TemplateVersion.objects.get(template=version.template, state="published")
        row = (
            number, step.pk, version.pk, text.pk, version.template.stage, version.template.purpose,
            share,
        )  # fmt: skip
        for key, value in zip(columns, row, strict=True):
            columns[key].append(value)
    return columns


def _statement(name: str) -> str:
    return load(package="tests.bench.history_sql", name=name)


def _count_on(table: str) -> None:
    """Let the sequence go on after the highest number."""
    name = TABLES[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
        )


if __name__ == "__main__":
    main()
