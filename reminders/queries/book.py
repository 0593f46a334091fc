"""Collections results: who is late, who gets out of it, and how due months are paid."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.core.instalments import BUCKET_EDGES
from accounts.models import Instalment, Loan
from accounts.models.choices import LoanStatus
from reminders.core.months import last_of
from reminders.core.schedule import instant
from reminders.models import CohortFact, LateLoan, MonthEnd
from reminders.sql import statement

BUCKETS = len(BUCKET_EDGES) + 1
CURRENT = -1
"""The number of the bucket of what is not overdue."""

PAGE = 50


@dataclass(frozen=True, slots=True)
class LateNow:
    """Loans in one bucket today, and what is overdue on them by currency."""

    loans: int
    overdue: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan behind a figure, and whose it is; days past due where they say something."""

    customer_no: str
    name: str
    loan_no: str
    days: int | None = None
    due_date: date | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoanPage:
    """Some of them; `after` is where the next page begins, "" at the end."""

    rows: tuple[LoanRow, ...]
    after: str


def bucket_label(bucket: int) -> str:
    """`M0`, `M1` … `M6+`."""
    return f"M{bucket}+" if bucket == BUCKETS - 1 else f"M{bucket}"


def active_loans() -> int:
    """Loans that are active."""
    return Loan.objects.filter(status=LoanStatus.ACTIVE).count()


def late_now(today: date) -> dict[int, LateNow]:
    """Active loans that are overdue today, by bucket; those that hold none are there as well."""
    loans: Counter[int] = Counter()
    overdue: dict[int, dict[str, Decimal]] = {number: {} for number in range(BUCKETS)}
    sql = statement("late_now_by_bucket").format(late_now=statement("late_now"))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"today": today, "edges": list(BUCKET_EDGES)})
        for bucket, currency, count, amount in cursor.fetchall():
            loans[bucket] += count
            overdue[bucket][currency] = amount
    return {number: LateNow(loans[number], overdue[number]) for number in range(BUCKETS)}


def late_now_rows(bucket: int, *, today: date, after: str = "") -> LoanPage:
    """A page of the loans in a bucket today. Raises ValueError for an `after` not of ours."""
    sql = statement("late_now_rows").format(late_now=statement("late_now"))
    parameters: dict[str, Any] = {"today": today, "edges": list(BUCKET_EDGES), "bucket": bucket}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "after": _place(after), "limit": PAGE + 1})
        days = dict(cursor.fetchall())
    return _page(list(days), days=days)


