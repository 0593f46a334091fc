"""A borrower's own page: what is due, what can be done about it, and what they said."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings

from accounts.core.arrangements import Term
from accounts.core.money import ZERO
from accounts.core.plans import counts_for, monthly_terms
from accounts.core.vocabulary import HoldKind
from reminders.core.schedule import instant
from reminders.core.wording import short_name
from reminders.models import BorrowerLink, BorrowerReply
from reminders.queries.borrower import BorrowerSheet, HoldRow, Person, borrower_sheet, person_of
from reminders.queries.loans import LoanRow
from reminders.queries.replies import ReplyRow, reply_row

DUE_SOON_DAYS = 7
"""What falls due within these days may be paid by instalments; the first is due in so many days."""

SAID_SHOWN = 5
REPLIES_LOOKED_AT = 50
_HIDDEN_FRONT = "…"


@dataclass(frozen=True, slots=True)
class DueRow:
    """One instalment that is overdue or due today."""

    loan_ending: str
    due_date: date
    outstanding: Decimal
    days_late: int


@dataclass(frozen=True, slots=True)
class DueNow:
    """What is due in one currency. `total` is without the penalty interest, which is as of today;
    `daily_rate` is the highest of the loans, 0 where none has any."""

    currency: str
    total: Decimal
    rows: tuple[DueRow, ...]
    penalty: Decimal
    daily_rate: Decimal
    next_due_date: date | None
    next_due_amount: Decimal

    @property
    def since(self) -> date | None:
        """Since when something is overdue."""
        late = [row.due_date for row in self.rows if row.days_late]
        return min(late, default=None)


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """What may be paid by instalments: the sum, for which loan (None: for all of them), in how
    many terms, and up to how many hold without a word of staff."""

    total: Decimal
    currency: str
    loan_id: int | None
    counts: range
    agreed_up_to: int
    first: date

    def terms(self, count: int) -> tuple[tuple[date, Decimal], ...]:
        """The schedule for so many terms."""
        terms = monthly_terms(self.total, count=count, first=self.first)
        return tuple((term.due_date, term.amount) for term in terms)

    def holds_at_once(self, count: int) -> bool:
        """Whether it holds without a word of staff."""
        return count <= self.agreed_up_to


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Everything the page shows. `plan` is the one that runs, its currency blank where
    it covers loans in several; `asked`: a wish for one waits."""

    person: Person
    called: str
    due: tuple[DueNow, ...]
    plan: HoldRow | None
    plan_days: tuple[tuple[date, Decimal], ...]
    plan_currency: str
    offer: PlanOffer | None
    said: tuple[ReplyRow, ...]
    asked: bool
    is_rated: bool
    is_stopped: bool


def own_page(link: BorrowerLink, *, now: datetime) -> OwnPage:
    """The page behind `link`, as of `now`, in a fixed number of statements."""
    person = person_of(link.customer)
    sheet = borrower_sheet(person, now=now)
    today = person.clock.date(now)
    plan = next(
        (
            row
            for row in sheet.holds
            if row.kind == HoldKind.PLAN and row.standing in ("in_force", "to_come")
        ),
        None,
    )
    replies = list(
        BorrowerReply.objects.filter(customer=person.id).order_by("-said_at", "-pk")[:50]
    )
    mine = [row for row in replies if row.link_id == link.pk]
    said = [reply_row(row, clock=person.clock) for row in mine[:SAID_SHOWN]]
    return OwnPage(
        person=person,
        called=short_name(person.name),
        due=due_now(sheet, today=today),
        plan=plan,
        plan_days=_days_of(plan.terms, person=person) if plan else (),
        plan_currency=_currency_of(plan, sheet=sheet) if plan else "",
        offer=None if plan else offer_for(sheet, today=today),
        said=tuple(said),
        asked=any(row.kind == "plan_asked" and row.read_at is None for row in replies),
        is_rated=any(row.kind == "rated" for row in mine),
        is_stopped=not any(row.is_allowed for row in sheet.consents),
    )


def _currency_of(plan: HoldRow, *, sheet: BorrowerSheet) -> str:
    currencies = {
        loan.figures.currency
        for loan in sheet.loans
        if loan.figures.loan_no == plan.loan_no or (loan.is_active and not plan.loan_no)
    }
    return currencies.pop() if len(currencies) == 1 else ""


def due_now(sheet: BorrowerSheet, *, today: date) -> tuple[DueNow, ...]:
    """What is due in each currency, the most overdue first."""
    found = []
    for owed in sheet.owed:
        loans = [
            loan
            for loan in sheet.loans
            if loan.is_active and loan.figures.currency == owed.currency
        ]
        rows = [
            DueRow(
                loan_ending=_HIDDEN_FRONT + loan.figures.loan_no[-4:],
                due_date=row.figures.due_date,
                outstanding=row.figures.outstanding,
                days_late=max(0, row.figures.days_past_due),
            )
            for loan in loans
            for row in loan.instalments
            if row.standing in ("overdue", "due_today")
        ]
        coming = [
            row.figures for loan in loans for row in loan.instalments if row.standing == "to_come"
        ]
        first = min((row.due_date for row in coming), default=None)
        found.append(
            DueNow(
                currency=owed.currency,
                total=sum((row.outstanding for row in rows), ZERO),
                rows=tuple(sorted(rows, key=lambda row: row.due_date)),
                penalty=owed.penalty,
                daily_rate=max((loan.figures.penalty_daily_rate for loan in loans), default=ZERO),
                next_due_date=first,
                next_due_amount=sum(
                    (row.outstanding for row in coming if row.due_date == first), ZERO
                ),
            )
        )
    return tuple(found)


def offer_for(sheet: BorrowerSheet, *, today: date) -> PlanOffer | None:
    """Instalments for what is overdue or due within a week; None where there is nothing to part,
    nobody offers it, or several currencies are due, which are arranged loan by loan."""
    by_loan = (
        {
            loan: amount
            for loan in sheet.loans
            if loan.is_active and (amount := _due_soon(loan, today=today))
        }
        if settings.BORROWER_PLAN_TERMS
        else {}
    )
    currencies = {loan.figures.currency for loan in by_loan}
    if len(currencies) != 1:
        return None
    total = sum(by_loan.values(), ZERO)
    counts = counts_for(total, most=settings.BORROWER_PLAN_TERMS)
    if not counts:
        return None
    only = [loan.figures.id for loan in by_loan]
    return PlanOffer(
        total=total,
        currency=currencies.pop(),
        loan_id=only[0] if len(only) == 1 else None,
        counts=counts,
        agreed_up_to=settings.BORROWER_PLAN_TERMS_AGREED,
        first=today + timedelta(days=DUE_SOON_DAYS),
    )


def _due_soon(loan: LoanRow, *, today: date) -> Decimal:
    until = today + timedelta(days=DUE_SOON_DAYS)
    return sum(
        (row.figures.outstanding for row in loan.instalments if row.figures.due_date <= until), ZERO
    )


def terms_at(days: tuple[tuple[date, Decimal], ...], *, person: Person) -> tuple[Term, ...]:
    """Days and amounts as terms: each is due when its day ends where `person` lives."""
    return tuple(
        Term(instant(day + timedelta(days=1), time(0), zone=person.clock.zone), amount)
        for day, amount in days
    )


def _days_of(terms: tuple[Term, ...], *, person: Person) -> tuple[tuple[date, Decimal], ...]:
    """Terms as a person reads them: the last day on which the money may come."""
    a_moment = timedelta(microseconds=1)
    return tuple((person.clock.date(term.due_at - a_moment), term.amount) for term in terms)
