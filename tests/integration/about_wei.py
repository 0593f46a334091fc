"""Wei, who may be late: for tests of the borrower's page and its history."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Customer, Instalment
from tests.builders import TODAY, a_customer, a_loan, an_instalment


@pytest.fixture
def wei() -> Customer:
    return a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")


def an_overdue_instalment(customer: Customer, *, days: int = 12) -> Instalment:
    loan = a_loan(customer=customer, loan_no="L-77", penalty_daily_rate=Decimal("0.0005"))
    return an_instalment(loan=loan, due_date=TODAY - timedelta(days=days), amount_due="1200.00")