def late_then_rows(bucket: int, *, day: date, after: str = "") -> LoanPage:
    """A page of the loans in a bucket at the end of a month. Raises ValueError as above."""
    rows = LateLoan.objects.filter(month_end__day=day, bucket=bucket, loan__gt=_place(after))
    days = dict(rows.order_by("loan").values_list("loan_id", "days_past_due")[: PAGE + 1])
    return _page(list(days), days=days)


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of months, the newest first, with the loans late then by (day, bucket)."""

    ends: Sequence[MonthEnd]
    late: Mapping[tuple[date, int], int]


def month_ends(count: int) -> Ends:
    """The newest `count` ends of months that were counted, in two statements."""
    ends = list(MonthEnd.objects.order_by("-day")[:count])
    rows = (
        LateLoan.objects.filter(month_end__in=ends)
        .values_list("month_end__day", "bucket")
        .annotate(rows=Count("*"))
    )
    return Ends(ends, {(day, bucket): number for day, bucket, number in rows})


def roll(before: MonthEnd, after: MonthEnd) -> dict[tuple[int, int], int]:
    """Loans by (bucket before, bucket after); those that were not there before are left out."""
    moved: Counter[tuple[int, int]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            statement("roll"), {"before": before.pk, "after": after.pk, "day": before.day}
        )
        for was, is_now, loans in cursor.fetchall():
            moved[was, is_now] += loans
    late_before = sum(rows for (was, _), rows in moved.items() if was != CURRENT)
    gone_late = sum(rows for (was, _), rows in moved.items() if was == CURRENT)
    moved[CURRENT, CURRENT] = before.loans - late_before - gone_late
    return dict(moved)


def roll_rows(
    was: int, is_now: int, *, before: MonthEnd, after: MonthEnd, zone: ZoneInfo, place: str = ""
) -> LoanPage:
    """A page of the loans that `roll` counts in one cell. Raises ValueError as above."""
    late_before = LateLoan.objects.filter(month_end=before, loan=OuterRef("pk"))
    late_after = LateLoan.objects.filter(month_end=after, loan=OuterRef("pk"))
    loans = Loan.objects.filter(pk__gt=_place(place))
    if was == CURRENT:
        ends = instant(before.day + timedelta(days=1), time(0), zone=zone)
        open_then = Instalment.objects.filter(loan=OuterRef("pk")).filter(
            Q(settled_at=None) | Q(settled_at__gte=ends)
        )
        loans = loans.filter(~Exists(late_before), Exists(open_then), opened_on__lte=before.day)
        loans = loans.exclude(status=LoanStatus.CLOSED)
    else:
        loans = loans.filter(Exists(late_before.filter(bucket=was)))
    if is_now == CURRENT:
        loans = loans.filter(~Exists(late_after))
    else:
        loans = loans.filter(Exists(late_after.filter(bucket=is_now)))
    return _page(list(loans.order_by("pk").values_list("pk", flat=True)[: PAGE + 1]), days={})


def cohorts(count: int) -> dict[date, list[CohortFact]]:
    """The newest `count` due months that were counted, the newest first, each by days after."""
    months = list(
        CohortFact.objects.order_by("-due_month")
        .values_list("due_month", flat=True)
        .distinct()[:count]
    )
    found: dict[date, list[CohortFact]] = {month: [] for month in months}
    for fact in CohortFact.objects.filter(due_month__in=months).order_by("after_days"):
        found[fact.due_month].append(fact)
    return found


def cohort_rows(month: date, *, after_days: int, zone: ZoneInfo, after: str = "") -> LoanPage:
    """A page of the instalments that were unpaid so many days after. Raises ValueError as above."""
    dates = [month + timedelta(days=number) for number in range(last_of(month).day)]
    day, _sign, pk = after.partition("~")
    after_date = date.fromisoformat(day) if after else month
    with connection.cursor() as cursor:
        cursor.execute(
            statement("cohort_rows"),
            {
                "dates": dates,
                "ends": [
                    instant(due + timedelta(days=after_days + 1), time(0), zone=zone)
                    for due in dates
                ],
                "after_date": after_date,
                "after_id": _place(pk),
                "limit": PAGE + 1,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
    rows = Instalment.objects.select_related("loan__customer").in_bulk(ids[:PAGE])
    shown = [rows[pk] for pk in ids[:PAGE]]
    return LoanPage(
        tuple(
            LoanRow(
                row.loan.customer.customer_no,
                row.loan.customer.name,
                f"{row.loan.loan_no}/{row.seq}",
                due_date=row.due_date,
                settled_at=row.settled_at,
            )
            for row in shown
        ),
        f"{shown[-1].due_date}~{shown[-1].pk}" if len(ids) > PAGE else "",
    )


def _place(text: str) -> int:
    place = int(text) if text else 0
    if not 0 <= place < 2**63:
        raise ValueError(text)
    return place


def _page(ids: list[int], *, days: Mapping[int, int]) -> LoanPage:
    rows: QuerySet[Loan, Any] = Loan.objects.select_related("customer")
    found = rows.in_bulk(ids[:PAGE])
    return LoanPage(
        tuple(
            LoanRow(
                found[pk].customer.customer_no,
                found[pk].customer.name,
                found[pk].loan_no,
                days=days.get(pk),
            )
            for pk in ids[:PAGE]
        ),
        str(ids[PAGE - 1]) if len(ids) > PAGE else "",
    )
