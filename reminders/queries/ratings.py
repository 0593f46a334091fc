"""How borrowers rate what they get, by week and by step, and what they say with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from reminders.core.effect import Share
from reminders.core.schedule import instant
from reminders.models import BorrowerReply, Message
from reminders.models.choices import ReplyKind
from reminders.queries.places import Place
from reminders.queries.text_steps import step_of_text

PAGE = 50
WEEKS = 13
SATISFIED_FROM = 4
"""Of five: a four or a five counts as satisfied."""


@dataclass(frozen=True, slots=True)
class Rated:
    """Ratings that share a week or a step: how many were satisfied, and all stars together."""

    satisfied: Share
    stars: int

    @property
    def mean(self) -> float:
        """From 1 to 5. Raises ZeroDivisionError where there is no rating."""
        return self.stars / self.satisfied.of


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One rating, and whose it is."""

    customer_no: str
    name: str
    said_at: datetime
    rating: int
    comment: str


@dataclass(frozen=True, slots=True)
class RatingPage:
    """Some of them, newest first; `after` is where the next page begins, "" at the end."""

    rows: tuple[RatingRow, ...]
    after: str


def first_week(*, now: datetime, zone: ZoneInfo) -> date:
    """The Monday with which the quarter begins that is looked at."""
    today = now.astimezone(zone).date()
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def ratings_by_week(*, now: datetime, zone: ZoneInfo) -> Mapping[date, Rated]:
    """The quarter by weeks, which begin on Monday, the oldest first."""
    rows = (
        _ratings(now=now, zone=zone)
        .annotate(week=TruncWeek("said_at", tzinfo=zone))
        .values("week")
        .annotate(of=Count("*"), hits=_SATISFIED, stars=Sum("rating"))
        .order_by("week")
        .values_list("week", "hits", "of", "stars")
    )
    return {week.date(): Rated(Share(hits, of), stars) for week, hits, of, stars in rows}


def ratings_by_step(*, now: datetime, zone: ZoneInfo) -> Mapping[str, Rated]:
    """The quarter by the step of the text that held the link: "by_hand" or "campaign" where
    none speaks, "" for links that staff handed over. In two statements."""
    rows = (
        _ratings(now=now, zone=zone)
        .values("link__message")
        .annotate(of=Count("*"), hits=_SATISFIED, stars=Sum("rating"))
        .values_list("link__message", "hits", "of", "stars")
    )
    counted = {message: numbers for message, *numbers in rows}
    texts = Message.objects.filter(pk__in=[pk for pk in counted if pk is not None])
    steps = dict(_with_step(texts).values_list("pk", "step"))
    sums: dict[str, list[int]] = {}
    for message, numbers in counted.items():
        key = steps.get(message, "") if message is not None else ""
        sums[key] = [a + b for a, b in zip(sums.get(key, [0, 0, 0]), numbers, strict=True)]
    return {key: Rated(Share(hits, of), stars) for key, (hits, of, stars) in sums.items()}


@dataclass(frozen=True, slots=True)
class RatingFilter:
    """Which ratings are meant; None and False narrow nothing."""

    week: date | None = None
    step: str | None = None
    with_comment: bool = False


def rating_rows(
    chosen: RatingFilter, *, now: datetime, zone: ZoneInfo, after: str = "", most: int = PAGE
) -> RatingPage:
    """A page of ratings, newest first. Raises ValueError for an `after` not of ours."""
    rows = _ratings(now=now, zone=zone)
    if chosen.week is not None:
        begins, ends = (
            instant(day, time(0), zone=zone)
            for day in (chosen.week, chosen.week + timedelta(days=7))
        )
        rows = rows.filter(said_at__gte=begins, said_at__lt=ends)
    if chosen.with_comment:
        rows = rows.exclude(comment="")
    if chosen.step == "":
        rows = rows.filter(link__message=None)
    elif chosen.step is not None:
        texts = Message.objects.filter(pk__in=rows.values("link__message"))
        rows = rows.filter(
            link__message__in=list(
                _with_step(texts).filter(step=chosen.step).values_list("pk", flat=True)
            )
        )
    if after:
        place = Place.read(after)
        rows = rows.filter(Q(said_at__lt=place.at) | Q(said_at=place.at, pk__lt=place.id))
    page = list(rows.select_related("customer").order_by("-said_at", "-pk")[: most + 1])
    shown = page[:most]
    return RatingPage(
        tuple(
            RatingRow(
                row.customer.customer_no,
                row.customer.name,
                row.said_at,
                row.rating or 0,
                row.comment,
            )
            for row in shown
        ),
        str(Place(shown[-1].said_at, shown[-1].pk)) if len(page) > most else "",
    )


_SATISFIED = Count("pk", filter=Q(rating__gte=SATISFIED_FROM))


def _with_step(texts: QuerySet[Message]) -> QuerySet[Any]:
    return texts.annotate(step=step_of_text())


def _ratings(*, now: datetime, zone: ZoneInfo) -> QuerySet[BorrowerReply]:
    begins = instant(first_week(now=now, zone=zone), time(0), zone=zone)
    return BorrowerReply.objects.filter(kind=ReplyKind.RATED, said_at__gte=begins)
