"""What a claim makes of the rows it finds: policies switched off, dates moved, rows gone bad."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import ContactPoint, Customer, Instalment
from reminders.gateways.base import Gateway
from reminders.models import Message, Policy, Reminder, StepVersion
from reminders.models.choices import Lane
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from tests.builders import NOW, TODAY, a_customer, a_hold, a_loan, a_payment, an_instalment
from tests.reminder_builders import a_message, a_policy, a_reminder, a_step, publish_steps
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db

ABSURD = "9999999999999999.00"


def due_in(days: int, *, customer: Customer | None = None, amount: str = "100.00") -> Instalment:
    loan = a_loan(customer=customer or a_customer())
    return an_instalment(loan=loan, due_date=TODAY + timedelta(days=days), amount_due=amount)


def reminder_of(instalment: Instalment) -> Reminder:
    return Reminder.objects.get(instalment=instalment)


class TestPolicySwitchedOff:
    """The switch is thrown between two ticks of planning."""

    def test_sends_nothing_more_and_comes_back_with_it(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        policy = a_policy(-3)
        due_in(3)
        plan(now=NOW)
        Policy.objects.update(is_active=False)

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.decided == {"cancelled:step_withdrawn": 1}
        assert Message.objects.count() == 0
        policy.refresh_from_db()
        policy.is_active = True
        policy.save()
        assert plan(now=NOW).retimed == 1
        assert dispatch(now=NOW, gateway=gateway).messages == {"accepted": 1}

    def test_gives_up_what_waits_for_a_busy_gateway(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        a_policy(-3)
        instalment = due_in(3)
        plan(now=NOW)
        phone_network.set_faults(error_rate=1.0, error_status=503)
        dispatch(now=NOW, gateway=gateway)
        phone_network.set_faults()
        Policy.objects.update(is_active=False)
        plan(now=NOW)
        later = NOW + timedelta(minutes=10)

        dispatch(now=later, gateway=gateway)

        waited = Message.objects.get()
        assert (waited.state, waited.reason) == ("cancelled", "no_longer_wanted")
        Policy.objects.update(is_active=True)
        plan(now=later)
        assert reminder_of(instalment).message is None
        assert dispatch(now=later, gateway=gateway).messages == {"accepted": 1}
        assert reminder_of(instalment).message != waited

    def test_a_newer_version_is_waited_for(self, gateway: Gateway) -> None:
        policy = a_policy(-3)
        due_in(3)
        plan(now=NOW)
        publish_steps(policy, a_step(-2, key="day-3"))

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.decided == {"cancelled:step_withdrawn": 1}
        assert plan(now=NOW).retimed == 1
        assert Reminder.objects.get().send_at == NOW + timedelta(days=1)


class TestMovedDueDate:
    """The import that moves it comes between two ticks of planning."""

    @pytest.mark.parametrize("days", [1, 40])
    def test_is_reminded_of_anew(self, days: int, gateway: Gateway) -> None:
        a_policy(-3)
        instalment = due_in(3)
        plan(now=NOW)
        Instalment.objects.update(due_date=instalment.due_date + timedelta(days=days))

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.decided == {"cancelled:due_date_moved": 1}
        later = NOW + timedelta(days=days)
        assert plan(now=later).retimed == 1
        assert dispatch(now=later, gateway=gateway).messages == {"accepted": 1}


class TestAnOlderStepThatComesLater:
    """A rule put it off, and the next step's turn came before its own."""

    THIRD_DAY = NOW + timedelta(days=2)
    PUT_OFF = NOW + timedelta(days=5)

    def put_off(self, *, newer: StepVersion) -> None:
        policy = a_policy(1)
        publish_steps(policy, a_step(1, valid_until_offset_days=9), newer)
        due_in(-1)
        plan(now=NOW)
        older = Reminder.objects.filter(step__key="day-plus-1")
        older.update(reason="hours", next_attempt_at=self.PUT_OFF)
        plan(now=self.THIRD_DAY)

    def test_is_replaced_by_the_newer_one_that_was_sent(self, gateway: Gateway) -> None:
        self.put_off(newer=a_step(3))
        assert dispatch(now=self.THIRD_DAY, gateway=gateway).messages == {"accepted": 1}

        counts = dispatch(now=self.PUT_OFF, gateway=gateway)

        assert counts.decided == {"skipped:replaced_by_newer_step": 1}
        older = Reminder.objects.get(state="skipped")
        assert older.detail == {"newer": "day-plus-3"}

    def test_goes_out_when_the_newer_one_was_not_for_them(self, gateway: Gateway) -> None:
        self.put_off(newer=a_step(3, products=["phone"]))
        decided = dispatch(now=self.THIRD_DAY, gateway=gateway).decided
        assert decided == {"skipped:other_product": 1}

        assert dispatch(now=self.PUT_OFF, gateway=gateway).decided == {"sent": 1}


