"""Builders of rows: every argument has a default, so that a test names only what it is about.

`a_loan(product="phone")` makes its own borrower; `a_loan(customer=wei)` uses one. Numbers count
up from test to test: never rely on a particular one, pass your own.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from accounts import addresses, operations
from accounts.models import (
    ConsentEvent,
    ContactPoint,
    Customer,
    Hold,
    Instalment,
    Loan,
    Payment,
    RiskAssessment,
    Staff,
)
from accounts.pinyin import pinyin_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday, 10:00 in Shanghai."""

TODAY = date(2026, 11, 23)

_numbers = count(1)


def _next() -> int:
    return next(_numbers)


def a_customer(
    *,
    phone: str | None = "",
    email: str | None = None,
    now: datetime = NOW,
    **fields: Any,
) -> Customer:
    """A borrower with a text-message address: `phone=None` for none, "" for one of their own."""
    number = _next()
    defaults: dict[str, Any] = {
        "customer_no": f"C-made-{number}",
        "name": "王伟",
        "language": "zh-hans",
        "timezone": "Asia/Shanghai",
        "created_at": now,
        "updated_at": now,
    }
    values = defaults | fields
    customer = Customer.objects.create(name_pinyin=pinyin_of(values["name"]), **values)
    if phone is not None:
        a_contact_point(customer=customer, address=phone or f"+86138{number:08d}", now=now)
    if email is not None:
        a_contact_point(customer=customer, channel="email", address=email, now=now)
    return customer


def a_contact_point(
    *,
    customer: Customer | None = None,
    channel: str = "sms",
    address: str = "",
    now: datetime = NOW,
    **fields: Any,
) -> ContactPoint:
    """An address of a borrower, current unless told otherwise."""
    customer = customer or a_customer(phone=None, now=now)
    sealed = addresses.seal(address or f"+86139{_next():08d}", channel=channel)
    defaults: dict[str, Any] = {
        "customer": customer,
        "channel": channel,
        "address_encrypted": sealed.encrypted,
        "address_hash": sealed.hash,
        "address_masked": sealed.masked,
        "created_at": now,
    }
    return ContactPoint.objects.create(**defaults | fields)


def a_loan(*, customer: Customer | None = None, now: datetime = NOW, **fields: Any) -> Loan:
    """A loan without instalments, opened a year before."""
    defaults: dict[str, Any] = {
        "loan_no": f"L-made-{_next()}",
        "customer": customer or a_customer(now=now),
        "product": "cash",
        "principal": Decimal("1200.00"),
        "currency": "CNY",
        "opened_on": now.date() - timedelta(days=365),
        "created_at": now,
        "updated_at": now,
    }
    return Loan.objects.create(**defaults | fields)


def an_instalment(
    *,
    loan: Loan | None = None,
    due_date: date = TODAY,
    amount_due: Decimal | str = "100.00",
    **fields: Any,
) -> Instalment:
    """An open instalment of its own loan, or the next one of `loan`."""
    loan = loan or a_loan()
    defaults: dict[str, Any] = {
        "loan": loan,
        "seq": loan.instalments.count() + 1,
        "due_date": due_date,
        "amount_due": Decimal(amount_due),
    }
    return Instalment.objects.create(**defaults | fields)


def a_payment(
    *,
    loan: Loan,
    amount: Decimal | str | int = "100.00",
    paid_at: datetime = NOW,
    payment_no: str = "",
) -> Payment:
    """A payment, recorded and allocated as the product does it."""
    return operations.record_payment(
        payment_no=payment_no or f"P-made-{_next()}",
        loan_no=loan.loan_no,
        amount=Decimal(amount),
        paid_at=paid_at,
        now=paid_at,
    ).payment


def a_hold(*, customer: Customer | None = None, now: datetime = NOW, **fields: Any) -> Hold:
    """A promise to pay within three days, covering all loans unless `loan` is given."""
    defaults: dict[str, Any] = {
        "customer": customer or a_customer(now=now),
        "kind": "promise_to_pay",
        "from_at": now,
        "until_at": now + timedelta(days=3),
        "placed_at": now,
    }
    return Hold.objects.create(**defaults | fields)


def a_consent_event(
    *, customer: Customer | None = None, now: datetime = NOW, **fields: Any
) -> ConsentEvent:
    """A refusal of everything, unless told otherwise."""
    defaults: dict[str, Any] = {
        "customer": customer or a_customer(now=now),
        "granted": False,
        "source": "reply",
        "happened_at": now,
        "recorded_at": now,
    }
    return ConsentEvent.objects.create(**defaults | fields)


def a_risk_assessment(
    *, customer: Customer | None = None, tier: str = "low", now: datetime = NOW, **fields: Any
) -> RiskAssessment:
    """The tier of a borrower."""
    defaults: dict[str, Any] = {
        "customer": customer or a_customer(now=now),
        "tier": tier,
        "assessed_at": now,
    }
    return RiskAssessment.objects.create(**defaults | fields)


def a_member_of_staff(
    *, username: str = "", groups: tuple[str, ...] = ("collections",), **fields: Any
) -> Staff:
    """A person who signs in with the password `password`."""
    user = Staff.objects.create_user(
        username=username or f"staff-{_next()}", password="password", **fields
    )
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    return user
