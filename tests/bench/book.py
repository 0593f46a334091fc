"""The book to measure on: `python -m tests.bench.book --borrowers N` fills DATABASE_URL with it."""

import argparse
import re
import time
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from tests.bench.moment import PLANNED_AT, TODAY

SPARE = 400
"""Borrowers at the end of the book with nothing due for ten days."""

AGENT = "bench-agent"
_SQL = Path(__file__).with_name("sql") / "book.sql"


def main() -> None:
    """Migrate, load what `make run` loads but its demonstration book, and write ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--borrowers", type=int, required=True, help="0: tables alone")
    borrowers: int = parser.parse_args().borrowers
    started = time.monotonic()

    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, stdout=StringIO())
    call_command("create_schedule", stdout=StringIO())
    call_command("create_roles", stdout=StringIO())
    call_command("load_calendar", "--shipped", stdout=StringIO())
    call_command("load_shipped_policy", stdout=StringIO())
    if borrowers:
        write_book(borrowers)
    print(f"a book of {borrowers:,} borrowers in {time.monotonic() - started:.0f} s", flush=True)


def write_book(borrowers: int) -> None:
    """Fill the tables; see sql/book.sql. Needs a superuser, who may switch triggers off."""
    from django.db import connection, transaction

    from accounts.models import Staff

    Staff.objects.create(username=AGENT, is_superuser=True)
    values = {
        "n": borrowers,
        "spare": min(SPARE, borrowers // 10),
        "today": TODAY,
        "now": PLANNED_AT,
    }
    with transaction.atomic():
        _seal(borrowers)
        with connection.cursor() as cursor:
            for statement in _statements(_SQL.read_text(encoding="utf-8"), values):
                cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _seal(borrowers: int) -> None:
    """Addresses, one for each borrower, sealed as the product seals them."""
    from django.db import connection

    from accounts.addresses import seal

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE seal"
            " (number bigint, encrypted bytea, hash bytea, masked text) ON COMMIT DROP"
        )
        with cursor.copy("COPY seal FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "bytea", "bytea", "text"])
            for number in range(1, borrowers + 1):
                sealed = seal(f"+86140{number:08d}", channel="sms")
                copy.write_row((number, sealed.encrypted, sealed.hash, sealed.masked))


def _statements(text: str, values: Mapping[str, object]) -> list[str]:
    """The statements of the file with their values as literals: types and temporary tables know no
    parameters."""
    literals = {
        name: str(value) if isinstance(value, int) else f"'{value}'"
        for name, value in values.items()
    }
    without_comments = re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)
    return [part for part in (without_comments % literals).split(";") if part.strip()]


if __name__ == "__main__":
    main()
