"""Promises to pay whose day has come or passed and that are not kept: whom to call today.

Note [Today where they live]
A promise ends when its day ends where the borrower lives. So one that ends within 24 hours is one
of today there, whatever the zone; on the one day of a year that has 25 hours it is listed an hour
later.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from accounts.core.vocabulary import Channel
from accounts.models import ContactPoint, Hold, Loan
from accounts.models.choices import LoanStatus
from reminders.queries.borrower import name_of, person_of
from reminders.queries.places import ID_MAX, Place
from reminders.sql import statement

PAGE = 20
COUNTED_MOST = 200
LOOKS_BACK = timedelta(days=30)
"""What was promised longer ago is no work of today: its overdue reminders have gone on since."""

_A_DAY = timedelta(days=1)
_A_MOMENT = timedelta(microseconds=1)
_END = Place(datetime(9999, 1, 1, tzinfo=UTC), ID_MAX)


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise. `day` is the one by whose end the money was to come, where the borrower lives;
    `is_over` when that is past. `amount` is None where none was named, `currency` empty where the
    loans that it covers have several."""

    hold_id: int
    customer_no: str
    name: str
    phone: str
    loan_nos: tuple[str, ...]
    currency: str
    amount: Decimal | None
    paid: Decimal
    day: date
    is_over: bool
    days_over: int
    reason: str
    placed_by: str
    placed_at: datetime

    @property
    def missing(self) -> Decimal | None:
        """What is still to come; None where no amount was named."""
        return None if self.amount is None else self.amount - self.paid


@dataclass(frozen=True, slots=True)
class PromisePage:
    """Some of them; `after` is where the next page begins, "" at the end."""

    rows: tuple[PromiseRow, ...]
    after: str


def promises_due(*, now: datetime, after: str = "") -> PromisePage:
    """A page of the work list, those of today first and then the days before (Note [Keyset pages]).

    Raises ValueError for an `after` that this code did not make.
    """
    place = Place.read(after) if after else _END
    with connection.cursor() as cursor:
        cursor.execute(
            statement("promises_due"),
            {**_window(now), "at": place.at, "below": place.id, "most": PAGE + 1},
        )
        paid: dict[int, Decimal] = dict(cursor.fetchall())
    holds = Hold.objects.select_related("customer", "placed_by").in_bulk(list(paid))
    page = [holds[pk] for pk in paid if pk in holds]
    shown = page[:PAGE]
    customer_ids = [hold.customer_id for hold in shown]
    phones = phones_of(customer_ids)
    loans = _loans_of(customer_ids)
    rows = tuple(
        _row(
            hold,
            paid=paid[hold.pk],
            phone=phones.get(hold.customer_id, ""),
            loans=loans[hold.customer_id],
            now=now,
        )
        for hold in shown
    )
    return PromisePage(rows, _place_of(shown[-1]) if len(page) > PAGE else "")


def promises_due_count(*, now: datetime) -> int:
    """How many there are, counted up to COUNTED_MOST."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("count_promises_due").format(promises_due=statement("promises_due")),
            {**_window(now), "at": _END.at, "below": _END.id, "most": COUNTED_MOST},
        )
        return int(cursor.fetchone()[0])


def _window(now: datetime) -> dict[str, datetime]:
    """See Note [Today where they live]."""
    return {"since": now - LOOKS_BACK, "until": now + _A_DAY}


def _place_of(hold: Hold) -> str:
    assert hold.until_at is not None, "a promise has a date"
    return str(Place(hold.until_at, hold.pk))


def phones_of(customer_ids: list[int]) -> dict[int, str]:
    """The masked number that texts go to, by customer."""
    return dict(
        ContactPoint.objects.filter(
            customer__in=customer_ids, channel=Channel.SMS.value, is_current=True
        ).values_list("customer_id", "address_masked")
    )


def _loans_of(customer_ids: list[int]) -> dict[int, list[Loan]]:
    found: dict[int, list[Loan]] = defaultdict(list)
    rows = Loan.objects.filter(customer__in=customer_ids, status=LoanStatus.ACTIVE)
    for loan in rows.order_by("loan_no"):
        found[loan.customer_id].append(loan)
    return found


def _row(hold: Hold, *, paid: Decimal, phone: str, loans: list[Loan], now: datetime) -> PromiseRow:
    assert hold.until_at is not None, "a promise has a date"
    person = person_of(hold.customer)
    covered = [loan for loan in loans if hold.loan_id in (None, loan.pk)]
    currencies = {loan.currency for loan in covered}
    day = person.clock.date(hold.until_at - _A_MOMENT)
    return PromiseRow(
        hold_id=hold.pk,
        customer_no=person.customer_no,
        name=person.name,
        phone=phone,
        loan_nos=tuple(loan.loan_no for loan in covered),
        currency=currencies.pop() if len(currencies) == 1 else "",
        amount=hold.amount,
        paid=paid,
        day=day,
        is_over=hold.until_at <= now,
        days_over=max((person.clock.date(now) - day).days, 0),
        reason=hold.reason,
        placed_by=name_of(hold.placed_by),
        placed_at=hold.placed_at,
    )
