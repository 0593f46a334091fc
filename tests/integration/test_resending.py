"""Sent again only where it is safe: Wei's phone was off, says the carrier."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Instalment
from reminders.gateways.base import Gateway, Status
from reminders.models import Attempt, ContactRules, EarlierText, Message, Reminder
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.sweeping import _store, sweep
from tests.builders import NOW, TODAY, a_customer, a_loan, a_payment, an_instalment
from tests.integration.beside import beside
from tests.integration.phone_off import LATER, SOON, newest, phone_was_off, says, sent
from tests.reminder_builders import a_message, a_policy, a_reminder, a_step, publish_steps
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db


class TestATextThatFoundThePhoneOff:
    def test_is_followed_by_another_with_the_amount_of_then(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        first = sent(gateway)
        assert phone_was_off(first).applied == 1
        reminder = Reminder.objects.get()
        assert (reminder.state, reminder.reason) == ("planned", "undelivered")
        assert reminder.next_attempt_at == NOW + SOON

        a_payment(loan=Instalment.objects.get().loan, amount="40.00")
        assert dispatch(now=NOW + SOON - timedelta(seconds=1), gateway=gateway).borrowers == 0
        dispatch(now=NOW + SOON, gateway=gateway)

        second = newest()
        assert second.reference != first.reference
        assert "60.00元" in second.body
        first.refresh_from_db()
        assert (first.state, first.reason) == ("undelivered", "EXPIRED")
        assert "100.00元" in first.body
        reminder.refresh_from_db()
        assert (reminder.state, reminder.message) == ("messaged", second)
        assert [(e.message, e.number) for e in EarlierText.objects.all()] == [(first, 1)]
        references = [str(first.reference), str(second.reference)]
        assert [t["reference"] for t in phone_network.texts() if t["reference"] in references] == (
            references
        )

    def test_is_decided_afresh_so_who_paid_gets_none(self, gateway: Gateway) -> None:
        first = sent(gateway)
        phone_was_off(first)
        a_payment(loan=Instalment.objects.get().loan, amount="100.00")

        counts = dispatch(now=NOW + SOON, gateway=gateway)

        assert counts.decided == {"skipped:paid": 1}
        assert Message.objects.count() == 1

    def test_is_followed_by_two_at_most(self, gateway: Gateway) -> None:
        sent(gateway)
        now, waits = NOW, []
        for _ in range(3):
            phone_was_off(newest(), now=now)
            reminder = Reminder.objects.get()
            if reminder.state == "planned":
                waits.append(reminder.next_attempt_at - now)
                now = reminder.next_attempt_at
                dispatch(now=now, gateway=gateway)

        assert waits == [SOON, LATER]
        assert Message.objects.count() == 3
        assert Reminder.objects.get().state == "messaged"
        assert list(EarlierText.objects.values_list("number", flat=True)) == [1, 2]

    def test_is_not_followed_when_it_would_no_longer_be_true(self, gateway: Gateway) -> None:
        first = sent(gateway)
        midnight = Reminder.objects.get().expires_at

        phone_was_off(first, now=midnight - SOON)

        assert Reminder.objects.get().state == "messaged"
        assert not EarlierText.objects.exists()

    def test_found_out_by_asking_is_followed_as_well(self, gateway: Gateway) -> None:
        first = sent(gateway)
        answer = Status(str(first.reference), "undelivered", "EXPIRED", None, "e", temporary=True)

        _store([answer], references=[answer.reference], lapsed=0, gateway=gateway, now=NOW)

        assert Reminder.objects.get().next_attempt_at == NOW + SOON

    def test_as_the_gateway_says_when_asked_is_followed_over_real_http(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        phone_network.set_faults(undelivered_rate=1, temporary_rate=1)
        sent(gateway)
        asked_at = NOW + timedelta(hours=1, minutes=1)

        assert sweep(now=asked_at, gateway=gateway).resolved == 1
        phone_network.set_faults()
        counts = dispatch(now=asked_at + SOON, gateway=gateway)

        assert counts.messages == {"accepted": 1}

    def test_is_no_contact(self, gateway: Gateway) -> None:
        """Or the twenty hours between two texts would forbid what is to be sent again."""
        ContactRules.objects.create(pk=1, per_day=1, hours_between=20, updated_at=NOW)
        first = sent(gateway)
        phone_was_off(first)

        assert dispatch(now=NOW + SOON, gateway=gateway).decided == {"sent": 1}

    def test_of_two_instalments_is_followed_by_what_is_still_owed(self, gateway: Gateway) -> None:
        a_policy(-3)
        loan = a_loan(customer=a_customer())
        for amount in ("100.00", "50.00"):
            an_instalment(
                loan=a_loan(customer=loan.customer),
                due_date=TODAY + timedelta(days=3),
                amount_due=amount,
            )
        plan(now=NOW)
        dispatch(now=NOW, gateway=gateway)
        first = Message.objects.get()
        phone_was_off(first)
        a_payment(loan=Instalment.objects.get(amount_due="50.00").loan, amount="50.00")

        counts = dispatch(now=NOW + SOON, gateway=gateway)

        assert counts.decided == {"sent": 1, "skipped:paid": 1}
        assert "100.00元" in newest().body


class TestIsNotSentAgain:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"temporary": False},
            {"temporary": "yes"},
            {"temporary": 1},
            {"temporary": True, "code": "number_not_in_service"},
        ],
    )
    def test_after_a_failure_that_is_not_said_to_pass(
        self, fields: dict[str, Any], gateway: Gateway
    ) -> None:
        first = sent(gateway)
        says(first, **fields)

        apply_receipts(now=NOW, limit=10)

        assert Reminder.objects.get().state == "messaged"

    def test_when_a_doubled_receipt_says_it_twice(self, gateway: Gateway) -> None:
        first = sent(gateway)
        says(first, temporary=True, event="same")
        says(first, temporary=True, event="same")
        says(first, temporary=True)

        counts = apply_receipts(now=NOW, limit=10)

        assert (counts.applied, counts.doubled, counts.late) == (1, 1, 1)
        assert EarlierText.objects.count() == 1
        dispatch(now=NOW + SOON, gateway=gateway)
        says(first, temporary=True)
        apply_receipts(now=NOW + SOON, limit=10)
        assert Reminder.objects.get().message == newest()
        assert Reminder.objects.get().state == "messaged"

    def test_while_a_call_for_it_may_have_left_another_text(self) -> None:
        message = a_message()
        Attempt.objects.update(number=2)
        Attempt.objects.create(
            message=message,
            number=1,
            gateway="simulator",
            opened_at=NOW,
            closed_at=NOW,
            outcome="unclear",
        )

        phone_was_off(message)

        assert Reminder.objects.get().state == "messaged"

    def test_when_the_gateway_had_said_that_it_was_not_sent(self) -> None:
        """Whoever says busy and sends may have sent it twice."""
        message = a_message(state="waiting")
        Reminder.objects.update(state="planned")

        assert phone_was_off(message).applied == 1
        assert Reminder.objects.get().state == "messaged"

    def test_when_the_text_before_it_arrived_after_all(self, gateway: Gateway) -> None:
        first = sent(gateway)
        phone_was_off(first)
        dispatch(now=NOW + SOON, gateway=gateway)
        says(first, "delivered")
        apply_receipts(now=NOW + SOON, limit=10)

        phone_was_off(newest(), now=NOW + SOON)

        assert Reminder.objects.get().state == "messaged"
        assert EarlierText.objects.count() == 1

    @pytest.mark.parametrize("state", ["delivered", "undelivered", "rejected", "cancelled"])
    def test_when_it_had_ended(self, state: str) -> None:
        message = a_message(state=state)

        assert phone_was_off(message).late == 1
        assert Reminder.objects.get().state == "messaged"

    def test_as_a_step_that_comes_back_after_it_was_withdrawn(self, gateway: Gateway) -> None:
        """What is cancelled may be planned anew; what was sent in vain has had its turn."""
        first = sent(gateway)
        phone_was_off(first)
        reminder = Reminder.objects.get()
        assert reminder.step_version is not None
        publish_steps(reminder.step_version.version.policy, a_step(-2))

        dispatch(now=NOW + SOON, gateway=gateway)

        reminder.refresh_from_db()
        assert (reminder.state, reminder.reason) == ("skipped", "step_withdrawn")


class TestAWordThatItArrivedAfterAll:
    def test_stops_what_is_planned_and_leaves_the_end_as_it_was(self, gateway: Gateway) -> None:
        first = sent(gateway)
        phone_was_off(first)
        says(first, "delivered")

        counts = apply_receipts(now=NOW + timedelta(minutes=1), limit=10)

        assert counts.late == 1
        reminder = Reminder.objects.get()
        assert (reminder.state, reminder.message) == ("messaged", first)
        first.refresh_from_db()
        assert first.state == "undelivered"
        assert first.may_have_reached_at == NOW + timedelta(minutes=1)
        assert dispatch(now=NOW + SOON, gateway=gateway).borrowers == 0

    @pytest.mark.parametrize("order", [["undelivered", "delivered"], ["delivered", "undelivered"]])
    def test_in_the_same_batch_sends_nothing(self, order: list[str], gateway: Gateway) -> None:
        first = sent(gateway)
        for minute, status in enumerate(order):
            at = (NOW + timedelta(minutes=minute)).isoformat()
            says(first, status, at=at, temporary=status == "undelivered")

        apply_receipts(now=NOW + timedelta(minutes=5), limit=10)

        first.refresh_from_db()
        assert first.state == order[0]
        assert Reminder.objects.get().state == "messaged"

    def test_stops_the_second_text_that_waits_for_a_busy_gateway(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        first = sent(gateway)
        phone_was_off(first)
        phone_network.set_faults(error_rate=1.0, error_status=503)
        dispatch(now=NOW + SOON, gateway=gateway)
        assert newest().state == "waiting"
        says(first, "delivered")

        apply_receipts(now=NOW + SOON, limit=10)

        assert Reminder.objects.get().state == "messaged"
        phone_network.set_faults()
        assert dispatch(now=NOW + LATER, gateway=gateway).borrowers == 0

    def test_stops_the_second_text_although_the_call_for_it_was_under_way(
        self, gateway: Gateway
    ) -> None:
        """The gateway was busy, so the reminder came back; its first text is known by then."""
        first = sent(gateway)
        phone_was_off(first)
        open_batch(now=NOW + SOON, limit=10, gateway="simulator")
        says(first, "delivered")
        apply_receipts(now=NOW + SOON, limit=10)
        assert newest().state == "sending"
        Message.objects.filter(pk=newest().pk).update(state="waiting", lease_until=None)
        Reminder.objects.update(state="planned", reason="gateway_busy")

        dispatch(now=NOW + LATER, gateway=gateway)

        assert newest().state == "waiting"
        assert Reminder.objects.get().message == first

    def test_makes_the_text_a_contact_again(self, gateway: Gateway) -> None:
        ContactRules.objects.create(pk=1, per_day=1, hours_between=20, updated_at=NOW)
        first = sent(gateway)
        phone_was_off(first)
        says(first, "delivered")
        apply_receipts(now=NOW, limit=10)
        a_reminder(instalment=an_instalment(loan=a_loan(customer=first.customer)))

        counts = dispatch(now=NOW + SOON, gateway=gateway)

        assert "sent" not in counts.decided

    @pytest.mark.parametrize(
        ("state", "said", "marked"),
        [
            ("cancelled", "accepted", True),
            ("cancelled", "delivered", True),
            ("rejected", "delivered", True),
            ("undelivered", "accepted", False),
            ("delivered", "delivered", False),
        ],
    )
    def test_is_noted_with_every_end_that_it_contradicts(
        self, state: str, said: str, marked: bool
    ) -> None:
        message = a_message(state=state)
        says(message, said)

        apply_receipts(now=NOW, limit=10)

        message.refresh_from_db()
        assert message.state == state
        assert (message.may_have_reached_at is not None) is marked


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_the_word_that_comes_before_the_claim_stops_it(self, gateway: Gateway) -> None:
        first = sent(gateway)
        phone_was_off(first)
        says(first, "delivered")

        with transaction.atomic():
            apply_receipts(now=NOW + SOON, limit=10)
            claim = beside(lambda: dispatch(now=NOW + SOON, gateway=gateway))
        claim.result(timeout=15)
        dispatch(now=NOW + SOON, gateway=gateway)

        assert Message.objects.count() == 1

    def test_the_word_that_comes_after_the_claim_is_kept(self, gateway: Gateway) -> None:
        first = sent(gateway)
        phone_was_off(first)
        says(first, "delivered")

        with transaction.atomic():
            open_batch(now=NOW + SOON, limit=10, gateway="simulator")
            receipt = beside(lambda: apply_receipts(now=NOW + SOON, limit=10))
        receipt.result(timeout=15)

        assert Reminder.objects.get().message == newest() != first
        first.refresh_from_db()
        assert first.may_have_reached_at == NOW + SOON
