"""Rows of queries as plain values, for JSON."""

from dataclasses import is_dataclass
from typing import Any

from reminders.queries.formats import Clock


def as_plain(value: Any) -> Any:
    """Rows as dictionaries, all the way down; a clock as the name of its zone."""
    if isinstance(value, Clock):
        return value.zone.key
    if is_dataclass(value) and not isinstance(value, type):
        return {name: as_plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple | list):
        return [as_plain(item) for item in value]
    return value
