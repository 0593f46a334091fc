"""Texts of which no machine could say what became: the work list of a person."""

from dataclasses import dataclass

from django.db.models import QuerySet

from reminders.models import Message
from reminders.models.choices import MessageState
from reminders.queries.messages import MessageRow, message_rows

PAGE = 20
COUNTED_MOST = 1_000


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A text to be settled, and whose it is."""

    customer_no: str
    name: str
    message: MessageRow


@dataclass(frozen=True, slots=True)
class UnknownPage:
    """Some of them, oldest first; `after` is where the next page begins, "" at the end."""

    rows: tuple[UnknownRow, ...]
    after: str


def unknown_page(*, after: str = "", only: int | None = None) -> UnknownPage:
    """A page of the work list (Note [Keyset pages]); `only` narrows it to one message.

    Raises ValueError for an `after` that this code did not make.
    """
    last_id = int(after) if after else 0
    if not 0 <= last_id < 2**63:
        raise ValueError(after)
    rows = _for_a_person().filter(pk__gt=last_id)
    page = list(
        (rows.filter(pk=only) if only is not None else rows)
        .select_related("customer", "contact_point", "template_version__template")
        .order_by("pk")[: PAGE + 1]
    )
    shown = page[:PAGE]
    details = message_rows(shown)
    return UnknownPage(
        tuple(
            UnknownRow(row.customer.customer_no, row.customer.name, details[row.pk])
            for row in shown
        ),
        str(shown[-1].pk) if len(page) > PAGE else "",
    )


def unknown_count() -> int:
    """How many wait for a person, counted up to COUNTED_MOST."""
    return _for_a_person()[:COUNTED_MOST].count()


def _for_a_person() -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.UNKNOWN, ask_at__isnull=True)
