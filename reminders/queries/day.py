"""One day in figures, and the rows behind each figure (P11).

A day is that of the clock which staff pages show (TIME_ZONE). A text belongs to the day on which
its message was opened, a decision to the day on which it was made; "planned" is what will be
looked at within the horizon from now, whatever day is shown. Figures of closed days are sums
that were counted once (Note [Closed days]); those of other days are counted live.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from reminders.core.schedule import HORIZON, instant
from reminders.models import ClosedDay, DayFact, Message, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.queries.borrower import person_of
from reminders.queries.formats import Clock
from reminders.queries.messages import MessageRow, message_rows
from reminders.queries.past import DecidedRow, Subject, decided_row, subject_of
from reminders.queries.places import Place
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
    """The figures of `day` on `clock`, in two statements for a closed day and four for others."""
    states, reasons = _closed(day, clock=clock) or _live(day, clock=clock)
    counts = {
        **{
            key: sum(states.get(state, 0) for state in wanted)
            for key, wanted in TEXT_FIGURES.items()
        },
        "not_sent": reasons.total(),
        "planned": _planned(now).count(),
    }
    in_order = sorted(reasons.items(), key=lambda row: (-row[1], row[0]))
    return DayFigures(
        day=day,
        figures=tuple(Figure(key, counts[key]) for key in FIGURES),
        reasons=tuple(ReasonFigure(code, reason_label(code), rows) for code, rows in in_order),
    )


_Counted = tuple[Counter[str], Counter[str]]
"""Texts by state, and reminders not sent by reason."""


def _closed(day: date, *, clock: Clock) -> _Counted | None:
    """What was counted of a closed day; None for another."""
    facts = list(
        ClosedDay.objects.holding(zone=clock.zone.key)
        .filter(day=day)
        .values_list("facts__kind", "facts__state", "facts__reason", "facts__count")
    )
    if not facts:
        return None
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for kind, state, reason, rows in facts:
        if kind == DayFact.Kind.TEXT:
            states[state] += rows
        elif state in _NOT_SENT:
            reasons[reason] += rows
    return states, reasons


def _live(day: date, *, clock: Clock) -> _Counted:
    begins, ends = _bounds(day, zone=clock.zone)
    texts = Message.objects.filter(opened_at__gte=begins, opened_at__lt=ends)
    return (
        Counter(dict(texts.values("state").annotate(rows=Count("*")).values_list("state", "rows"))),
        Counter(
            dict(
                _decided(begins, ends)
                .values("reason")
                .annotate(rows=Count("*"))
                .values_list("reason", "rows")
            )
        ),
    )


def _decided(begins: datetime, ends: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(state__in=_NOT_SENT, decided_at__gte=begins, decided_at__lt=ends)


def _planned(now: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now + HORIZON)


def listed(
    figure: str, *, day: date, clock: Clock, now: datetime, reason: str = "", after: str = ""
) -> ListedPage:
    """A page of the rows that `figure` of `day` counts, in the order of their instants;
    `reason` narrows `not_sent`.

    Raises ValueError for an `after` that this code did not make.
    """
    begins, ends = _bounds(day, zone=clock.zone)
    place = Place.read(after) if after else None
    if figure in TEXT_FIGURES:
        texts = Message.objects.filter(
            opened_at__gte=begins, opened_at__lt=ends, state__in=TEXT_FIGURES[figure]
        )
        return _listed_texts(texts, place=place)
    if figure == "not_sent":
        rows = _decided(begins, ends)
        rows = rows.filter(reason=reason) if reason else rows
        return _listed_reminders(rows, at="decided_at", place=place)
    return _listed_reminders(_planned(now), at="next_attempt_at", place=place)


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


def _listed_texts(rows: QuerySet[Message], *, place: Place | None) -> ListedPage:
    page = list(
        Message.objects.filter(pk__in=_first(rows, at="opened_at", place=place))
        .select_related("customer", "contact_point", "template_version__template")
        .order_by("opened_at", "pk")
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
        str(Place(shown[-1].opened_at, shown[-1].pk)) if len(page) > PAGE else "",
    )


def _listed_reminders(rows: QuerySet[Reminder], *, at: str, place: Place | None) -> ListedPage:
    page = list(
        Reminder.objects.filter(pk__in=_first(rows, at=at, place=place))
        .select_related(
            "customer",
            "instalment__loan",
            "step_version__version__policy",
            "step_version__template",
            "template",
            "campaign__template",
            "requested_by",
        )
        .order_by(at, "pk")
    )
    shown = page[:PAGE]
    return ListedPage(
        tuple(_listed_reminder(row) for row in shown),
        str(Place(getattr(shown[-1], at), shown[-1].pk)) if len(page) > PAGE else "",
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
