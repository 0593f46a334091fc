"""Dispatch on a real database and over HTTP: Wei owes 100 yuan; it is 10:00 in Shanghai."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Customer, Instalment
from reminders.gateways.base import Gateway
from reminders.models import Attempt, Message, Reminder
from reminders.pipeline.dispatch import DispatchCounts, dispatch
from reminders.pipeline.opening import count_due
from reminders.pipeline.planning import plan
from reminders.pipeline.sweeping import sweep
from tests.builders import (
    NOW,
    a_contact_point,
    a_hold,
    a_loan,
    a_payment,
    an_instalment,
)
from tests.integration.wei import SlowGateway, wei_owes
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db


def texts_of(network: SimulatorProcess, instalment: Instalment) -> list[str]:
    """What reached this borrower's phone."""
    references = set(
        map(str, instalment.loan.customer.messages.values_list("reference", flat=True))
    )
    return [text["body"] for text in network.texts() if text["reference"] in references]


class TestDispatch:
    def test_sends_the_amount_of_today(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes("100.00")
        a_payment(loan=instalment.loan, amount="30.00")

        counts = dispatch(now=NOW, gateway=gateway)

        assert (counts.borrowers, counts.decided, counts.messages) == (
            1,
            {"sent": 1},
            {"accepted": 1},
        )
        message = Message.objects.get()
        assert message.amount == Decimal("70.00")
        assert texts_of(phone_network, instalment) == [message.body]
        assert "70.00元" in message.body

    def test_does_nothing_when_nothing_is_due(self, gateway: Gateway) -> None:
        wei_owes(days=4)

        assert dispatch(now=NOW, gateway=gateway) == DispatchCounts()

    def test_stores_what_was_sent(self, gateway: Gateway) -> None:
        wei_owes()

        dispatch(now=NOW, gateway=gateway)

        message = Message.objects.get()
        attempt = Attempt.objects.get()
        assert (message.state, message.lease_until, message.parts) == ("accepted", None, 1)
        assert message.price == Decimal("0.045")
        assert (attempt.outcome, attempt.number) == ("accepted", 1)
        assert attempt.provider_id
        assert Reminder.objects.get().message == message

    def test_hands_nothing_over_once_the_permitted_hours_are_past(self) -> None:
        wei_owes()
        wei_owes()
        Reminder.objects.update(expires_at=NOW + timedelta(days=2))
        closing = NOW.replace(hour=10, minute=59)  # 18:59 in Shanghai
        gateway = SlowGateway(seconds=70)

        first = dispatch(now=closing, gateway=gateway, stopwatch=gateway.stopwatch)
        second = dispatch(now=closing + timedelta(minutes=5), gateway=gateway)

        assert first.messages == {"accepted": 1, "waiting": 1}
        assert second.decided == {"deferred:hours": 1}
        assert len(gateway.handed) == 1

    def test_skips_with_a_reason_what_was_paid_meanwhile(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes("100.00")
        a_payment(loan=instalment.loan, amount="100.00")

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.decided == {"skipped:paid": 1}
        assert texts_of(phone_network, instalment) == []

    def test_looks_again_when_a_hold_ends(self, gateway: Gateway) -> None:
        instalment = wei_owes()
        until = NOW + timedelta(hours=5)
        a_hold(customer=instalment.loan.customer, until_at=until)

        dispatch(now=NOW, gateway=gateway)
        assert Reminder.objects.get().next_attempt_at == until
        counts = dispatch(now=until, gateway=gateway)

        assert counts.decided == {"sent": 1}

    def test_makes_one_text_of_two_loans(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        first = wei_owes("100.00")
        an_instalment(
            loan=a_loan(customer=first.loan.customer), due_date=first.due_date, amount_due="50.50"
        )
        plan(now=NOW)

        dispatch(now=NOW, gateway=gateway)

        assert Message.objects.get().reminders.count() == 2
        (text,) = texts_of(phone_network, first)
        assert "150.50元" in text

    def test_speaks_the_borrowers_language(self, gateway: Gateway) -> None:
        wei_owes(language="en", name="Mary Ann Smith")

        dispatch(now=NOW, gateway=gateway)

        message = Message.objects.get()
        assert message.language == "en"
        assert "Mary S." in message.body
        assert "26 Nov" in message.body

    def test_goes_on_with_the_others_when_one_address_cannot_be_read(
        self, gateway: Gateway
    ) -> None:
        good, bad = wei_owes(), wei_owes()
        bad.loan.customer.contact_points.update(address_encrypted=b"rubbish")

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.decided == {"sent": 1, "deferred:text_impossible": 1}
        assert Reminder.objects.get(instalment=bad).next_attempt_at == NOW + timedelta(hours=1)
        assert Reminder.objects.get(instalment=good).state == "messaged"

    def test_takes_a_corrected_number(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes()
        customer = instalment.loan.customer
        customer.contact_points.update(is_current=False)
        a_contact_point(customer=customer, address="+8613900000001")

        dispatch(now=NOW, gateway=gateway)

        assert len(phone_network.texts(to="+8613900000001")) == 1


class TestBusyGateway:
    def test_is_tried_again_with_the_amount_of_then(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes("100.00")
        phone_network.set_faults(error_rate=1.0, error_status=503)
        counts = dispatch(now=NOW, gateway=gateway)
        assert counts.messages == {"waiting": 1}
        reminder = Reminder.objects.get()
        assert (reminder.state, reminder.reason) == ("planned", "gateway_busy")
        assert reminder.next_attempt_at > NOW

        phone_network.set_faults()
        a_payment(loan=instalment.loan, amount="40.00")
        dispatch(now=reminder.next_attempt_at, gateway=gateway)

        message = Message.objects.get()
        assert (message.state, message.amount) == ("accepted", Decimal("60.00"))
        assert list(message.attempts.order_by("number").values_list("outcome", flat=True)) == [
            "busy",
            "accepted",
        ]
        assert texts_of(phone_network, instalment) == [message.body]

    def test_is_given_up_with_the_message_cancelled_when_the_borrower_pays(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes("100.00")
        phone_network.set_faults(error_rate=1.0, error_status=503)
        dispatch(now=NOW, gateway=gateway)
        a_payment(loan=instalment.loan, amount="100.00")

        dispatch(now=NOW + timedelta(minutes=5), gateway=gateway)

        assert Reminder.objects.get().reason == "paid"
        assert Message.objects.get().state == "cancelled"


class TestUnclearOutcome:
    def test_is_never_sent_again_and_is_cleared_up_by_asking(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes()
        phone_network.set_faults(timeout_after_acceptance_rate=1.0)

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.messages == {"unknown": 1}
        assert count_due(now=NOW + timedelta(days=1), most=10) == 0
        phone_network.set_faults()
        swept = sweep(now=NOW + timedelta(minutes=1), gateway=gateway)
        assert (swept.asked, swept.resolved) == (1, 1)
        assert Message.objects.get().state in ("accepted", "delivered")
        assert len(texts_of(phone_network, instalment)) == 1


class TestDeadWorker:
    """A worker dies between opening an attempt and closing it."""

    LATER = NOW + timedelta(minutes=20)

    def opened(self, gateway: Gateway) -> Message:
        from reminders.pipeline.opening import open_batch

        open_batch(now=NOW, limit=10, gateway=gateway.name)
        return Message.objects.get()

    def test_before_the_call_the_text_goes_out_once_after_asking(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalment = wei_owes()
        message = self.opened(gateway)

        swept = sweep(now=self.LATER, gateway=gateway)
        dispatch(now=self.LATER, gateway=gateway)

        assert (swept.lapsed, swept.never_seen) == (1, 1)
        message.refresh_from_db()
        assert message.state == "accepted"
        assert len(texts_of(phone_network, instalment)) == 1

    def test_leaves_it_unknown_while_the_gateway_cannot_be_asked(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        wei_owes()
        message = self.opened(gateway)
        phone_network.set_faults(error_rate=1.0, error_status=500)

        swept = sweep(now=self.LATER, gateway=gateway)

        assert (swept.lapsed, swept.resolved, swept.still_open) == (1, 0, 1)
        message.refresh_from_db()
        assert (message.state, message.reason) == ("unknown", "lease_lapsed")
        assert message.ask_at is not None
        assert message.ask_at > self.LATER

    def test_is_for_a_person_after_three_days(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        wei_owes()
        message = self.opened(gateway)
        phone_network.set_faults(error_rate=1.0, error_status=500)

        sweep(now=NOW + timedelta(hours=73), gateway=gateway)

        message.refresh_from_db()
        assert (message.state, message.reason, message.ask_at) == ("unknown", "unresolved", None)


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_never_send_one_borrower_two_texts(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        instalments = [wei_owes() for _ in range(40)]

        def work() -> None:
            try:
                while dispatch(now=NOW, gateway=gateway, limit=5).borrowers:
                    pass
            finally:
                connection.close()

        with ThreadPoolExecutor(3) as pool:
            for ended in [pool.submit(work) for _ in range(3)]:
                ended.result()

        assert Message.objects.count() == Customer.objects.count() == 40
        assert all(len(texts_of(phone_network, instalment)) == 1 for instalment in instalments[:5])
        assert Message.objects.filter(state="accepted").count() == 40
