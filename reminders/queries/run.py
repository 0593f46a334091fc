"""Today's run: what has become of the reminders of a day so far, while it goes on.

The reminders of a day are those that were decided on it and those that still wait for it. Each is
in one part, so the parts add up to them (P4, P11); the parts of those that are in a text are the
states of the text. Texts are counted apart, by gateway: one may carry several reminders (P7).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncMinute

from reminders.models import Message, Reminder
from reminders.models.choices import ReminderState
from reminders.queries.day import LISTED_FIGURES, TEXT_FIGURES, bounds
from reminders.queries.formats import Clock
from reminders.queries.listing import ListedPage, ListedRow, listed_reminders, listed_texts
from reminders.queries.places import Place
from reminders.queries.steps import BY_HAND, OF_CAMPAIGN
from reminders.queries.text_steps import step_of_text
from reminders.sql import statement

TEXT_PARTS = tuple(key for key in TEXT_FIGURES if key != "texts")
WAITING_PARTS = ("to_come", "due", "put_off")
PARTS = (*WAITING_PARTS, "not_sent", *TEXT_PARTS)
"""What can have become of a reminder, in the order of its way. They add up to `all`."""

THROUGHPUT = timedelta(hours=1)
_A_MINUTE = timedelta(minutes=1)

_PLANNED_NEXT = "planned"
"""Where the second half of the list of all begins: after what was decided, what waits."""

_PART_OF_STATE: Mapping[str, str] = {
    state: part for part in TEXT_PARTS for state in TEXT_FIGURES[part]
}


@dataclass(frozen=True, slots=True)
class Run:
    """The reminders of `day` counted by (step, part), and by (part, reason) for those parts that
    have reasons; texts of the day by (gateway, channel) and part; texts opened in each minute of
    the last hour, the oldest first; since when the oldest that is due waits."""

    day: date
    by_step: Mapping[tuple[str, str], int]
    by_reason: Mapping[tuple[str, str], int]
    texts: Mapping[tuple[str, str], Mapping[str, int]]
    minutes: tuple[tuple[datetime, int], ...]
    oldest_due_at: datetime | None

    def count_of(self, part: str) -> int:
        """Reminders in `part`; `all` for those of the day."""
        return sum(rows for (_, its), rows in self.by_step.items() if part in (its, "all"))

    @property
    def last_hour(self) -> int:
        """Texts that were opened in it."""
        return sum(rows for _minute, rows in self.minutes)


def run_of(day: date, *, clock: Clock, now: datetime) -> Run:
    """The run of `day` as it stands at `now`, in four statements."""
    begins, ends = bounds(day, zone=clock.zone)
    by_step: Counter[tuple[str, str]] = Counter()
    by_reason: Counter[tuple[str, str]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(statement("run_of_day"), {"begins": begins, "ends": ends, "now": now})
        for step, part, reason, rows in cursor.fetchall():
            key = _PART_OF_STATE.get(part, part)
            by_step[step, key] += rows
            if reason and key in ("put_off", "not_sent"):
                by_reason[key, reason] += rows
    due = Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now)
    return Run(
        day=day,
        by_step=by_step,
        by_reason=by_reason,
        texts=_texts(begins, ends),
        minutes=_minutes(now),
        oldest_due_at=due.aggregate(at=Min("next_attempt_at"))["at"],
    )


def _texts(begins: datetime, ends: datetime) -> dict[tuple[str, str], Counter[str]]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    rows = (
        Message.objects.filter(opened_at__gte=begins, opened_at__lt=ends)
        .values("gateway", "channel", "state")
        .annotate(rows=Count("*"))
    )
    for row in rows:
        parts = counted.setdefault((row["gateway"], row["channel"]), Counter())
        parts[_PART_OF_STATE[row["state"]]] += row["rows"]
    return counted


def _minutes(now: datetime) -> tuple[tuple[datetime, int], ...]:
    """The minute that runs and the 59 before it."""
    first = now.replace(second=0, microsecond=0) - THROUGHPUT + _A_MINUTE
    opened = Message.objects.filter(opened_at__gte=first, opened_at__lt=first + THROUGHPUT)
    rows = dict(
        opened.annotate(minute=TruncMinute("opened_at"))
        .values("minute")
        .annotate(rows=Count("*"))
        .values_list("minute", "rows")
    )
    minutes = (first + number * _A_MINUTE for number in range(60))
    return tuple((minute, rows.get(minute, 0)) for minute in minutes)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which reminders of a day are meant. `step`: "" for all, or a key of step_names."""

    part: str
    step: str = ""
    reason: str = ""


