"""Delivery and cost over a range of days: sums of closed days, and the open ones counted live.

A day that is over but not counted yet is named and left out, except for the newest few: counting a
month of a big book takes longer than anybody waits for a page.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Sum

from reminders.core.spans import median_seconds
from reminders.facts.texts import TextCount, texts_between
from reminders.models import ClosedDay, DayFact, Message, Reminder, TextFact
from reminders.queries.day import HANDED_OVER, LISTED_FIGURES, NOT_SENT, bounds
from reminders.queries.formats import Clock

LIVE_DAYS_MOST = 5
"""Today, and those before it that wait for their last receipts."""


@dataclass(slots=True)
class Tally:
    """Texts by state, with parts and cost (by currency) of those that were handed over."""

    states: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    cost: dict[str, Decimal] = field(default_factory=dict)
    within: Counter[int] = field(default_factory=Counter)

    def add(self, row: TextCount) -> None:
        """Count `row` in."""
        self.states[row.state] += row.texts
        if row.within_seconds:
            self.within[row.within_seconds] += row.texts
        if row.state in HANDED_OVER:
            self.parts += row.parts
            self.cost[row.currency] = self.cost.get(row.currency, Decimal(0)) + row.cost

    def count_of(self, figure: str) -> int:
        """The texts that a figure about texts counts."""
        return sum(self.states[state] for state in LISTED_FIGURES[figure])

    @property
    def handed_over(self) -> int:
        """Texts that a gateway took, or may have taken."""
        return self.count_of("handed_over")

    @property
    def is_open(self) -> int:
        """Those of them whose outcome may still come."""
        return self.count_of("still_open")

    @property
    def median(self) -> float | None:
        """Seconds from acceptance to outcome, about."""
        return median_seconds(self.within)


Kind = str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A range of days. `by` has a tally for each (kind, key), `days` one for each day;
    `reasons` counts reminders not sent. `uncounted` days are in none of them."""

    first: date
    last: date
    by: Mapping[tuple[Kind, str], Tally]
    days: Mapping[date, Tally]
    reasons: Mapping[str, int]
    reasons_by_day: Mapping[tuple[date, str], int]
    days_by: Mapping[tuple[Kind, str, date], Tally]
    uncounted: tuple[date, ...]

    @property
    def total(self) -> Tally:
        """All texts of the range."""
        whole = Tally()
        for tally in self.days.values():
            whole.states += tally.states
            whole.within += tally.within
            whole.parts += tally.parts
            for currency, cost in tally.cost.items():
                whole.cost[currency] = whole.cost.get(currency, Decimal(0)) + cost
        return whole


def delivery(first: date, last: date, *, clock: Clock, kind: str = "", key: str = "") -> Delivery:
    """The days from `first` to `last`, at most eleven statements, however many days; with `kind`
    and `key` also that tally day by day."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    holding = ClosedDay.objects.holding(zone=clock.zone.key).filter(
        day__gte=first, day__lte=last, has_texts=True
    )
    closed = dict(holding.values_list("pk", "day"))
    open_ = sorted(set(days) - set(closed.values()), reverse=True)
    begun = _first_day(clock) if open_ else None
    open_ = [day for day in open_ if begun is not None and day >= begun]
    found = _Found(dict.fromkeys(days), {}, {}, Counter(), Counter())
    found.add(_stored(closed, days_of=(kind, key)))
    for day in open_[:LIVE_DAYS_MOST]:
        begins, ends = bounds(day, zone=clock.zone)
        live = texts_between(begins, ends)
        found.add((day, row) for row in live)
        found.add((None, row) for row in live)
        for reason, rows in (
            Reminder.objects.filter(state__in=NOT_SENT, decided_at__gte=begins, decided_at__lt=ends)
            .values_list("reason")
            .annotate(rows=Count("*"))
        ):
            found.reasons[reason] += rows
            found.reasons_by_day[day, reason] += rows
    for pk, reason, rows in DayFact.objects.filter(
        closed_day__in=closed, kind=DayFact.Kind.DECISION, state__in=NOT_SENT
    ).values_list("closed_day_id", "reason", "count"):
        found.reasons[reason] += rows
        found.reasons_by_day[closed[pk], reason] += rows
    return Delivery(
        first=first,
        last=last,
        by=found.by,
        days={day: tally or Tally() for day, tally in found.days.items()},
        reasons=found.reasons,
        reasons_by_day=found.reasons_by_day,
        days_by=found.days_by,
        uncounted=tuple(reversed(open_[LIVE_DAYS_MOST:])),
    )


@dataclass(slots=True)
class _Found:
    days: dict[date, Tally | None]
    by: dict[tuple[Kind, str], Tally]
    days_by: dict[tuple[Kind, str, date], Tally]
    reasons: Counter[str]
    reasons_by_day: Counter[tuple[date, str]]

    def add(self, rows: Iterable[tuple[date | None, TextCount]]) -> None:
        for day, row in rows:
            if day is None:  # summed over the days
                self.by.setdefault((row.kind, row.key), Tally()).add(row)
                continue
            self.days_by.setdefault((row.kind, row.key, day), Tally()).add(row)
            if row.kind == TextFact.Kind.GATEWAY:
                tally = self.days[day] = self.days[day] or Tally()
                tally.add(row)


def _stored(
    closed: Mapping[int, date], *, days_of: tuple[str, str]
) -> Iterable[tuple[date | None, TextCount]]:
    """The sums of closed days: over all of them, and day by day what is drawn or asked for."""
    rows = TextFact.objects.filter(closed_day__in=closed)
    names = ("kind", "key", "state", "currency", "within_seconds")
    sums = {"n": Sum("texts"), "p": Sum("parts"), "c": Sum("cost")}
    for row in rows.values_list(*names).annotate(**sums):
        yield None, TextCount(*row)
    daily = rows.filter(kind=TextFact.Kind.GATEWAY)
    kind, key = days_of
    if kind and kind != TextFact.Kind.GATEWAY:
        daily = daily | rows.filter(kind=kind, key=key)
    for pk, *row in daily.values_list("closed_day_id", *names, "texts", "parts", "cost"):
        yield closed[pk], TextCount(*row)


def _first_day(clock: Clock) -> date | None:
    """The day of the first text or decision ever."""
    firsts = (
        Message.objects.aggregate(at=Min("opened_at"))["at"],
        Reminder.objects.aggregate(at=Min("decided_at"))["at"],
    )
    return min((clock.date(at) for at in firsts if at is not None), default=None)
