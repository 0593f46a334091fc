"""Reads for screens: small frozen rows, in a number of queries that does not grow."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.arrangements import Arrangement, arrangements_of
from accounts.core import instalments as rules
from accounts.core.arrangements import Term
from accounts.core.money import ZERO
from accounts.models import (
    Allocation,
    ContactPoint,
    Customer,
    Hold,
    Instalment,
    Loan,
    Payment,
    RiskAssessment,
)


@dataclass(frozen=True, slots=True)
class SheetContact:
    """An address of a borrower, masked."""

    id: int
    channel: str
    address_masked: str
    is_current: bool
    unusable_since: datetime | None
    unusable_reason: str


@dataclass(frozen=True, slots=True)
class SheetInstalment:
    """An instalment as it stands today. `penalty` is what has run up on what is outstanding."""

    id: int
    seq: int
    due_date: date
    amount_due: Decimal
    paid: Decimal
    outstanding: Decimal
    settled_at: datetime | None
    days_past_due: int
    bucket: str
    penalty: Decimal


@dataclass(frozen=True, slots=True)
class SheetPayment:
    """A payment, and which instalments (by number) it paid how much of."""

    id: int
    payment_no: str
    paid_at: datetime
    amount: Decimal
    shares: tuple[tuple[int, Decimal], ...]


@dataclass(frozen=True, slots=True)
class SheetLoan:
    """A loan with all that belongs to it, and its totals as of today."""

    id: int
    loan_no: str
    product: str
    principal: Decimal
    currency: str
    opened_on: date
    status: str
    annual_rate: Decimal | None
    penalty_daily_rate: Decimal
    grace_days: int
    credit: Decimal
    outstanding: Decimal
    overdue: Decimal
    penalty: Decimal
    instalments: tuple[SheetInstalment, ...]
    payments: tuple[SheetPayment, ...]


@dataclass(frozen=True, slots=True)
class SheetHold:
    """A hold; `loan_no` is blank when it covers every loan. `terms` are those of a promise with an
    amount or of a plan, and `paid` is what has come in towards them."""

    id: int
    kind: str
    loan_no: str
    from_at: datetime
    until_at: datetime | None
    reason: str
    amount: Decimal | None
    placed_by: str
    placed_at: datetime
    released_at: datetime | None
    released_by: str
    is_undone: bool
    terms: tuple[Term, ...]
    paid: Decimal


@dataclass(frozen=True, slots=True)
class SheetRisk:
    """The tier; put `reasons` into words with `accounts.risk.words.explain`."""

    tier: str
    reasons: tuple[dict[str, Any], ...]
    assessed_at: datetime


@dataclass(frozen=True, slots=True)
class BorrowerSheet:
    """All that is known of one borrower, apart from messages."""

    id: int
    customer_no: str
    name: str
    language: str
    timezone: str
    segment: str
    is_demonstration: bool
    contacts: tuple[SheetContact, ...]
    loans: tuple[SheetLoan, ...]
    holds: tuple[SheetHold, ...]
    risk: SheetRisk | None


def borrower_sheet(*, customer_id: int, today: date) -> BorrowerSheet | None:
    """All of one borrower as of `today`, the date where they live; None if there is none.

    Ten queries at most, whatever the borrower has.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        return None
    contacts = ContactPoint.objects.filter(customer=customer).order_by(
        "channel", "-is_current", "-created_at", "pk"
    )
    risk = RiskAssessment.objects.filter(customer=customer).first()
    return BorrowerSheet(
        id=customer.pk,
        customer_no=customer.customer_no,
        name=customer.name,
        language=customer.language,
        timezone=customer.timezone,
        segment=customer.segment,
        is_demonstration=customer.is_demonstration,
        contacts=tuple(
            SheetContact(
                id=point.pk,
                channel=point.channel,
                address_masked=point.address_masked,
                is_current=point.is_current,
                unusable_since=point.unusable_since,
                unusable_reason=point.unusable_reason,
            )
            for point in contacts
        ),
        loans=_loans(customer, today=today),
        holds=_holds(customer),
        risk=SheetRisk(risk.tier, tuple(risk.reasons), risk.assessed_at) if risk else None,
    )


