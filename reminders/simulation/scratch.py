"""Databases to play in: made for a simulation, dropped afterwards.

Autovacuum is off in them: it rearranges rows at moments of its own, and the same seed would no
longer make the same world.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

_TABLES = """
SELECT quote_ident(tablename) FROM pg_tables
WHERE schemaname = current_schema() AND tablename ~ '^(accounts|reminders)_'
"""
_IN_ORDER = " ORDER BY tablename"


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES + _IN_ORDER)
        return [name for (name,) in cursor.fetchall()]


@contextmanager
def database(name: str) -> Iterator[None]:
    """A new, migrated database `name` behind Django's connection; dropped at the end.

    Raises OperationalError or ProgrammingError where this user may not make databases.
    """
    home = str(connection.settings_dict["NAME"])
    quoted = connection.ops.quote_name(name)
    _run(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
    _run(f"CREATE DATABASE {quoted}")
    _move_to(name)
    try:
        call_command("migrate", verbosity=0)
        make_repeatable()
        yield
    finally:
        _move_to(home)
        _run(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")


def _move_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def make_repeatable() -> None:
    """Let nothing happen in these tables at moments of the server's choosing."""
    for table in _tables():
        _run(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")


def empty() -> None:
    """No rows, and numbers that begin at one again."""
    _run(f"TRUNCATE {', '.join(_tables())} RESTART IDENTITY CASCADE")
