"""The rows of a difference as CSV that a spreadsheet opens safely."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from zoneinfo import ZoneInfo

from accounts.models import Instalment
from reminders.queries.difference import Change, Text

COLUMNS = (
    "customer_no",
    "loan_no",
    "seq",
    "due_date",
    "policy",
    "step",
    "what",
    "today_at",
    "then_at",
    "today_text",
    "then_text",
    "today_parts",
    "then_parts",
)
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_ROWS_AT_ONCE = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(changes: Iterable[Change], *, zone: ZoneInfo) -> Iterator[str]:
    """Lines with a header, in blocks as they are found. Instants are wall-clock times of `zone`."""
    rows = iter(changes)
    yield _BOM + _lines([COLUMNS])
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        instalments = Instalment.objects.select_related("loan").in_bulk(
            [change.instalment_id for change in block]
        )
        yield _lines(_row(change, instalments[change.instalment_id], zone) for change in block)


def _row(change: Change, instalment: Instalment, zone: ZoneInfo) -> tuple[object, ...]:
    def of(text: Text | None, name: str) -> object:
        return getattr(text, name) if text else ""

    def at(text: Text | None) -> str:
        return f"{text.at.astimezone(zone):%Y-%m-%d %H:%M}" if text else ""

    return (
        change.customer_no,
        instalment.loan.loan_no,
        instalment.seq,
        instalment.due_date,
        change.policy_key,
        change.step_key,
        " ".join(change.kinds),
        at(change.today),
        at(change.then),
        of(change.today, "body"),
        of(change.then, "body"),
        of(change.today, "parts"),
        of(change.then, "parts"),
    )


def _lines(rows: Iterable[Iterable[object]]) -> str:
    out = StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return out.getvalue()


def safe(value: object) -> str:
    """`value` as a spreadsheet shows it: what it would take for a formula is text."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
