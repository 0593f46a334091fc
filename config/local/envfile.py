"""Files of `export NAME=value` lines, readable by their owner alone and fit to be sourced."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.local.errors import CannotGoOn


class BadLine(CannotGoOn):
    """A line that is no assignment; the message names the file and the line."""


def read(path: Path) -> dict[str, str]:
    """Values in `path`; none when there is no such file. Raises BadLine."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise BadLine(f"{path}, line {number}: {error}") from None
        if words[:1] == ["export"]:
            words = words[1:]
        if not words:
            continue
        name, is_assignment, value = words[0].partition("=")
        if len(words) != 1 or not is_assignment or not name.isidentifier():
            raise BadLine(f"{path}, line {number}: expected NAME=value, with quotes round spaces")
        found[name] = value
    return found


def write(path: Path, values: Mapping[str, str], *, heading: str = "") -> None:
    """Replaces `path` whole: who is killed half-way leaves the old file as it was."""
    lines = [f"# {line}" for line in heading.splitlines()]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@contextmanager
def kept(path: Path, values: Mapping[str, str]) -> Iterator[None]:
    """Keeps `path` in place for as long as what it tells of is up."""
    write(path, values)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