def _loans(customer: Customer, *, today: date) -> tuple[SheetLoan, ...]:
    instalments: dict[int, list[Instalment]] = defaultdict(list)
    for item in Instalment.objects.filter(loan__customer=customer).order_by("due_date", "seq"):
        instalments[item.loan_id].append(item)
    shares: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    allocations = Allocation.objects.filter(payment__loan__customer=customer)
    for payment_id, seq, amount in allocations.order_by(
        "instalment__due_date", "instalment__seq"
    ).values_list("payment_id", "instalment__seq", "amount"):
        shares[payment_id].append((seq, amount))
    payments: dict[int, list[Payment]] = defaultdict(list)
    for payment in Payment.objects.filter(loan__customer=customer).order_by(
        "-paid_at", "-payment_no"
    ):
        payments[payment.loan_id].append(payment)
    return tuple(
        _loan(
            loan,
            instalments=[
                _instalment(item, loan=loan, today=today) for item in instalments[loan.pk]
            ],
            payments=[
                SheetPayment(
                    id=payment.pk,
                    payment_no=payment.payment_no,
                    paid_at=payment.paid_at,
                    amount=payment.amount,
                    shares=tuple(shares[payment.pk]),
                )
                for payment in payments[loan.pk]
            ],
        )
        for loan in Loan.objects.filter(customer=customer).order_by("opened_on", "loan_no")
    )


def _loan(
    loan: Loan, *, instalments: list[SheetInstalment], payments: Iterable[SheetPayment]
) -> SheetLoan:
    return SheetLoan(
        id=loan.pk,
        loan_no=loan.loan_no,
        product=loan.product,
        principal=loan.principal,
        currency=loan.currency,
        opened_on=loan.opened_on,
        status=loan.status,
        annual_rate=loan.annual_rate,
        penalty_daily_rate=loan.penalty_daily_rate,
        grace_days=loan.grace_days,
        credit=loan.credit,
        outstanding=sum((item.outstanding for item in instalments), ZERO),
        overdue=sum((item.outstanding for item in instalments if item.days_past_due > 0), ZERO),
        penalty=sum((item.penalty for item in instalments), ZERO),
        instalments=tuple(instalments),
        payments=tuple(payments),
    )


def _instalment(item: Instalment, *, loan: Loan, today: date) -> SheetInstalment:
    """Days past due and bucket of a settled instalment are 0 and `current`."""
    outstanding = item.amount_due - item.paid
    is_open = item.settled_at is None
    late = rules.days_past_due(due_date=item.due_date, today=today) if is_open else 0
    return SheetInstalment(
        id=item.pk,
        seq=item.seq,
        due_date=item.due_date,
        amount_due=item.amount_due,
        paid=item.paid,
        outstanding=outstanding,
        settled_at=item.settled_at,
        days_past_due=late,
        bucket=rules.bucket(late),
        penalty=rules.penalty_interest(
            outstanding=outstanding,
            daily_rate=loan.penalty_daily_rate,
            due_date=item.due_date,
            grace_days=loan.grace_days,
            today=today,
        ),
    )


def _holds(customer: Customer) -> tuple[SheetHold, ...]:
    holds = list(
        Hold.objects.filter(customer=customer)
        .select_related("loan", "placed_by", "released_by")
        .order_by("-placed_at", "-pk")
    )
    arrangements = arrangements_of(holds)
    return tuple(sheet_hold(hold, arrangement=arrangements.get(hold.pk)) for hold in holds)


def sheet_hold(hold: Hold, *, arrangement: Arrangement | None) -> SheetHold:
    """`hold` with its loan and staff selected, and what was arranged if anything was."""
    return SheetHold(
        id=hold.pk,
        kind=hold.kind,
        loan_no=hold.loan.loan_no if hold.loan else "",
        from_at=hold.from_at,
        until_at=hold.until_at,
        reason=hold.reason,
        amount=hold.amount,
        placed_by=hold.placed_by.get_username() if hold.placed_by else "",
        placed_at=hold.placed_at,
        released_at=hold.released_at,
        released_by=hold.released_by.get_username() if hold.released_by else "",
        is_undone=hold.is_undone,
        terms=arrangement.terms if arrangement else (),
        paid=arrangement.paid if arrangement else ZERO,
    )
