"""Borrowers whom no text can reach any more: their number was found to be dead or another's."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import ContactPoint, Loan
from accounts.models.choices import Channel, LoanStatus
from reminders.queries.codes import code_label
from reminders.queries.overdue import OverdueRow, overdue_of
from reminders.queries.places import Place

PAGE = 20
COUNTED_MOST = 200


@dataclass(frozen=True, slots=True)
class UndeliverableRow:
    """A borrower with an active loan and a number that nothing is sent to since `since`."""

    customer_no: str
    name: str
    phone: str
    reason_label: str
    since: datetime
    overdue: tuple[OverdueRow, ...]


@dataclass(frozen=True, slots=True)
class UndeliverablePage:
    """Some of them; `after` is where the next page begins, "" at the end."""

    rows: tuple[UndeliverableRow, ...]
    after: str


def undeliverable(*, now: datetime, after: str = "") -> UndeliverablePage:
    """A page of the work list, the numbers found out last first (Note [Keyset pages]).

    Raises ValueError for an `after` that this code did not make.
    """
    rows = _unusable()
    if after:
        place = Place.read(after)
        earlier = Q(unusable_since__lt=place.at) | Q(unusable_since=place.at, pk__lt=place.id)
        rows = rows.filter(earlier, unusable_since__lte=place.at)
    page = list(rows.select_related("customer").order_by("-unusable_since", "-pk")[: PAGE + 1])
    shown = page[:PAGE]
    overdue = overdue_of([point.customer_id for point in shown], now=now)
    return UndeliverablePage(
        tuple(_row(point, overdue=overdue.get(point.customer_id, ())) for point in shown),
        str(Place(_since(shown[-1]), shown[-1].pk)) if len(page) > PAGE else "",
    )


def undeliverable_count() -> int:
    """How many there are, counted up to COUNTED_MOST."""
    return _unusable()[:COUNTED_MOST].count()


def _unusable() -> QuerySet[ContactPoint]:
    """One number at most is current, so an unusable one leaves the borrower without any."""
    active = Loan.objects.filter(customer=OuterRef("customer"), status=LoanStatus.ACTIVE)
    return ContactPoint.objects.filter(
        Exists(active), channel=Channel.SMS, is_current=True, unusable_since__isnull=False
    )


def _since(point: ContactPoint) -> datetime:
    assert point.unusable_since is not None, "the list holds no others"
    return point.unusable_since


def _row(point: ContactPoint, *, overdue: tuple[OverdueRow, ...]) -> UndeliverableRow:
    return UndeliverableRow(
        customer_no=point.customer.customer_no,
        name=point.customer.name,
        phone=point.address_masked,
        reason_label=code_label(point.unusable_reason),
        since=_since(point),
        overdue=overdue,
    )
