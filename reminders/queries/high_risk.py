"""Borrowers at high risk before something falls due: whom a call may still help.

One row is a borrower and a day on which something is due. The days are those of staff's clock. Each
day is asked for apart, soonest first, until the page is full: so no page reads more than its days.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import Q

from accounts.models import Customer, Hold, Instalment, Loan, RiskAssessment
from accounts.models.choices import HoldKind, LoanStatus
from accounts.risk.words import explain
from reminders.models import Reminder
from reminders.models.choices import ReminderState
from reminders.queries.past import Subject, subject_of, with_subjects
from reminders.queries.places import ID_MAX
from reminders.queries.promises_due import phones_of
from reminders.sql import statement

PAGE = 20
COUNTED_MOST = 200
_MOST = Decimal(10) ** 17
"""Amounts have eighteen digits, two of them behind the point."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """One open instalment."""

    loan_no: str
    seq: int
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A reminder that is planned, and when it will be looked at."""

    at: datetime
    subject: Subject


@dataclass(frozen=True, slots=True)
class HighRiskRow:
    """A borrower, what is due on one day, why the risk is high, what is planned within 48 hours,
    and the holds that stop it."""

    customer_no: str
    name: str
    phone: str
    day: date
    in_days: int
    due: tuple[DueRow, ...]
    reasons: tuple[str, ...]
    planned: tuple[PlannedRow, ...]
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HighRiskPage:
    """Some of them; `after` is where the next page begins, "" at the end."""

    rows: tuple[HighRiskRow, ...]
    after: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A row, by what the list is ordered by."""

    day: date
    largest: Decimal
    instalment_id: int

    @classmethod
    def read(cls, text: str) -> "_Place":
        """The place that was written as `text`. Raises ValueError."""
        day, _, rest = text.partition("~")
        cents, _, pk = rest.partition("~")
        place = cls(date.fromisoformat(day), Decimal(int(cents)) / 100, int(pk))
        if not (0 <= place.instalment_id <= ID_MAX and 0 <= place.largest <= _MOST):
            raise ValueError(text)
        return place

    def __str__(self) -> str:
        return f"{self.day.isoformat()}~{int(self.largest * 100)}~{self.instalment_id}"


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a row stands, whose it is, and all that is due to be shown in it."""

    place: _Place
    customer_id: int
    due: tuple[DueRow, ...]


def high_risk_due(*, today: date, now: datetime, after: str = "") -> HighRiskPage:
    """A page of the work list, what is due soonest first and on a day the largest amount
    (Note [Keyset pages]). Raises ValueError for an `after` that this code did not make.
    """
    begin = _Place.read(after) if after else _Place(today, _MOST, ID_MAX)
    found: list[_Found] = []
    day = max(begin.day, today)
    while day <= _last_day(today) and len(found) <= PAGE:
        first = begin if day == begin.day else _Place(day, _MOST, ID_MAX)
        found += _of_day(first, most=PAGE + 1 - len(found))
        day += timedelta(days=1)
    shown = found[:PAGE]
    return HighRiskPage(
        _rows(shown, today=today, now=now), str(shown[-1].place) if len(found) > PAGE else ""
    )


def high_risk_count(*, today: date) -> int:
    """How many there are, counted up to COUNTED_MOST."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("count_high_risk_due"),
            {"first_day": today, "last_day": _last_day(today), "most": COUNTED_MOST},
        )
        return int(cursor.fetchone()[0])


def _last_day(today: date) -> date:
    return today + timedelta(days=settings.HIGH_RISK_DAYS)


def _of_day(begin: _Place, *, most: int) -> list[_Found]:
    """The borrowers below `begin`, each at the largest instalment that they owe on that day."""
    found: list[_Found] = []
    while len(found) < most:
        places = _places(begin, most=most)
        owed = _owed(set(places.values()), day=begin.day)
        for place, customer_id in places.items():
            theirs = owed[customer_id]
            if theirs and place.instalment_id == max(theirs, key=_size).pk:
                found.append(_Found(place, customer_id, tuple(map(_due_row, theirs))))
        if len(places) < most:
            break
        begin = list(places)[-1]
    return found[:most]


def _places(below: _Place, *, most: int) -> dict[_Place, int]:
    """Instalments, and whose they are: who owes several on the day comes several times."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("high_risk_due"),
            {
                "day": below.day,
                "largest": below.largest,
                "below": below.instalment_id,
                "most": most,
            },
        )
        return {
            _Place(below.day, amount, pk): customer_id
            for pk, customer_id, amount in cursor.fetchall()
        }


def _owed(customer_ids: set[int], *, day: date) -> dict[int, list[Instalment]]:
    """What each of them owes on that day, by their loans: asked for in one statement, PostgreSQL
    would read everything that falls due on it."""
    loans = Loan.objects.filter(customer__in=customer_ids, status=LoanStatus.ACTIVE).in_bulk()
    rows = Instalment.objects.filter(loan__in=loans, settled_at__isnull=True, due_date=day)
    found: dict[int, list[Instalment]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (loans[row.loan_id].loan_no, row.seq)):
        row.loan = loans[row.loan_id]
        found[row.loan.customer_id].append(row)
    return found


def _size(row: Instalment) -> tuple[Decimal, int]:
    return row.amount_due - row.paid, row.pk


def _due_row(row: Instalment) -> DueRow:
    return DueRow(row.loan.loan_no, row.seq, row.loan.currency, row.amount_due - row.paid)


def _rows(found: list[_Found], *, today: date, now: datetime) -> tuple[HighRiskRow, ...]:
    """Each borrower with what belongs to them, in a fixed number of statements."""
    ids = [one.customer_id for one in found]
    customers = Customer.objects.in_bulk(ids)
    reasons = dict(
        RiskAssessment.objects.filter(customer__in=ids).values_list("customer_id", "reasons")
    )
    phones, planned, holds = phones_of(ids), _planned(ids), _holds(ids, now=now)
    return tuple(
        HighRiskRow(
            customer_no=customers[one.customer_id].customer_no,
            name=customers[one.customer_id].name,
            phone=phones.get(one.customer_id, ""),
            day=one.place.day,
            in_days=(one.place.day - today).days,
            due=one.due,
            reasons=tuple(explain(reasons.get(one.customer_id, ()))),
            planned=tuple(planned[one.customer_id]),
            holds=tuple(holds[one.customer_id]),
        )
        for one in found
    )


def _planned(customer_ids: list[int]) -> dict[int, list[PlannedRow]]:
    found: dict[int, list[PlannedRow]] = defaultdict(list)
    rows = Reminder.objects.filter(customer__in=customer_ids, state=ReminderState.PLANNED)
    for row in with_subjects(rows).order_by("next_attempt_at", "pk"):
        found[row.customer_id].append(PlannedRow(row.next_attempt_at, subject_of(row)))
    return found


def _holds(customer_ids: list[int], *, now: datetime) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = Hold.objects.filter(
        Q(until_at=None) | Q(until_at__gt=now),
        customer__in=customer_ids,
        released_at=None,
        from_at__lte=now,
    )
    for customer_id, kind in rows.order_by("pk").values_list("customer_id", "kind"):
        found[customer_id].append(str(HoldKind(kind).label))
    return found
