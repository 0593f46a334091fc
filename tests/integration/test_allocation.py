"""Payments go to the oldest instalment first, and the rest is credit."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.builders import a_loan, a_payment, an_instalment

pytestmark = pytest.mark.django_db


class TestRecordPayment:
    def test_settles_the_oldest_instalment_first(self) -> None:
        loan = a_loan()
        newer = an_instalment(loan=loan, seq=2, due_date=date(2026, 11, 1), amount_due="50.00")
        older = an_instalment(loan=loan, seq=1, due_date=date(2026, 10, 1), amount_due="100.00")
        paid_at = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)

        a_payment(loan=loan, amount="120.00", paid_at=paid_at)

        older.refresh_from_db()
        newer.refresh_from_db()
        assert (older.paid, older.settled_at) == (Decimal("100.00"), paid_at)
        assert (newer.paid, newer.settled_at) == (Decimal("20.00"), None)
