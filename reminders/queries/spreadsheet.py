"""CSV that a spreadsheet opens safely: what it would take for a formula is text."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""At the beginning of a file: without it Excel takes UTF-8 for something else."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_lines(rows: Iterable[Iterable[object]]) -> str:
    """`rows` as lines of CSV."""
    out = StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return out.getvalue()


def safe(value: object) -> str:
    """`value` as a spreadsheet shows it. A number of ours stays one, below zero as well."""
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