class TestSeveralRemindersInOneText:
    @pytest.fixture
    def two_loans(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> tuple[Instalment, Instalment]:
        """A text on two loans met a busy gateway; the first loan is on hold until tomorrow."""
        policy = a_policy(-3)
        publish_steps(policy, a_step(-3, valid_until_offset_days=-1))
        first = due_in(3)
        second = due_in(3, customer=first.loan.customer, amount="50.00")
        plan(now=NOW)
        phone_network.set_faults(error_rate=1.0, error_status=503)
        dispatch(now=NOW, gateway=gateway)
        phone_network.set_faults()
        a_hold(customer=first.loan.customer, loan=first.loan, until_at=NOW + timedelta(hours=25))
        return first, second

    def test_one_that_stays_behind_gets_a_text_of_its_own(
        self,
        two_loans: tuple[Instalment, Instalment],
        gateway: Gateway,
        phone_network: SimulatorProcess,
    ) -> None:
        """What was sent is what is stored: its text may not be written over."""
        first, second = two_loans
        dispatch(now=NOW + timedelta(minutes=1), gateway=gateway)
        sent = reminder_of(second).message
        assert sent is not None
        assert sent.amount == Decimal("50.00")
        assert reminder_of(first).message is None

        dispatch(now=NOW + timedelta(hours=25), gateway=gateway)

        other = reminder_of(first).message
        assert other is not None
        assert (other.pk != sent.pk, other.amount) == (True, Decimal("150.00"))
        bodies = {str(m.reference): m.body for m in Message.objects.all()}
        texts = {t["reference"]: t["body"] for t in phone_network.texts()}
        assert bodies.items() <= texts.items()

    def test_a_message_that_ended_is_never_taken_up_again(self, gateway: Gateway) -> None:
        reminder = a_reminder(instalment=due_in(3))
        ended = a_message(reminder=reminder, state="delivered")
        Reminder.objects.update(state="planned")

        dispatch(now=NOW + timedelta(hours=24), gateway=gateway)

        ended.refresh_from_db()
        assert ended.state == "delivered"
        reminder.refresh_from_db()
        assert reminder.message_id != ended.pk


class TestBadRow:
    """One borrower's rows cannot be handled; the others go out, and the bad ones come back."""

    def assert_only_the_others_go_out(self, bad: Instalment, *, gateway: Gateway) -> None:
        good = [due_in(3), due_in(3)]
        plan(now=NOW)

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.messages == {"accepted": 2}
        assert {reminder_of(instalment).state for instalment in good} == {"messaged"}
        pushed = reminder_of(bad)
        assert (pushed.state, pushed.reason) == ("planned", "facts_unreadable")
        assert pushed.next_attempt_at == NOW + timedelta(hours=1)
        assert dispatch(now=NOW, gateway=gateway).borrowers == 0

    def test_amounts_too_large_for_a_message(self, gateway: Gateway) -> None:
        a_policy(-3)
        bad = due_in(3, amount=ABSURD)
        an_instalment(loan=bad.loan, due_date=bad.due_date, amount_due=ABSURD)

        self.assert_only_the_others_go_out(bad, gateway=gateway)

    def test_a_zone_that_is_a_folder(self, gateway: Gateway) -> None:
        a_policy(-3)
        bad = due_in(3)
        plan(now=NOW)
        Customer.objects.filter(loans=bad.loan).update(timezone="Asia")

        self.assert_only_the_others_go_out(bad, gateway=gateway)

    def test_a_borrower_who_moved_to_where_it_is_yesterday(self, gateway: Gateway) -> None:
        """In Los Angeles the instalment is due today; the text says that it is overdue."""
        policy = a_policy(-3)
        publish_steps(policy, a_step(-3), a_step(1))
        bad = due_in(-1)
        plan(now=NOW)
        Customer.objects.filter(loans=bad.loan).update(timezone="America/Los_Angeles")
        good = due_in(3)
        a_reminder(instalment=good, policy=policy)

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.messages == {"accepted": 1}
        assert reminder_of(bad).reason == "facts_unreadable"
        plan(now=NOW)
        assert reminder_of(bad).send_at > NOW

    def test_a_key_that_is_gone_for_one_address(self, gateway: Gateway) -> None:
        a_policy(-3)
        bad = due_in(3)
        ContactPoint.objects.filter(customer=bad.loan.customer).update(address_encrypted=b"")
        due_in(3)
        plan(now=NOW)

        assert dispatch(now=NOW, gateway=gateway).messages == {"accepted": 1}


class TestOnlyTheseBorrowers:
    def test_are_found_however_long_the_queue_is(self, gateway: Gateway) -> None:
        a_policy(-3)
        for _ in range(21):
            due_in(3)
        plan(now=NOW)
        wanted = due_in(3)
        reminder = a_reminder(instalment=wanted, next_attempt_at=NOW + timedelta(seconds=1))

        opened = open_batch(
            now=NOW + timedelta(seconds=1),
            limit=1,
            gateway=gateway.name,
            only=[reminder.customer_id],
        )

        assert opened.borrowers == 1
        assert reminder_of(wanted).state == "messaged"

    def test_who_paid_are_not_written_to(self, gateway: Gateway) -> None:
        a_policy(-3)
        wanted = due_in(3)
        plan(now=NOW)
        a_payment(loan=wanted.loan)

        dispatch(now=NOW, gateway=gateway, only=[wanted.loan.customer_id])

        assert reminder_of(wanted).reason == "paid"


class TestLanes:
    """Who is looked at first when more wait than a claim takes."""

    def first_three(self, gateway: Gateway) -> list[int]:
        """Borrowers in the order in which claims of one take them."""
        found = []
        for _ in range(3):
            opened = open_batch(now=NOW, limit=1, gateway=gateway.name)
            found += [item.message_id for item in opened.outgoing]
        return list(
            Message.objects.filter(pk__in=found).order_by("pk").values_list("customer", flat=True)
        )

    def test_by_hand_before_due_on_the_day_before_all_others(self, gateway: Gateway) -> None:
        a_policy(-3)
        long_ago, today, asked = due_in(3), due_in(3), due_in(3)
        plan(now=NOW)
        for instalment, lane, minutes in ((long_ago, 2, 90), (today, 1, 60), (asked, 0, 1)):
            Reminder.objects.filter(instalment=instalment).update(
                lane=lane, next_attempt_at=NOW - timedelta(minutes=minutes)
            )

        claimed = self.first_three(gateway)

        assert claimed == [i.loan.customer_id for i in (asked, today, long_ago)]

    def test_planning_tells_what_is_due_on_the_day_from_the_rest(self) -> None:
        a_policy(-3, 0)
        in_three_days, today = due_in(3), due_in(0)

        plan(now=NOW)

        assert reminder_of(in_three_days).lane == Lane.OTHERS
        assert reminder_of(today).lane == Lane.ON_THE_DAY
