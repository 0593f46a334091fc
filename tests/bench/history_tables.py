"""The big tables as a whole: their indexes while they are filled, and their sizes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from django.db import connection

TABLES = {
    "customer": "accounts_customer",
    "point": "accounts_contactpoint",
    "loan": "accounts_loan",
    "instalment": "accounts_instalment",
    "payment": "accounts_payment",
    "allocation": "accounts_allocation",
    "risk": "accounts_riskassessment",
    "message": "reminders_message",
    "reminder": "reminders_reminder",
    "attempt": "reminders_attempt",
    "receipt": "reminders_receipt",
    "earlier text": "reminders_earliertext",
}


@contextmanager
def without_indexes(*, say: Callable[[str], None]) -> Iterator[None]:
    """Takes indexes and unique constraints away from the big tables, and makes them again."""
    tables = list(TABLES.values())
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        cursor.execute(
            "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'u' AND conrelid::regclass::text = ANY(%s)",
            [tables],
        )
        constraints = cursor.fetchall()
        for name, table, _definition in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE NOT indisprimary AND indrelid::regclass::text = ANY(%s)",
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    made = count(1)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for name, table, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
            say(f"index {next(made)}: {name}")
        for name, definition in indexes:
            cursor.execute(definition)
            say(f"index {next(made)}: {name}")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


def sizes() -> dict[str, tuple[int, int]]:
    """Rows (as the planner believes) and bytes with indexes, of each big table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relname = ANY(%s) ORDER BY 3 DESC",
            [list(TABLES.values())],
        )
        return {name: (rows, size) for name, rows, size in cursor.fetchall()}