def run_rows(
    chosen: RunFilter, *, day: date, clock: Clock, now: datetime, after: str = ""
) -> ListedPage:
    """A page of the reminders of `day` that `chosen` counts.

    Raises ValueError for an `after` or a step that this code did not make.
    """
    begins, ends = bounds(day, zone=clock.zone)
    decided = _narrowed(
        Reminder.objects.filter(decided_at__gte=begins, decided_at__lt=ends).exclude(
            state=ReminderState.PLANNED
        ),
        chosen,
    )
    waiting = _narrowed(
        Reminder.objects.filter(
            Q(next_attempt_at__lt=ends) | Q(decided_at__gte=begins, decided_at__lt=ends),
            state=ReminderState.PLANNED,
        ),
        chosen,
    )
    if chosen.part == "all":
        return _both(decided, waiting, after=after)
    place = Place.read(after) if after else None
    if chosen.part not in WAITING_PARTS:
        if chosen.part == "not_sent":
            decided = decided.exclude(state=ReminderState.MESSAGED)
        else:
            decided = decided.filter(
                state=ReminderState.MESSAGED, message__state__in=TEXT_FIGURES[chosen.part]
            )
        return listed_reminders(decided, at="decided_at", place=place)
    if chosen.part == "due":
        waiting = waiting.filter(next_attempt_at__lte=now)
    else:
        waiting = waiting.filter(next_attempt_at__gt=now)
        waiting = (
            waiting.filter(reason="") if chosen.part == "to_come" else waiting.exclude(reason="")
        )
    return listed_reminders(waiting, at="next_attempt_at", place=place)


def _narrowed(rows: QuerySet[Reminder], chosen: RunFilter) -> QuerySet[Reminder]:
    if chosen.reason:
        rows = rows.filter(reason=chosen.reason)
    if chosen.step in (BY_HAND, OF_CAMPAIGN):
        return rows.filter(step=None, campaign__isnull=chosen.step == BY_HAND)
    return rows.filter(step=int(chosen.step)) if chosen.step else rows


def _both(decided: QuerySet[Reminder], waiting: QuerySet[Reminder], *, after: str) -> ListedPage:
    """First what was decided, then what waits: each has an order, and an index, of its own."""
    rows: tuple[ListedRow, ...] = ()
    if not after.startswith(_PLANNED_NEXT):
        place = Place.read(after) if after else None
        page = listed_reminders(decided, at="decided_at", place=place)
        if page.after:
            return page
        rows = page.rows
    rest = after.removeprefix(_PLANNED_NEXT) if after.startswith(_PLANNED_NEXT) else ""
    place = Place.read(rest) if rest else None
    page = listed_reminders(waiting, at="next_attempt_at", place=place)
    return ListedPage((*rows, *page.rows), f"{_PLANNED_NEXT}{page.after}" if page.after else "")


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Which texts are meant; what is empty narrows nothing. `state` is a figure about texts."""

    figure: str = "texts"
    gateway: str = ""
    channel: str = ""
    prefix: str | None = None
    step: str | None = None


def text_rows(
    chosen: TextFilter, *, begins: datetime, ends: datetime, after: str = ""
) -> ListedPage:
    """A page of the texts opened from `begins` to just before `ends` that `chosen` counts.

    Raises ValueError for an `after` that this code did not make.
    """
    rows = Message.objects.filter(
        opened_at__gte=begins, opened_at__lt=ends, state__in=LISTED_FIGURES[chosen.figure]
    )
    if chosen.gateway:
        rows = rows.filter(gateway=chosen.gateway)
    if chosen.channel:
        rows = rows.filter(channel=chosen.channel)
    if chosen.prefix is not None:
        rows = _with_prefix(rows, chosen.prefix)
    if chosen.step is not None:
        rows = rows.alias(step=step_of_text()).filter(step=chosen.step)
    return listed_texts(rows, place=Place.read(after) if after else None)


def _with_prefix(rows: QuerySet[Message], prefix: str) -> QuerySet[Message]:
    """Those whose masked number begins so; other channels have no such beginning."""
    if not prefix:
        return rows.exclude(channel="sms")
    begins = Q(contact_point__address_masked__startswith=f"{prefix}*")
    return rows.filter(
        begins | Q(contact_point__address_masked__startswith=f"{prefix} *"), channel="sms"
    )
