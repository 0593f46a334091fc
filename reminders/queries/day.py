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
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from reminders.core.schedule import HORIZON, instant
from reminders.models import ClosedDay, DayFact, Message, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.queries.formats import Clock
from reminders.queries.listing import ListedPage, listed_reminders, listed_texts
from reminders.queries.places import Place
from reminders.queries.words import reason_label

TEXT_FIGURES: Mapping[str, frozenset[str]] = {
    "texts": frozenset(MessageState.values),
    "delivered": frozenset({MessageState.DELIVERED}),
    "under_way": frozenset({MessageState.SENDING, MessageState.WAITING, MessageState.ACCEPTED}),
    "undelivered": frozenset({MessageState.UNDELIVERED}),
    "unknown": frozenset({MessageState.UNKNOWN}),
    "rejected": frozenset({MessageState.REJECTED, MessageState.CANCELLED}),
}
"""Figures about texts and the states that each counts; the parts add up to `texts`."""

HANDED_OVER = frozenset(
    {
        MessageState.ACCEPTED,
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.UNKNOWN,
    }
)
"""What a gateway took, or may have taken: such texts cost what they cost."""

LISTED_FIGURES: Mapping[str, frozenset[str]] = {
    **TEXT_FIGURES,
    "handed_over": HANDED_OVER,
    "still_open": frozenset({MessageState.ACCEPTED}),
}
"""Every figure about texts whose texts can be listed; the last two count some of them again."""

NOT_SENT = (ReminderState.SKIPPED, ReminderState.EXPIRED, ReminderState.CANCELLED)
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


def bounds(day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which `day` begins and the next one does."""
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
        elif state in NOT_SENT:
            reasons[reason] += rows
    return states, reasons


def _live(day: date, *, clock: Clock) -> _Counted:
    begins, ends = bounds(day, zone=clock.zone)
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
    return Reminder.objects.filter(state__in=NOT_SENT, decided_at__gte=begins, decided_at__lt=ends)


def _planned(now: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now + HORIZON)


def listed(
    figure: str, *, day: date, clock: Clock, now: datetime, reason: str = "", after: str = ""
) -> ListedPage:
    """A page of the rows that `figure` of `day` counts, in the order of their instants;
    `reason` narrows `not_sent`.

    Raises ValueError for an `after` that this code did not make.
    """
    begins, ends = bounds(day, zone=clock.zone)
    place = Place.read(after) if after else None
    if figure in TEXT_FIGURES:
        texts = Message.objects.filter(
            opened_at__gte=begins, opened_at__lt=ends, state__in=TEXT_FIGURES[figure]
        )
        return listed_texts(texts, place=place)
    if figure == "not_sent":
        rows = _decided(begins, ends)
        rows = rows.filter(reason=reason) if reason else rows
        return listed_reminders(rows, at="decided_at", place=place)
    return listed_reminders(_planned(now), at="next_attempt_at", place=place)
