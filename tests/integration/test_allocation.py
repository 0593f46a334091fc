"""Payments go to the oldest instalment first, and the rest is credit: SQL and rule agree."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import operations
from accounts.core.instalments import Allocation as Expected
from accounts.core.instalments import Due, Paid, allocate
from accounts.models import Allocation, Instalment, Loan, Payment
from tests.builders import NOW, a_loan, a_payment, an_instalment

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 31)


def expected(loan: Loan) -> Expected:
    """What the pure rule says of the rows of `loan`."""
    return allocate(
        instalments=[
            Due(item.pk, item.due_date, item.seq, item.amount_due)
            for item in loan.instalments.all()
        ],
        payments=[Paid(p.payment_no, p.paid_at, p.amount) for p in loan.payments.all()],
    )


def assert_as_the_rule_says(loan: Loan) -> None:
    loan.refresh_from_db()
    wanted = expected(loan)
    shares = Allocation.objects.filter(payment__loan=loan).values_list(
        "payment__payment_no", "instalment_id", "amount"
    )
    assert sorted(shares) == sorted(
        (share.payment_no, share.key, share.amount) for share in wanted.shares
    )
    for item in loan.instalments.all():
        assert (item.paid, item.settled_at) == (
            wanted.paid[item.pk],
            wanted.settled_at.get(item.pk),
        )
    assert loan.credit == wanted.credit


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

    def test_keeps_what_is_over_as_credit(self) -> None:
        loan = a_loan()
        an_instalment(loan=loan, amount_due="100.00")

        a_payment(loan=loan, amount="130.00")

        loan.refresh_from_db()
        assert loan.credit == Decimal("30.00")

    def test_puts_an_earlier_payment_that_comes_late_in_its_place(self) -> None:
        loan = a_loan()
        an_instalment(loan=loan, amount_due="100.00")
        a_payment(loan=loan, payment_no="P-later", amount="100.00", paid_at=NOW)

        a_payment(
            loan=loan, payment_no="P-earlier", amount="60.00", paid_at=NOW - timedelta(days=2)
        )

        assert_as_the_rule_says(loan)
        first = Allocation.objects.get(payment__payment_no="P-earlier")
        assert first.amount == Decimal("60.00")


class TestAllocate:
    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_agrees_with_the_rule_and_changes_nothing_the_second_time(
        self, data: st.DataObject
    ) -> None:
        with transaction.atomic():
            loans = [self.any_loan(data) for _ in range(data.draw(st.integers(1, 3)))]
            ids = [loan.pk for loan in loans]

            operations.allocate(loan_ids=ids)

            for loan in loans:
                assert_as_the_rule_says(loan)
            assert operations.allocate(loan_ids=ids) == operations.Allocated()

            for loan in loans:
                self.any_change(loan, data)
            operations.allocate(loan_ids=ids)
            for loan in loans:
                assert_as_the_rule_says(loan)
            transaction.set_rollback(True)

    def any_loan(self, data: st.DataObject) -> Loan:
        loan = a_loan()
        for seq in range(data.draw(st.integers(0, 5))):
            an_instalment(
                loan=loan,
                seq=seq,
                due_date=FIRST + timedelta(days=data.draw(st.integers(0, 40))),
                amount_due=Decimal(data.draw(st.integers(1, 30_000))) / 100,
            )
        for number in range(data.draw(st.integers(0, 5))):
            self.any_payment(loan, data, number=number)
        return loan

    def any_payment(self, loan: Loan, data: st.DataObject, *, number: int) -> None:
        # Few different instants, so that the number often has to decide; letters of both cases
        # and beyond ASCII, where collations differ.
        prefix = data.draw(st.sampled_from(["a", "B", "_", "é", "付", "𝄞", "10", "9"]))
        Payment.objects.create(
            payment_no=f"{prefix}-{loan.pk}-{number}",
            loan=loan,
            paid_at=NOW + timedelta(hours=data.draw(st.integers(0, 2))),
            amount=Decimal(data.draw(st.integers(1, 60_000))) / 100,
            recorded_at=NOW,
        )

    def any_change(self, loan: Loan, data: st.DataObject) -> None:
        """A payment more, one less, or an instalment that falls due at another time."""
        self.any_payment(loan, data, number=99)
        first = loan.payments.order_by("pk").first()
        if first and data.draw(st.booleans()):
            Payment.objects.filter(pk=first.pk).update(amount=first.amount + 1)
        item = loan.instalments.order_by("pk").last()
        if item and data.draw(st.booleans()):
            Instalment.objects.filter(pk=item.pk).update(due_date=FIRST - timedelta(days=1))

    def test_writes_only_the_rows_that_differ(self) -> None:
        loan = a_loan()
        for month in (1, 2, 3):
            an_instalment(loan=loan, seq=month, due_date=date(2026, month, 1), amount_due="100.00")
        a_payment(loan=loan, amount="100.00")

        Payment.objects.create(
            payment_no="P-more", loan=loan, paid_at=NOW, amount=Decimal(50), recorded_at=NOW
        )
        changed = operations.allocate(loan_ids=[loan.pk])

        assert changed == operations.Allocated(
            instalments_changed=1, loans_credited=0, allocations_changed=1
        )

    def test_leaves_other_loans_alone(self) -> None:
        loan, other = a_loan(), a_loan()
        for each in (loan, other):
            item = an_instalment(loan=each, amount_due="100.00")
            Payment.objects.create(
                payment_no=f"P-{item.pk}",
                loan=each,
                paid_at=NOW,
                amount=Decimal(50),
                recorded_at=NOW,
            )

        operations.allocate(loan_ids=[loan.pk])

        assert not Allocation.objects.filter(payment__loan=other).exists()

    def test_does_nothing_for_no_loans(self) -> None:
        assert operations.allocate(loan_ids=[]) == operations.Allocated()


class TestReallocateAll:
    def test_mends_what_somebody_has_broken_and_then_finds_nothing(self) -> None:
        loans = [a_loan() for _ in range(5)]
        for loan in loans:
            an_instalment(loan=loan, amount_due="100.00")
            a_payment(loan=loan, amount="40.00")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_instalment SET paid = 1")

        assert operations.reallocate_all(slice_size=2).instalments_changed == 5
        assert operations.reallocate_all(slice_size=2) == operations.Allocated()
        for loan in loans:
            assert_as_the_rule_says(loan)
