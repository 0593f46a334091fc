"""At most once, whatever gateways and workers do. Most of it over HTTP to the simulator."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Loan
from reminders.gateways.base import Accepted, Busy, Gateway, Outcome, Text, Unclear
from reminders.gateways.json_http import JsonHttpGateway, JsonHttpOptions
from reminders.models import Attempt, Message, Receipt, Reminder
from reminders.pipeline.closing import close_batch
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.sweeping import NEVER_SEEN_BELIEVED_AFTER, TOO_OLD, sweep
from tests.builders import NOW, TODAY, a_customer, a_loan, a_payment, an_instalment
from tests.integration.beside import beside
from tests.integration.phone_off import says
from tests.reminder_builders import a_message, a_policy, a_step, publish_steps
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=20)


def due(borrowers: int = 1) -> None:
    """So many borrowers with a reminder for now."""
    a_policy(-3)
    for _ in range(borrowers):
        an_instalment(loan=a_loan(customer=a_customer()), due_date=TODAY + timedelta(days=3))
    plan(now=NOW)


def forgetful(network: SimulatorProcess) -> Gateway:
    """The simulator as a gateway that does not promise to send a reference only once."""
    network.set_faults(ignores_references=True)
    return JsonHttpGateway(
        JsonHttpOptions(
            name="json_http",
            url=f"{network.url}/v1",
            token=network.token,
            secret=network.secret,
            callback_url="",
        )
    )


@dataclass(slots=True)
class Faulty:
    """A gateway's file with a fault: `answers` is what `send` does with each call."""

    answers: list[Any]
    name: str = "simulator"
    max_batch: int = 2
    honours_references: bool = True
    can_query: bool = True
    takes_demonstrations: bool = False
    calls: list[int] = field(default_factory=list)

    def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
        self.calls.append(len(texts))
        answer = self.answers[len(self.calls) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    query: Any = None
    verify: Any = None
    read_receipts: Any = None


class TestAGatewaysFileWithAFault:
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (RuntimeError("boom"), "gateway_failed"),
            ([Accepted("1")], "answers_miscounted"),
            ([Accepted("1"), Accepted("2"), Accepted("3")], "answers_miscounted"),
            ([None, "accepted"], "unreadable_answer"),
        ],
    )
    def test_leaves_its_texts_unclear_and_the_others_as_they_are(
        self, answer: Any, code: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        due(6)
        good = [Accepted("1"), Accepted("2")]
        gateway = Faulty([good, answer, [Accepted("5"), Busy("throttled")]])

        with caplog.at_level(logging.ERROR):
            counts = dispatch(now=NOW, gateway=gateway)

        assert counts.messages == {"accepted": 3, "unknown": 2, "waiting": 1}
        unclear = Attempt.objects.filter(outcome="unclear")
        assert set(unclear.values_list("code", flat=True)) == {code}
        assert not Attempt.objects.filter(outcome="open").exists()
        assert bool(caplog.records) is (code != "unreadable_answer")

    def test_cannot_spoil_the_answers_of_a_batch_with_a_number_that_cannot_be_stored(self) -> None:
        due(2)

        counts = dispatch(now=NOW, gateway=Faulty([[Accepted("a\0b"), Accepted("2" * 300)]]))

        assert counts.messages == {"accepted": 2}
        assert set(Attempt.objects.values_list("provider_id", flat=True)) == {"ab", "2" * 128}


class TestAGatewayThatForgetsReferences:
    def test_is_never_sent_to_again_although_it_says_that_it_never_saw_the_text(
        self, phone_network: SimulatorProcess
    ) -> None:
        due()
        gateway = forgetful(phone_network)
        phone_network.set_faults(ignores_references=True, error_rate=1.0, error_status=500)
        assert dispatch(now=NOW, gateway=gateway).messages == {"unknown": 1}
        phone_network.set_faults(ignores_references=True)
        message = Message.objects.get()
        (said,) = gateway.query([str(message.reference)])
        assert said.status == "not_found"

        for minutes in (1, 10, 60, 600):
            swept = sweep(now=NOW + timedelta(minutes=minutes), gateway=gateway)
            assert swept.never_seen == 0
            assert dispatch(now=NOW + timedelta(minutes=minutes), gateway=gateway).borrowers == 0
        sweep(now=NOW + TOO_OLD, gateway=gateway)

        message.refresh_from_db()
        assert (message.state, message.reason, message.ask_at) == ("unknown", "unresolved", None)
        assert Attempt.objects.count() == 1
        assert Reminder.objects.get().state == "messaged"

    def test_is_not_sent_to_twice_after_a_dead_worker(
        self, phone_network: SimulatorProcess
    ) -> None:
        due()
        gateway = forgetful(phone_network)
        (outgoing,) = open_batch(now=NOW, limit=10, gateway=gateway.name).outgoing
        gateway.send([outgoing.text])

        sweep(now=LATER, gateway=gateway)
        dispatch(now=LATER, gateway=gateway)

        references = [text["reference"] for text in phone_network.texts()]
        assert references.count(outgoing.text.reference) == 1
        assert Message.objects.get().state == "delivered"


class TestNeverSeen:
    def test_is_believed_only_when_no_request_can_be_on_its_way(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        due()
        phone_network.set_faults(error_rate=1.0, error_status=500)
        dispatch(now=NOW, gateway=gateway)
        phone_network.set_faults()
        message = Message.objects.get()
        assert message.ask_at is not None

        at, asked = message.ask_at, 0
        while message.state == "unknown":
            assert at <= NOW + NEVER_SEEN_BELIEVED_AFTER + timedelta(seconds=1)
            sweep(now=at, gateway=gateway)
            message.refresh_from_db()
            asked += 1
            at = message.ask_at or at

        assert (message.state, message.reason) == ("waiting", "never_seen")
        assert at >= NOW + NEVER_SEEN_BELIEVED_AFTER
        assert 2 <= asked <= 9

    def test_counts_from_the_end_of_a_call_that_took_long(self, gateway: Gateway) -> None:
        """The worker stood still in its call; what it sent when it went on is still on its way."""
        due()
        (outgoing,) = open_batch(now=NOW, limit=10, gateway=gateway.name).outgoing
        ended_at = NOW + timedelta(minutes=10)
        close_batch([(outgoing, Unclear("timeout"))], now=ended_at)

        early = sweep(now=NOW + NEVER_SEEN_BELIEVED_AFTER, gateway=gateway)
        asked_next = Message.objects.get().ask_at
        late = sweep(now=ended_at + NEVER_SEEN_BELIEVED_AFTER, gateway=gateway)

        assert (early.asked, early.never_seen, late.never_seen) == (1, 0, 1)
        assert asked_next == ended_at + NEVER_SEEN_BELIEVED_AFTER

    def test_and_yet_accepted_after_the_borrower_paid_is_seen_in_the_history(
        self, gateway: Gateway
    ) -> None:
        """A worker stood still for minutes right before its call; its text was given up."""
        due()
        (stuck,) = open_batch(now=NOW, limit=10, gateway=gateway.name).outgoing
        assert sweep(now=LATER, gateway=gateway).never_seen == 1
        a_payment(loan=Loan.objects.get(), amount="100.00")
        dispatch(now=LATER, gateway=gateway)
        assert Message.objects.get().state == "cancelled"

        (answer,) = gateway.send([stuck.text])
        close_batch([(stuck, answer)], now=LATER + timedelta(seconds=5))

        message = Message.objects.get()
        assert message.state == "cancelled"
        assert message.may_have_reached_at == LATER + timedelta(seconds=5)

    def test_and_yet_delivered_is_seen_by_its_receipt(self, gateway: Gateway) -> None:
        message = a_message(state="cancelled")
        says(message, "delivered")

        apply_receipts(now=LATER, limit=10)

        message.refresh_from_db()
        assert message.may_have_reached_at == LATER

    def test_does_not_come_back_under_another_reference_when_its_step_is_withdrawn(
        self, gateway: Gateway
    ) -> None:
        """Cancelled, it would be planned anew with the next policy that names the step."""
        due()
        open_batch(now=NOW, limit=10, gateway=gateway.name)
        sweep(now=LATER, gateway=gateway)
        reminder = Reminder.objects.get()
        publish_steps(reminder.step_version.version.policy, a_step(-2))  # type: ignore[union-attr]

        dispatch(now=LATER, gateway=gateway)

        reminder.refresh_from_db()
        assert (reminder.state, reminder.reason) == ("skipped", "step_withdrawn")


class TestAWorkerThatIsLate:
    def test_does_not_begin_a_call_beyond_half_its_lease(self, gateway: Gateway) -> None:
        due()
        seconds = iter([0.0, 91.0, 91.0])

        counts = dispatch(now=NOW, gateway=gateway, stopwatch=lambda: next(seconds))

        assert counts.messages == {"waiting": 1}
        assert Attempt.objects.get().code == "out_of_time"

    @pytest.mark.parametrize(("passed", "left"), [(88.0, 2.0), (10.0, 5.0)])
    def test_gives_the_gateway_no_more_time_than_is_left(self, passed: float, left: float) -> None:
        due()
        given: list[float] = []

        class Listens(Faulty):
            def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
                given.append(within)
                return [Accepted("1")]

        seconds = iter([0.0, passed, passed])
        dispatch(now=NOW, gateway=Listens([]), stopwatch=lambda: next(seconds))

        assert given == [left]


class TestAnotherGateway:
    def test_gets_a_message_of_its_own_for_what_waits_for_the_first(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        """A late word of the first about its reference must find its own message."""
        due()
        phone_network.set_faults(error_rate=1.0, error_status=503)
        dispatch(now=NOW, gateway=gateway)
        phone_network.set_faults()
        first = Message.objects.get()
        assert first.state == "waiting"

        dispatch(now=LATER, gateway=forgetful(phone_network))

        first.refresh_from_db()
        second = Message.objects.exclude(pk=first.pk).get()
        assert (first.state, first.gateway) == ("cancelled", "simulator")
        assert (second.state, second.gateway) == ("accepted", "json_http")
        says(first, "delivered")
        assert apply_receipts(now=LATER, limit=10).late == 1


@pytest.mark.django_db(transaction=True)
class TestAReceiptOfAnUnknownReference:
    def test_cannot_become_known_later_for_rows_are_committed_before_the_call(self) -> None:
        """So it is stored and counted once, and nobody has to look at it again."""
        due()
        known: list[bool] = []

        class Asks(Faulty):
            def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
                assert not connection.in_atomic_block
                reference = uuid.UUID(texts[0].reference)
                found = beside(lambda: Message.objects.filter(reference=reference).exists())
                known.append(bool(found.result(timeout=15)))
                return [Unclear("read_timeout")]

        dispatch(now=NOW, gateway=Asks([]))

        assert known == [True]

    def test_is_stored_and_counted_once(self) -> None:
        message = Message(reference=uuid.uuid4(), gateway="simulator")
        says(message, "delivered", event="e")
        says(message, "delivered", event="e")

        counts = apply_receipts(now=NOW, limit=10)

        assert (counts.unknown_reference, counts.doubled) == (1, 1)
        assert Receipt.objects.get().effect == "unknown_reference"
