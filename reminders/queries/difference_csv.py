"""The rows of a difference as CSV that a spreadsheet opens safely."""

from collections.abc import Iterable, Iterator
from itertools import islice
from zoneinfo import ZoneInfo

from accounts.models import Instalment
from reminders.queries.difference import Change, Text
from reminders.queries.spreadsheet import BOM, as_lines

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
_ROWS_AT_ONCE = 500


def as_csv(changes: Iterable[Change], *, zone: ZoneInfo) -> Iterator[str]:
    """Lines with a header, in blocks as they are found. Instants are wall-clock times of `zone`."""
    rows = iter(changes)
    yield BOM + as_lines([COLUMNS])
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        instalments = Instalment.objects.select_related("loan").in_bulk(
            [change.instalment_id for change in block]
        )
        yield as_lines(_row(change, instalments[change.instalment_id], zone) for change in block)


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
