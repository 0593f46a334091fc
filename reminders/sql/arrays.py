"""Arrays as parameters.

psycopg adapts a list element by element in Python, which costs more than anything else that
dispatch does to a row; a literal of the whole costs a quarter of it.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID


def array(values: Iterable[str | int | Decimal | datetime | UUID | None]) -> str:
    """The values as the text of a PostgreSQL array; the statement casts it to its type."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)
