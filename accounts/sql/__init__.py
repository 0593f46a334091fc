"""Named SQL statements, one purpose each, one file each."""

from functools import cache
from importlib.resources import files


@cache
def load(*, package: str, name: str) -> str:
    """Text of the statement `name`.sql that lies in the Python package `package`.

    Parameters are psycopg's `%(name)s`, `%(name)b` for long lists that go in binary, so a literal
    percent sign is written `%%`.
    """
    return (files(package) / f"{name}.sql").read_text(encoding="utf-8")


def statement(name: str) -> str:
    """Text of the statement `name` of accounts."""
    return load(package=__name__, name=name)
