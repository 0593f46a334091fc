"""A phone with a link in it, and the borrower who owns the link, at a fixed instant."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Customer
from tests.builders import NOW, TODAY, a_customer, a_loan, an_instalment
from tests.clocks import set_clock
from tests.reminder_builders import a_link, a_sender

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page


class Phone:
    """What a person with a link can do. Pages come in English."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"accept-language": "en"}, enforce_csrf_checks=False)
        self.client.cookies["django_language"] = "en"
        self.token = token

    def get(self, what: str = "", **query: str) -> "Page":
        return self.client.get(self._address(what), query)

    def post(self, what: str = "", **data: Any) -> "Page":
        return self.client.post(self._address(what), data)

    def _address(self, what: str) -> str:
        return f"/b/{self.token}/{what}".rstrip("/")

    def read(self, what: str = "", **query: str) -> str:
        response = self.get(what, **query)
        assert response.status_code == 200, response
        return response.content.decode()

    def pass_the_door(self) -> "Phone":
        assert self.post(fact="1234").status_code == 302
        return self


@pytest.fixture
def at_now(settings: Settings) -> None:
    set_clock(settings, NOW)
    a_sender(language="zh-hans")
    a_sender(language="en", signature="【Kind Bank】", how_to_pay="app, My loans")


@pytest.fixture
def wei(at_now: None) -> Customer:
    """1,200 yuan overdue for 9 days, 800 due in 20."""
    wei = a_customer(name="王伟", customer_no="C-77")
    loan = a_loan(customer=wei, loan_no="L-2026-001234", penalty_daily_rate=Decimal("0.0005"))
    an_instalment(loan=loan, due_date=TODAY - timedelta(days=9), amount_due="1200.00")
    an_instalment(loan=loan, due_date=TODAY + timedelta(days=20), amount_due="800.00")
    return wei


@pytest.fixture
def door(wei: Customer) -> Phone:
    """A phone with a link, before the question is answered."""
    return Phone(a_link(customer=wei))


@pytest.fixture
def inside(door: Phone) -> Phone:
    """A phone on which the question was answered."""
    return door.pass_the_door()
