"""Short writes on accounts, and what they refuse."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections

from accounts import encryption
from accounts.addresses import BadAddress
from accounts.models import ConsentEvent, ContactPoint, Instalment, Loan, Payment
from accounts.operations import (
    NotKnown,
    OperationRefused,
    correct_address,
    mark_address_unusable,
    place_hold,
    record_consent,
    record_payment,
    release_hold,
)
from tests.builders import (
    NOW,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    an_instalment,
)

pytestmark = pytest.mark.django_db


class TestRecordPayment:
    def test_changes_nothing_when_repeated(self) -> None:
        loan = a_loan()
        an_instalment(loan=loan)

        first, second = (
            record_payment(
                payment_no="P-1",
                loan_no=loan.loan_no,
                amount=Decimal("50.00"),
                paid_at=NOW,
                now=NOW,
            )
            for _ in range(2)
        )

        assert (first.is_new, second.is_new) == (True, False)
        assert Payment.objects.count() == 1

    def test_refuses_another_payment_under_a_number_that_is_taken(self) -> None:
        loan = a_loan()
        a_payment(loan=loan, payment_no="P-1", amount="50.00")

        with pytest.raises(OperationRefused, match="P-1 is recorded already"):
            a_payment(loan=loan, payment_no="P-1", amount="60.00")

    def test_refuses_an_unknown_loan_and_says_what_to_do(self) -> None:
        with pytest.raises(NotKnown, match="no loan L-none; import the loan first"):
            record_payment(
                payment_no="P-1", loan_no="L-none", amount=Decimal(1), paid_at=NOW, now=NOW
            )

    @pytest.mark.parametrize("amount", ["0", "-5", "1.001"])
    def test_refuses_what_is_no_amount(self, amount: str) -> None:
        loan = a_loan()

        with pytest.raises(OperationRefused, match="more than nothing and in whole cents"):
            a_payment(loan=loan, amount=amount)

    def test_refuses_money_from_the_future(self) -> None:
        loan = a_loan()

        with pytest.raises(OperationRefused, match="a promise as a hold"):
            record_payment(
                payment_no="P-1",
                loan_no=loan.loan_no,
                amount=Decimal(1),
                paid_at=NOW + timedelta(days=3),
                now=NOW,
            )


@pytest.mark.django_db(transaction=True)
class TestTwoPaymentsAtOnce:
    def test_are_both_allocated(self) -> None:
        loan = a_loan()
        an_instalment(loan=loan, amount_due="100.00")
        ready = threading.Barrier(4)

        def pay(number: int) -> None:
            ready.wait(timeout=10)
            a_payment(loan=loan, payment_no=f"P-{number}", amount="30.00")
            connections.close_all()

        threads = [threading.Thread(target=pay, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert Instalment.objects.get(loan=loan).paid == Decimal("100.00")
        assert Loan.objects.get(pk=loan.pk).credit == Decimal("20.00")


class TestPlaceHold:
    def test_begins_now_unless_told_otherwise(self) -> None:
        customer, agent = a_customer(), a_member_of_staff()

        hold = place_hold(
            customer_id=customer.pk,
            kind="promise_to_pay",
            until_at=NOW + timedelta(days=2),
            amount=Decimal("80.00"),
            placed_by=agent,
            now=NOW,
        )

        assert (hold.from_at, hold.placed_at, hold.placed_by) == (NOW, NOW, agent)

    def test_refuses_a_promise_in_the_past(self) -> None:
        with pytest.raises(OperationRefused, match="choose a later end"):
            place_hold(
                customer_id=a_customer().pk,
                kind="promise_to_pay",
                from_at=NOW - timedelta(days=5),
                until_at=NOW - timedelta(days=1),
                now=NOW,
            )

    def test_refuses_a_promise_without_a_date(self) -> None:
        with pytest.raises(OperationRefused, match="needs the date"):
            place_hold(customer_id=a_customer().pk, kind="promise_to_pay", now=NOW)

    def test_refuses_a_loan_of_somebody_else(self) -> None:
        with pytest.raises(NotKnown, match="has no loan"):
            place_hold(customer_id=a_customer().pk, kind="dispute", loan_id=a_loan().pk, now=NOW)

    def test_refuses_a_borrower_who_is_not_there(self) -> None:
        with pytest.raises(NotKnown, match="no customer"):
            place_hold(customer_id=0, kind="dispute", now=NOW)

    def test_refuses_a_promise_of_nothing(self) -> None:
        with pytest.raises(OperationRefused, match="not more than nothing"):
            place_hold(
                customer_id=a_customer().pk,
                kind="promise_to_pay",
                until_at=NOW + timedelta(days=1),
                amount=Decimal(0),
                now=NOW,
            )

    def test_refuses_a_kind_that_does_not_exist(self) -> None:
        with pytest.raises(ValueError, match="holiday"):
            place_hold(customer_id=a_customer().pk, kind="holiday", now=NOW)


class TestReleaseHold:
    def test_keeps_the_first_release(self) -> None:
        hold, agent = a_hold(), a_member_of_staff()

        release_hold(hold_id=hold.pk, released_by=agent, now=NOW)
        again = release_hold(hold_id=hold.pk, now=NOW + timedelta(hours=1))

        assert (again.released_at, again.released_by) == (NOW, agent)

    def test_refuses_a_hold_that_is_not_there(self) -> None:
        with pytest.raises(NotKnown, match="no hold"):
            release_hold(hold_id=0, now=NOW)


class TestRecordConsent:
    def test_keeps_every_statement(self) -> None:
        customer = a_customer()

        for _ in range(2):
            record_consent(
                customer_id=customer.pk, granted=False, source="reply", channel="sms", now=NOW
            )

        assert ConsentEvent.objects.filter(customer=customer, channel="sms").count() == 2

    def test_refuses_a_channel_that_does_not_exist(self) -> None:
        with pytest.raises(ValueError, match="fax"):
            record_consent(
                customer_id=a_customer().pk, granted=True, source="staff", channel="fax", now=NOW
            )

    def test_refuses_a_borrower_who_is_not_there(self) -> None:
        with pytest.raises(NotKnown, match="no customer"):
            record_consent(customer_id=0, granted=True, source="staff", now=NOW)


class TestCorrectAddress:
    def test_keeps_the_old_number_as_history(self) -> None:
        customer = a_customer(phone="+8613812341234")

        point = correct_address(
            customer_id=customer.pk, address="139 0000 0000", region="CN", now=NOW
        )

        assert encryption.decrypt(point.address_encrypted) == "+8613900000000"
        assert [
            (row.address_masked, row.is_current)
            for row in ContactPoint.objects.filter(customer=customer).order_by("pk")
        ] == [("+86 138****1234", False), ("+86 139****0000", True)]

    def test_goes_back_to_a_number_used_before_without_a_second_row(self) -> None:
        customer = a_customer(phone="+8613812341234")
        correct_address(customer_id=customer.pk, address="13900000000", region="CN", now=NOW)

        point = correct_address(
            customer_id=customer.pk, address="13812341234", region="CN", now=NOW
        )

        assert point.is_current
        assert ContactPoint.objects.filter(customer=customer).count() == 2

    def test_vouches_anew_for_an_address_that_was_unusable(self) -> None:
        customer = a_customer(phone="+8613812341234")
        old = ContactPoint.objects.get(customer=customer)
        mark_address_unusable(contact_point_id=old.pk, reason="wrong_number", now=NOW)

        point = correct_address(
            customer_id=customer.pk, address="+8613812341234", region="CN", now=NOW
        )

        assert (point.pk, point.unusable_since, point.unusable_reason) == (old.pk, None, "")

    def test_refuses_what_is_no_number(self) -> None:
        with pytest.raises(BadAddress, match="no valid phone number"):
            correct_address(customer_id=a_customer().pk, address="12", region="CN", now=NOW)

    def test_keeps_made_up_numbers_for_demonstration_borrowers(self) -> None:
        made_up = "+8614000000001"
        shown = a_customer(is_demonstration=True)

        assert correct_address(customer_id=shown.pk, address=made_up, region="CN", now=NOW)
        with pytest.raises(BadAddress, match="only a demonstration book"):
            correct_address(customer_id=a_customer().pk, address=made_up, region="CN", now=NOW)


class TestMarkAddressUnusable:
    def test_keeps_the_first_reason(self) -> None:
        point = ContactPoint.objects.get(customer=a_customer())

        mark_address_unusable(contact_point_id=point.pk, reason="wrong_number", now=NOW)
        again = mark_address_unusable(
            contact_point_id=point.pk, reason="other", now=NOW + timedelta(days=1)
        )

        assert (again.unusable_since, again.unusable_reason) == (NOW, "wrong_number")

    def test_wants_a_reason_and_an_address(self) -> None:
        point = ContactPoint.objects.get(customer=a_customer())

        with pytest.raises(OperationRefused, match="say why"):
            mark_address_unusable(contact_point_id=point.pk, reason="", now=NOW)
        with pytest.raises(NotKnown, match="no contact point"):
            mark_address_unusable(contact_point_id=0, reason="wrong_number", now=NOW)
