"""What really happened, remembered apart from the tables and in another way.

Amounts are whole cents. Whatever is committed gets the next number; a question can thus be asked as
of any commit (`at`), which is how "committed before the claim" is checked (P2).
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")


class Told(Generic[T]):
    """A value that changes, with the number of the commit that changed it."""

    __slots__ = ("_values",)

    def __init__(self, first: T, *, at: int = 0) -> None:
        self._values = [(at, first)]

    def tell(self, value: T, *, at: int) -> None:
        """From commit `at` on it is this."""
        self._values.append((at, value))

    def known(self, at: int) -> T:
        """As it was when commit `at` was the newest."""
        for number, value in reversed(self._values):
            if number <= at:
                return value
        return self._values[0][1]

    @property
    def newest(self) -> T:
        """As it is."""
        return self._values[-1][1]

    def changes_after(self, at: int) -> bool:
        """Whether it changed since commit `at`."""
        return self._values[-1][0] > at


@dataclass(slots=True)
class TrueInstalment:
    """One due date: `cents` and `due_date` as the lender has them."""

    id: int
    number: int
    due_date: Told[date]
    cents: Told[int]


@dataclass(slots=True)
class TrueLoan:
    """A loan with its instalments and the payments that came in, by number."""

    id: int
    loan_no: str
    customer_id: int
    currency: str
    is_active: Told[bool]
    instalments: dict[int, TrueInstalment] = field(default_factory=dict)
    payments: dict[str, Told[tuple[int, datetime]]] = field(default_factory=dict)

    def paid(self, *, at: int, since: datetime | None = None) -> int:
        """All the cents that had come in, or those paid since an instant."""
        known = (payment.known(at) for payment in self.payments.values())
        return sum(cents for cents, paid_at in known if since is None or paid_at >= since)

    def owed(self, *, at: int) -> dict[int, int]:
        """What is open of each instalment: money fills the oldest due date first."""
        rest = self.paid(at=at)
        open_: dict[int, int] = {}
        in_order = sorted(self.instalments.values(), key=lambda i: (i.due_date.known(at), i.number))
        for item in in_order:
            cents = item.cents.known(at)
            open_[item.id] = max(0, cents - rest)
            rest = max(0, rest - cents)
        return open_


@dataclass(slots=True)
class TrueHold:
    """A time of peace: placed at commit `placed`, lifted at commit `released` if it was.

    `terms` are what was agreed, as (by when, cents); with them it holds only while what was paid
    since it began keeps up.
    """

    id: int
    placed: int
    begins: datetime
    ends: datetime | None
    loan_id: int | None
    terms: tuple[tuple[datetime, int], ...] = ()
    released: int | None = None

    def stands(self, *, at: int, now: datetime, paid: int) -> bool:
        """Whether it forbids a text; `paid` since it began, on the loans that it covers."""
        if self.placed > at or (self.released is not None and self.released <= at):
            return False
        if now < self.begins or (self.ends is not None and now >= self.ends):
            return False
        if not self.terms:
            return True
        promised = 0
        for by, cents in self.terms:
            promised += cents
            if by <= now and paid < promised:
                return False  # broken
        return paid < promised  # else kept, and over


@dataclass(slots=True)
class Person:
    """A borrower as the world knows them."""

    id: int
    customer_no: str
    zones: tuple[ZoneInfo, ...]
    has_number: Told[bool]
    refuses: Told[bool]
    learns: Told[bool]
    loans: dict[int, TrueLoan] = field(default_factory=dict)
    holds: list[TrueHold] = field(default_factory=list)
    number_works: bool = True
    is_readable: bool = True
    pays_after_texts: float = 0.0

    def instalment(self, instalment_id: int) -> tuple[TrueLoan, TrueInstalment]:
        """One of theirs with its loan. Raises KeyError for somebody else's."""
        for loan in self.loans.values():
            if instalment_id in loan.instalments:
                return loan, loan.instalments[instalment_id]
        raise KeyError(instalment_id)

    def in_peace(self, loan: TrueLoan, *, at: int, now: datetime) -> bool:
        """Whether a hold forbids to speak of this loan."""
        return any(
            hold.stands(at=at, now=now, paid=self.paid(hold.loan_id, at=at, since=hold.begins))
            for hold in self.holds
            if hold.loan_id in (None, loan.id)
        )

    def paid(self, loan_id: int | None, *, at: int, since: datetime) -> int:
        """The cents paid since an instant on one loan, or on all."""
        return sum(
            loan.paid(at=at, since=since)
            for loan in self.loans.values()
            if loan_id in (None, loan.id)
        )


@dataclass(frozen=True, slots=True)
class StepInTruth:
    """A step as it was published: enough to say when it speaks and until when it is true."""

    key: str
    offset_days: int
    local_time: time
    valid_until_offset_days: int


@dataclass(slots=True)
class Reign:
    """The time in which some steps were in force. `ends` None: still."""

    begins: datetime
    steps: tuple[StepInTruth, ...]
    ends: datetime | None = None

    def covers(self, begins: datetime, ends: datetime) -> bool:
        """Whether nothing was published between the two."""
        return self.begins <= begins and (self.ends is None or ends <= self.ends)


@dataclass(slots=True)
class TrueCampaign:
    """A lesson as it was published, and when it was in force. `is_for_all`: for every tier, with
    no bound of borrowers a day."""

    first_day: date
    last_day: date
    local_time: time
    only_punctual: bool
    is_for_all: bool
    in_force: Told[bool] = field(default_factory=lambda: Told(False))
    reigns: list[Reign] = field(default_factory=list)

    def begin(self, now: datetime, *, at: int) -> None:
        """Published with commit `at`."""
        self.in_force.tell(True, at=at)
        self.reigns.append(Reign(now, ()))

    def end(self, now: datetime, *, at: int) -> None:
        """Stopped with commit `at`."""
        self.in_force.tell(False, at=at)
        self.reigns[-1].ends = now


class Truth:
    """Everybody, and the number of the newest commit."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.campaigns: dict[int, TrueCampaign] = {}
        self._committed_at: list[datetime] = []
        self.fed_at: Told[datetime | None] = Told(None)
        self.version_in_force: Told[int | None] = Told(None)

    @property
    def commits(self) -> int:
        """The number of the newest commit."""
        return len(self._committed_at)

    def commit(self, now: datetime) -> int:
        """The number of what is being committed."""
        self._committed_at.append(now)
        return self.commits

    def as_of(self, at: datetime) -> int:
        """The number of the newest commit at that instant."""
        return bisect_right(self._committed_at, at)

    def loans(self) -> Iterator[tuple[Person, TrueLoan]]:
        """Every loan with its borrower."""
        for person in self.people.values():
            for loan in person.loans.values():
                yield person, loan
