"""Rows behind figures, page by page, in the order of an instant (Note [Keyset pages])."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from reminders.models import Message, Reminder
from reminders.models.choices import ReminderState
from reminders.queries.borrower import person_of
from reminders.queries.messages import MessageRow, message_rows
from reminders.queries.past import DecidedRow, Subject, decided_row, subject_of, with_subjects
from reminders.queries.places import Place

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row behind a figure: a text, a decision, or a plan, and whose it is."""

    customer_no: str
    name: str
    at: datetime
    id: int
    message: MessageRow | None = None
    decided: DecidedRow | None = None
    planned: Subject | None = None


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some rows behind a figure; `after` is where the next page begins, "" at the end."""

    rows: tuple[ListedRow, ...]
    after: str


def _first(rows: QuerySet[Any], *, at: str, place: Place | None) -> list[int]:
    """Ids of a page, and one more, of those after `place` in the order of (`at`, id).

    Asked apart from what is joined to the page: hundreds of rows may share an instant and are to be
    put in order first, and among many tables the planner would not see that they are few.
    """
    if place is not None:
        later = Q(**{f"{at}__gt": place.at}) | Q(**{at: place.at, "pk__gt": place.id})
        # The second says the same, in a way that an index can begin with.
        rows = rows.filter(later, **{f"{at}__gte": place.at})
    return list(rows.order_by(at, "pk").values_list("pk", flat=True)[: PAGE + 1])


def listed_texts(rows: QuerySet[Message], *, place: Place | None) -> ListedPage:
    """A page of `rows` in the order in which they were opened."""
    page = _with_people(_first(rows, at="opened_at", place=place))
    shown = page[:PAGE]
    details = message_rows(shown)
    return ListedPage(
        tuple(
            ListedRow(
                row.customer.customer_no,
                row.customer.name,
                row.opened_at,
                row.pk,
                message=details[row.pk],
            )
            for row in shown
        ),
        str(Place(shown[-1].opened_at, shown[-1].pk)) if len(page) > PAGE else "",
    )


def _with_people(ids: Iterable[int]) -> list[Message]:
    return list(
        Message.objects.filter(pk__in=ids)
        .select_related("customer", "contact_point", "template_version__template")
        .order_by("opened_at", "pk")
    )


def listed_reminders(rows: QuerySet[Reminder], *, at: str, place: Place | None) -> ListedPage:
    """A page of `rows` in the order of the column `at`, with the texts of those that are in one."""
    page = list(
        with_subjects(Reminder.objects.filter(pk__in=_first(rows, at=at, place=place)))
        .select_related("customer")
        .order_by(at, "pk")
    )
    shown = page[:PAGE]
    said = [row.message_id for row in shown if row.state == ReminderState.MESSAGED]
    texts = message_rows(_with_people(pk for pk in said if pk is not None)) if said else {}
    return ListedPage(
        tuple(_listed_reminder(row, texts=texts) for row in shown),
        str(Place(getattr(shown[-1], at), shown[-1].pk)) if len(page) > PAGE else "",
    )


def _listed_reminder(row: Reminder, *, texts: Mapping[int, MessageRow]) -> ListedRow:
    is_planned = row.state == ReminderState.PLANNED
    is_in_text = row.state == ReminderState.MESSAGED
    says_why = not is_in_text and bool(row.reason)
    return ListedRow(
        row.customer.customer_no,
        row.customer.name,
        row.next_attempt_at if is_planned else row.decided_at or row.planned_at,
        row.pk,
        message=texts.get(row.message_id or 0) if is_in_text else None,
        decided=decided_row(row, clock=person_of(row.customer).clock) if says_why else None,
        planned=subject_of(row) if is_planned and not says_why else None,
    )
