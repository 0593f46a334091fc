"""Rows of a file, checked one by one, into its temporary table by COPY."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.importing import reading
from accounts.importing.errors import BadValue
from accounts.importing.layout import BOOK, Column, Context, FileLayout, checks_of
from accounts.importing.reading import BadLine, OpenFile
from accounts.importing.rejects import Rejects
from accounts.sql import statement

_ROWS_PER_WRITE = 1_000
_KEY_SHOWN_MAX = 80
PROGRESS_ROWS = 200_000

Say = Callable[[str], None]
"""Takes a line of progress."""


def make_tables() -> None:
    """Make the staging table of every file of a book, empty."""
    with connection.cursor() as cursor:
        for layout in BOOK:
            cursor.execute(statement(f"{layout.table}s"))


def stage_file(
    path: Path, *, layout: FileLayout, context: Context, rejects: Rejects, say: Say
) -> frozenset[str]:
    """Fill the staging table of `layout` from `path`; bad rows go to `rejects`.

    Gives the columns that the file has. Raises ImportRefused for a file that is no such file.
    The table was made by `make_tables`; it lives until the transaction ends.
    """
    with reading.open_file(path, layout=layout) as file, connection.cursor() as cursor:
        with cursor.copy(f"COPY {layout.table} ({_into(file)}) FROM STDIN") as copy:
            _copy_rows(file, copy=copy, context=context, rejects=rejects, say=say)
        cursor.execute(f"ANALYZE {layout.table}")
        return frozenset(file.columns)


def _copy_rows(file: OpenFile, *, copy: Any, context: Context, rejects: Rejects, say: Say) -> None:
    name, plan = file.layout.file, _plan(file, context=context)
    buffer: list[str] = []
    taken = 0
    for line_no, fields in file.rows():
        if isinstance(fields, BadLine):
            rejects.add(file=name, line=line_no, column=fields.column, reason=fields.reason)
            continue
        column = ""
        try:
            row = str(line_no)
            for column, index, check in plan:  # noqa: B007 - the handler needs to know which
                row += "\t" + check(fields[index])
        except BadValue as error:
            key = _key(fields, file=file)
            rejects.add(file=name, line=line_no, column=column, reason=str(error), key=key)
            continue
        buffer.append(row)
        if len(buffer) == _ROWS_PER_WRITE:
            copy.write("\n".join(buffer) + "\n")
            taken += len(buffer)
            buffer.clear()
            if taken % PROGRESS_ROWS == 0:
                say(f"{name}: {taken:,} rows read")
    if buffer:
        copy.write("\n".join(buffer) + "\n")


def _into(file: OpenFile) -> str:
    names = ["line"]
    for column in _present(file):
        names.extend(column.into or (column.name,))
    return ", ".join(names)


def _present(file: OpenFile) -> list[Column]:
    return [column for column in file.layout.columns if column.name in file.columns]


def _plan(file: OpenFile, *, context: Context) -> list[tuple[str, int, Callable[[str], str]]]:
    """Name, place in the line, and check of each column that the file has."""
    checks = checks_of(file.layout, context=context)
    return [
        (column.name, file.columns.index(column.name), checks[column.name])
        for column in _present(file)
    ]


def _key(fields: Sequence[str], *, file: OpenFile) -> str:
    key = "/".join(fields[file.columns.index(column)] for column in file.layout.key)
    return key[:_KEY_SHOWN_MAX] if key.isprintable() else ""
