"""Lines of a CSV file, one at a time and in bounded memory.

A line is a row: a line break inside a quoted field is not accepted. So one unclosed quote costs
one row and not the rest of the file, and a field of 200 MB costs one row and no memory. In
return a quoted line break, which no column of the contract needs, is a rejected row.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from accounts.importing.errors import ImportRefused
from accounts.importing.layout import FileLayout

LINE_MAX_BYTES = 64 * 1024
_SKIP_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row; `column` is blank where no one column is to blame."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file whose header was read and found right."""

    layout: FileLayout
    columns: tuple[str, ...]
    stream: BinaryIO

    def rows(self) -> Iterator[tuple[int, list[str] | BadLine]]:
        """Line number (the header is line 1) and stripped fields of each row; blanks left out.

        Raises ImportRefused, naming the line, where the file is not UTF-8 or cannot be read.
        """
        stream, width = self.stream, len(self.columns)
        line_no = 1
        while True:
            line_no += 1
            raw = _readline(stream, layout=self.layout, line_no=line_no)
            if not raw:
                return
            if len(raw) > LINE_MAX_BYTES and not raw.endswith(b"\n"):
                _skip_line(stream)
                yield line_no, self._too_long(raw)
                continue
            line = _decode(raw, layout=self.layout, line_no=line_no).rstrip("\r\n")
            if not line or line.isspace():
                continue
            fields = [field.strip() for field in line.split(",")] if '"' not in line else None
            if fields is None:
                quoted = _split_quoted(line)
                if isinstance(quoted, BadLine):
                    yield line_no, quoted
                    continue
                fields = quoted
            if len(fields) != width:
                yield line_no, BadLine("", f"has {len(fields)} fields where the header has {width}")
                continue
            yield line_no, fields

    def _too_long(self, start: bytes) -> BadLine:
        column = self.columns[min(start.count(b","), len(self.columns) - 1)]
        return BadLine(column, f"the line is longer than {LINE_MAX_BYTES} bytes")


@contextmanager
def open_file(path: Path, *, layout: FileLayout) -> Iterator[OpenFile]:
    """Open `path` and check its header. Raises ImportRefused."""
    try:
        stream = path.open("rb", buffering=1 << 18)
    except OSError as error:
        raise ImportRefused(f"{layout.file}: cannot be opened: {error.strerror}") from error
    with stream:
        yield OpenFile(layout, _header(stream, layout=layout), stream)


def _readline(stream: BinaryIO, *, layout: FileLayout, line_no: int) -> bytes:
    try:
        return stream.readline(LINE_MAX_BYTES + 1)
    except OSError as error:
        raise ImportRefused(
            f"{layout.file}, line {line_no}: cannot be read: {error.strerror}"
        ) from error


def _skip_line(stream: BinaryIO) -> None:
    while True:
        piece = stream.readline(_SKIP_BYTES)
        if not piece or piece.endswith(b"\n"):
            return


def _decode(raw: bytes, *, layout: FileLayout, line_no: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        column = _field_number(raw[: error.start])
        raise ImportRefused(
            f"{layout.file}, line {line_no}, field {column}: is not UTF-8 "
            f"(byte 0x{raw[error.start]:02x}); save the file as UTF-8 and import it again"
        ) from error


def _field_number(before: bytes) -> int:
    """Number, from 1, of the field that begins after the bytes `before` of a line."""
    return before.count(b",") + 1


def _split_quoted(line: str) -> list[str] | BadLine:
    try:
        fields = next(csv.reader([line], strict=True))
    except csv.Error:
        return BadLine("", "a quotation mark is not closed on its line or stands inside a field")
    return [field.strip() for field in fields]


def _header(stream: BinaryIO, *, layout: FileLayout) -> tuple[str, ...]:
    raw = _readline(stream, layout=layout, line_no=1)
    for bom, encoding in _OTHER_BOMS.items():
        if raw.startswith(bom):
            raise ImportRefused(f"{layout.file}, line 1: is {encoding}; save the file as UTF-8")
    line = _decode(raw.removeprefix(_BOM), layout=layout, line_no=1).strip()
    if not line:
        raise ImportRefused(f"{layout.file}, line 1: is empty where the header should be")
    fields = _split_quoted(line)
    if isinstance(fields, BadLine) or len(raw) > LINE_MAX_BYTES:
        raise ImportRefused(f"{layout.file}, line 1: is no header; expected {layout.expected()}")
    problem = layout.problem_of(fields)
    if problem:
        raise ImportRefused(f"{layout.file}, line 1: {problem}; expected {layout.expected()}")
    return tuple(fields)
