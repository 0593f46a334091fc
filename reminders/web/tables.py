"""Tables of figures: on a page, where every number is a link to its rows, and as a CSV file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from reminders.queries.spreadsheet import BOM, as_lines

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, what the file says of it, and where its rows are."""

    text: str
    value: object
    link: str = ""
    hint: str = ""
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first column names the row; `total` is the last row, where rows add up."""

    key: str
    title: Words
    columns: Sequence[Words]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()
    note: Words = ""
    empty: Words = ""

    @property
    def heads(self) -> list[tuple[Words, bool]]:
        """The columns, and whether each holds words."""
        row = self.rows[0] if self.rows else ()
        return [(column, cell.is_words) for column, cell in zip(self.columns, row, strict=False)]

    def as_csv(self) -> Iterator[str]:
        """Lines with a header; the total is not among them, for a spreadsheet adds up itself."""
        yield BOM + as_lines([self.columns])
        yield as_lines([cell.value for cell in row] for row in self.rows)


def words(text: object, *, hint: str = "") -> Cell:
    """A cell of words."""
    return Cell(str(text), str(text), hint=hint, is_words=True)


def count(number: int, link: str = "") -> Cell:
    """A cell that counts rows; nothing is behind a nought."""
    return Cell(f"{number:,}", number, link if number else "")


def share(part: int, whole: int, *, link: str = "") -> Cell:
    """A cell with a share in per cent; a dash where nothing can be said."""
    if not whole:
        return Cell("–", "", link)
    return Cell(f"{100 * part / whole:.1f} %", round(part / whole, 4), link)


def page_or_csv(
    request: HttpRequest, template: str, context: dict[str, Any], *, name: str
) -> HttpResponse:
    """The page; or, where `csv` asks for one of its tables, that one as a file called `name`.

    Raises Http404 for a table that the page has not.
    """
    key = request.GET.get("csv")
    if key is None:
        return render(request, template, context)
    tables = (value for value in context.values() if isinstance(value, Table))
    found = next((table for table in tables if table.key == key), None)
    if found is None:
        raise Http404(key)
    answer = HttpResponse("".join(found.as_csv()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{key}.csv"'
    return answer
