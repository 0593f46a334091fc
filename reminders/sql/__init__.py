"""Named SQL statements, one purpose each, one file each."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

from accounts.sql import load


def statement(name: str) -> str:
    """Text of the statement `name` of reminders."""
    return load(package=__name__, name=name)


@contextmanager
def binary_cursor() -> Iterator[CursorWrapper]:
    """Django's cursor for statements with long lists, which are `%(name)b` in them.

    Parameters travel beside the statement. Django's own cursor writes them into its text, and
    PostgreSQL reads that character by character: a list of 500 traces took ten times as long.
    """
    with connection.cursor() as usual:  # opens the connection, or finds out that it died
        wrapper = CursorDebugWrapper if connection.queries_logged else CursorWrapper
        with wrapper(psycopg.Cursor(usual.connection), connection) as cursor:
            yield cursor
