"""No page of the desk asks more of the database because there is more in it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.desk import write_note
from accounts.models import Customer, Staff
from accounts.operations import mark_address_unusable
from reminders.models import BorrowerLink, BorrowerReply, Campaign
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    a_risk_assessment,
    an_instalment,
)
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_campaign, a_lesson_for, a_link, a_message, a_reminder

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

FEW, MANY = 10, 200
AN_HOUR_AGO = NOW - timedelta(hours=1)
"""Nothing is on its way any more, however long this test takes."""

PAGES: Mapping[str, Callable[[Desk], str]] = {
    "home": lambda desk: desk.read("home"),
    "search": lambda desk: desk.read("home", q="王伟"),
    "search in pinyin": lambda desk: desk.read("home", q="wangwei"),
    "promises": lambda desk: desk.read("promises"),
    "high risk": lambda desk: desk.read("high_risk"),
    "undeliverable": lambda desk: desk.read("undeliverable"),
    "replies": lambda desk: desk.read("replies"),
    "unknown": lambda desk: desk.read("unknown"),
    "day": lambda desk: desk.read("day_list", TODAY, "texts"),
    "borrower": lambda desk: desk.read("borrower", "C-77"),
    "notes": lambda desk: desk.read("timeline", "C-77", show="notes"),
    "pulse": lambda desk: desk.read("pulse", "C-77"),
}


def statements(desk: Desk) -> dict[str, int]:
    """How many each page asks, the second time: the first may fill caches."""
    found = {}
    for name, read in PAGES.items():
        read(desk)
        with CaptureQueriesContext(connection) as asked:
            read(desk)
        found[name] = len(asked)
    return found


def a_case(link: BorrowerLink, *, campaign: Campaign) -> None:
    """A borrower who stands in every list."""
    customer = a_customer(name="王伟")
    a_risk_assessment(
        customer=customer,
        tier="high",
        reasons=[{"code": "late_count", "value": 4, "threshold": 3}],
    )
    loan = a_loan(customer=customer)
    due = an_instalment(loan=loan, due_date=TODAY)
    an_instalment(loan=loan, due_date=TODAY - timedelta(days=30))
    a_hold(customer=customer, until_at=NOW + timedelta(hours=3), amount=Decimal(50))
    a_message(reminder=a_reminder(instalment=due), state="unknown", opened_at=AN_HOUR_AGO)
    a_reminder(instalment=an_instalment(loan=loan, due_date=TODAY + timedelta(days=1)))
    a_lesson_for(customer, campaign=campaign)
    mark_address_unusable(
        contact_point_id=customer.contact_points.get().pk, reason="number_dead", now=NOW
    )
    BorrowerReply.objects.create(
        customer=customer, link=link, kind="paid", said_at=NOW, wants_reader=True
    )


def more_about(customer: Customer, *, staff: Staff) -> None:
    """One more of everything in a history."""
    loan = customer.loans.get()
    a_message(reminder=a_reminder(instalment=an_instalment(loan=loan)), opened_at=AN_HOUR_AGO)
    a_payment(loan=loan, amount="1.00")
    a_hold(customer=customer, kind="dispute", until_at=None, released_at=NOW)
    write_note(customer_id=customer.pk, text="called", written_by=staff, now=NOW)


def test_statements_do_not_grow_with_rows(desk: Desk) -> None:
    wei = a_customer(name="王伟", customer_no="C-77")
    a_loan(customer=wei)
    a_link(customer=wei)
    link, lin, campaign = BorrowerLink.objects.get(), a_member_of_staff(), a_campaign()
    for _ in range(FEW):
        a_case(link, campaign=campaign)
        more_about(wei, staff=lin)
    few = statements(desk)

    for _ in range(MANY - FEW):
        a_case(link, campaign=campaign)
    for _ in range(FEW):
        more_about(wei, staff=lin)
    many = statements(desk)

    # Fewer are fine: who fills a page with the first day or the full names asks for no others.
    grown = {name: (few[name], many[name]) for name in PAGES if many[name] > few[name]}
    assert not grown
    assert max(few.values()) <= 56, few
