"""Rows by state, for the gauges that operators watch: sums of closed days, the others live."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum

from reminders.models import ClosedDay, DayFact, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.sql import statement

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ByState:
    """How many messages and reminders there are in each state; all states are there."""

    messages: Mapping[str, int]
    reminders: Mapping[str, int]


def rows_by_state() -> ByState:
    """All rows by state, in four statements. What changes while it counts may be missed or counted
    twice, once."""
    days = ClosedDay.objects.holding(zone=settings.TIME_ZONE)
    sums: dict[str, Counter[str]] = {kind.value: Counter() for kind in DayFact.Kind}
    facts = DayFact.objects.filter(closed_day__in=days).values("kind", "state")
    for kind, state, rows in facts.annotate(rows=Sum("count")).values_list("kind", "state", "rows"):
        sums[kind][state] += rows
    spans = _open_spans(days)
    with connection.cursor() as cursor:
        cursor.execute(
            statement("count_open_days"),
            {"begins": [begins for begins, _ in spans], "ends": [ends for _, ends in spans]},
        )
        for kind, state, rows in cursor.fetchall():
            sums[kind][state] += rows
    planned = Reminder.objects.filter(state=ReminderState.PLANNED).count()
    return ByState(
        messages=dict.fromkeys(MessageState.values, 0) | sums[DayFact.Kind.TEXT],
        reminders=dict.fromkeys(ReminderState.values, 0)
        | sums[DayFact.Kind.DECISION]
        | {ReminderState.PLANNED.value: planned},
    )


def _open_spans(days: QuerySet[ClosedDay]) -> list[tuple[datetime, datetime]]:
    """What lies before, between and after these days."""
    spans = []
    reached = _FIRST
    for begins, ends in days.order_by("begins_at").values_list("begins_at", "ends_at"):
        if begins > reached:
            spans.append((reached, begins))
        reached = ends
    return [*spans, (reached, _LAST)]
