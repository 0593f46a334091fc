"""One day in figures, and the rows behind each figure (P11).

A day is that of the clock which staff pages show (TIME_ZONE). A text belongs to the day on which
its message was opened, a decision to the day on which it was made; "planned" is what will be
looked at within the horizon from now, whatever day is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from reminders.core.schedule import HORIZON, instant
from reminders.models import Message, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.queries.borrower import person_of
from reminders.queries.formats import Clock
from reminders.queries.messages import MessageRow, message_rows
from reminders.queries.past import DecidedRow, Subject, decided_row, subject_of
from reminders.queries.words import reason_label

PAGE = 50

TEXT_FIGURES: Mapping[str, frozenset[str]] = {
    "texts": frozenset(MessageState.values),
    "delivered": frozenset({MessageState.DELIVERED}),
    "under_way": frozenset({MessageState.SENDING, MessageState.WAITING, MessageState.ACCEPTED}),
    "undelivered": frozenset({MessageState.UNDELIVERED}),
    "unknown": frozenset({MessageState.UNKNOWN}),
    "rejected": frozenset({MessageState.REJECTED, MessageState.CANCELLED}),
}
"""Figures about texts and the states that each counts; the parts add up to `texts`."""

_NOT_SENT = (ReminderState.SKIPPED, ReminderState.EXPIRED, ReminderState.CANCELLED)
FIGURES = (*TEXT_FIGURES, "not_sent", "planned")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number; `key` opens its rows."""

    key: str
    count: int


@dataclass(frozen=True, slots=True)
class ReasonFigure:
    """How many reminders were not sent for one reason."""

    reason: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day in numbers. The reasons add up to `not_sent`."""

    day: date
    figures: tuple[Figure, ...]
    reasons: tuple[ReasonFigure, ...]

    def count_of(self, figure: str, *, reason: str = "") -> int:
        """The number behind a figure, or behind one reason of `not_sent`."""
        if reason:
            return sum(row.count for row in self.reasons if row.reason == reason)
        return sum(row.count for row in self.figures if row.key == figure)


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


def _bounds(day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return (
        instant(day, time(0), zone=zone),
        instant(day + timedelta(days=1), time(0), zone=zone),
    )


def day_figures(day: date, *, clock: Clock, now: datetime) -> DayFigures:
    """The figures of `day` on `clock`, in three statements."""
    begins, ends = _bounds(day, zone=clock.zone)
    states = dict(
        Message.objects.filter(opened_at__gte=begins, opened_at__lt=ends)
        .values("state")
        .annotate(count=Count("id"))
        .values_list("state", "count")
    )
    reasons = list(
        _decided(begins, ends)
        .values("reason")
        .annotate(count=Count("id"))
        .order_by("-count", "reason")
        .values_list("reason", "count")
    )
    counts = {
        **{
            key: sum(states.get(state, 0) for state in wanted)
            for key, wanted in TEXT_FIGURES.items()
        },
        "not_sent": sum(count for _reason, count in reasons),
        "planned": _planned(now).count(),
    }
    return DayFigures(
        day=day,
        figures=tuple(Figure(key, counts[key]) for key in FIGURES),
        reasons=tuple(ReasonFigure(code, reason_label(code), count) for code, count in reasons),
    )


def _decided(begins: datetime, ends: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(state__in=_NOT_SENT, decided_at__gte=begins, decided_at__lt=ends)


def _planned(now: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now + HORIZON)


def listed(
    figure: str, *, day: date, clock: Clock, now: datetime, reason: str = "", after: str = ""
) -> ListedPage:
    """A page of the rows that `figure` of `day` counts; `reason` narrows `not_sent`.

    Raises ValueError for an `after` that this code did not make.
    """
    begins, ends = _bounds(day, zone=clock.zone)
    last_id = int(after) if after else 0
    if not 0 <= last_id < 2**63:
        raise ValueError(after)
    if figure in TEXT_FIGURES:
        return _listed_texts(
            Message.objects.filter(
                opened_at__gte=begins, opened_at__lt=ends, state__in=TEXT_FIGURES[figure]
            ),
            last_id=last_id,
        )
    if figure == "not_sent":
        rows = _decided(begins, ends)
        return _listed_reminders(rows.filter(reason=reason) if reason else rows, last_id=last_id)
    return _listed_reminders(_planned(now), last_id=last_id)


def _listed_texts(rows: QuerySet[Message], *, last_id: int) -> ListedPage:
    page = list(
        rows.filter(pk__gt=last_id)
        .select_related("customer", "contact_point", "template_version__template")
        .order_by("pk")[: PAGE + 1]
    )
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
        str(shown[-1].pk) if len(page) > PAGE else "",
    )


def _listed_reminders(rows: QuerySet[Reminder], *, last_id: int) -> ListedPage:
    page = list(
        rows.filter(pk__gt=last_id)
        .select_related(
            "customer",
            "instalment__loan",
            "step_version__version__policy",
            "step_version__template",
            "template",
            "requested_by",
        )
        .order_by("pk")[: PAGE + 1]
    )
    shown = page[:PAGE]
    return ListedPage(
        tuple(_listed_reminder(row) for row in shown),
        str(shown[-1].pk) if len(page) > PAGE else "",
    )


def _listed_reminder(row: Reminder) -> ListedRow:
    if row.state == ReminderState.PLANNED:
        return ListedRow(
            row.customer.customer_no,
            row.customer.name,
            row.next_attempt_at,
            row.pk,
            planned=subject_of(row),
        )
    return ListedRow(
        row.customer.customer_no,
        row.customer.name,
        row.decided_at or row.planned_at,
        row.pk,
        decided=decided_row(row, clock=person_of(row.customer).clock),
    )
