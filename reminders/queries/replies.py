"""What borrowers said on their pages, in words; and the work list of what is still to be read."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models.choices import Channel
from reminders.models import BorrowerReply
from reminders.models.choices import ReplyKind
from reminders.queries.borrower import name_of, person_of
from reminders.queries.formats import Clock

PAGE = 20
COUNTED_MOST = 1_000
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """One reply. `detail` says in words what belongs to it; `terms` are those of a plan, by the
    last day on which the money may come. `can_be_agreed`: staff may make the plan as it stands."""

    id: int
    kind: str
    kind_label: str
    comment: str
    rating: int | None
    detail: str
    currency: str
    terms: tuple[tuple[date, Decimal], ...]
    said_at: datetime
    wants_reader: bool
    read_at: datetime | None
    read_by: str
    is_agreed: bool

    @property
    def can_be_agreed(self) -> bool:
        """Whether staff may make the plan as it stands."""
        return self.kind == ReplyKind.PLAN_ASKED and self.read_at is None


@dataclass(frozen=True, slots=True)
class ListedReply:
    """A reply in the work list, and whose it is."""

    customer_no: str
    name: str
    phone: str
    clock: Clock
    reply: ReplyRow


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """Some of them; `after` is where the next page begins, "" at the end."""

    rows: tuple[ListedReply, ...]
    after: str


def reply_row(row: BorrowerReply, *, clock: Clock) -> ReplyRow:
    """`row` in words, on the borrower's clock. Who read it is asked of the database unless it was
    selected."""
    detail = row.detail
    return ReplyRow(
        id=row.pk,
        kind=row.kind,
        kind_label=str(ReplyKind(row.kind).label),
        comment=row.comment,
        rating=row.rating,
        detail=_in_words(row),
        currency=detail.get("currency", ""),
        terms=tuple(
            (clock.date(datetime.fromisoformat(due_at) - _A_MOMENT), Decimal(amount))
            for due_at, amount in detail.get("terms", ())
        ),
        said_at=row.said_at,
        wants_reader=row.wants_reader,
        read_at=row.read_at,
        read_by=name_of(row.read_by) if row.read_by_id else "",
        is_agreed=row.hold_id is not None,
    )


def _in_words(row: BorrowerReply) -> str:
    detail = row.detail
    match row.kind:
        case ReplyKind.RATED:
            return _("%(rating)s of 5") % {"rating": row.rating}
        case ReplyKind.LANGUAGE:
            return str(dict(settings.LANGUAGES).get(detail["language"], detail["language"]))
        case ReplyKind.STOPPED:
            return str(Channel(detail["channel"]).label)
        case _:
            return ""


def replies_to_read(*, after: str = "", only: int | None = None) -> ReplyPage:
    """What is still to be read, the oldest first (Note [Keyset pages]); `only` narrows it to one.

    Raises ValueError for an `after` that this code did not make.
    """
    last_id = _place(after) if after else 0
    rows = _to_read().filter(pk__gt=last_id)
    if only is not None:
        rows = rows.filter(pk=only)
    page = list(_with_people(rows).order_by("pk")[: PAGE + 1])
    return ReplyPage(_listed(page[:PAGE]), str(page[PAGE - 1].pk) if len(page) > PAGE else "")


def replies_read(*, after: str = "") -> ReplyPage:
    """What was read, the latest first, with by whom and when. Raises ValueError as above."""
    rows = BorrowerReply.objects.filter(read_at__isnull=False)
    if after:
        at, _sign, pk = after.partition("~")
        read_at, below = datetime.fromisoformat(at), _place(pk)
        if read_at.tzinfo is None:
            raise ValueError(after)
        rows = rows.filter(Q(read_at__lt=read_at) | Q(read_at=read_at, pk__lt=below))
    page = list(_with_people(rows).order_by("-read_at", "-pk")[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    place = f"{last.read_at.isoformat()}~{last.pk}" if last and last.read_at else ""
    return ReplyPage(_listed(page[:PAGE]), place)


def replies_count() -> int:
    """How many are to be read, counted up to COUNTED_MOST."""
    return _to_read()[:COUNTED_MOST].count()


def _to_read() -> QuerySet[BorrowerReply]:
    return BorrowerReply.objects.filter(wants_reader=True, read_at=None)


def _with_people(rows: QuerySet[BorrowerReply]) -> QuerySet[BorrowerReply]:
    return rows.select_related("customer", "link__contact_point", "read_by")


def _place(text: str) -> int:
    place = int(text)
    if not 0 <= place < 2**63:
        raise ValueError(text)
    return place


def _listed(rows: list[BorrowerReply]) -> tuple[ListedReply, ...]:
    found = []
    for row in rows:
        person = person_of(row.customer)
        point = row.link.contact_point
        found.append(
            ListedReply(
                customer_no=person.customer_no,
                name=person.name,
                phone=point.address_masked if point is not None else "",
                clock=person.clock,
                reply=reply_row(row, clock=person.clock),
            )
        )
    return tuple(found)
