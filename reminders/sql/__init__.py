"""Named SQL statements, one purpose each, one file each."""

from accounts.sql import load


def statement(name: str) -> str:
    """Text of the statement `name` of reminders."""
    return load(package=__name__, name=name)
