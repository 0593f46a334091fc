"""What happens at the same moment, or comes too late, is told apart and loses nothing."""

import random
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.importing.book import Outcome as Imported
from accounts.importing.book import import_book
from accounts.models import ContactPoint, Instalment
from accounts.operations import record_payment
from reminders.core.eligibility import decide
from reminders.core.types import BorrowerPlan
from reminders.facts.borrowers import rules_in_force
from reminders.gateways.base import Accepted, Busy, Gateway, Outcome, Rejected, Status, Unclear
from reminders.models import Attempt, Message, Policy, Reminder
from reminders.pipeline import sweeping
from reminders.pipeline.closing import close_batch
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.opening import Opened, open_batch
from reminders.pipeline.planning import PlanCounts, plan
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.storing import Outgoing
from reminders.pipeline.sweeping import sweep
from tests.builders import NOW, TODAY, a_contact_point, an_instalment
from tests.integration.beside import beside
from tests.integration.books import INSTALMENTS, PAYMENTS, a_book, bring_in, counts, write
from tests.integration.test_receipts_together import arrives, many_sending, outgoing, together
from tests.reminder_builders import a_policy, a_step, publish_steps
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(minutes=20)


def due_now() -> Reminder:
    a_policy(-3)
    instalment = an_instalment(due_date=TODAY + timedelta(days=3))
    plan(now=NOW)
    return Reminder.objects.get(instalment=instalment)


class TestPlanningBesideAClaim:
    def test_does_not_withdraw_what_is_just_being_sent(
        self, gateway: Gateway, phone_network: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Withdrawn, it would come back with the policy and go out a second time."""
        reminder = due_now()
        outcomes: list[Future[object]] = []

        def switch_off_and_plan() -> PlanCounts:
            Policy.objects.update(is_active=False)
            return plan(now=NOW)

        def decide_slowly(*args: Any, **kwargs: Any) -> BorrowerPlan:
            outcomes.append(beside(switch_off_and_plan))
            return decide(*args, **kwargs)

        monkeypatch.setattr("reminders.pipeline.opening.decide", decide_slowly)

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.messages == {"accepted": 1}
        assert outcomes[0].result(timeout=10) == PlanCounts()
        reminder.refresh_from_db()
        assert reminder.state == "messaged"
        assert reminder.message is not None

    def test_keeps_nothing_from_a_claim_that_it_does_not_change(self, gateway: Gateway) -> None:
        due_now()

        with transaction.atomic():
            plan(now=NOW)
            claim = beside(partial(open_batch, now=NOW, limit=10, gateway=gateway.name))
            assert claim.done()

        assert Message.objects.count() == 1

    def test_keeps_what_it_moves_for_the_next_claim(self, gateway: Gateway) -> None:
        due_now()
        publish_steps(Policy.objects.get(), a_step(-3, local_time=time(9, 59)))

        with transaction.atomic():
            assert plan(now=NOW).retimed == 1
            claim = beside(partial(open_batch, now=NOW, limit=10, gateway=gateway.name))
            opened = claim.result(timeout=10)

        assert isinstance(opened, Opened)
        assert opened.borrowers == 0
        assert open_batch(now=NOW, limit=10, gateway=gateway.name).borrowers == 1


class TestImportBesideAClaim:
    def test_that_replaces_a_number_does_not_stop_the_claim(
        self, gateway: Gateway, phone_network: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reminder = due_now()
        ours = reminder.customer
        phone_network.set_faults()

        def replace() -> None:
            ContactPoint.objects.filter(customer=ours).update(is_current=False)
            a_contact_point(customer=ours, address="+8613900000077")

        def rules_then_replace() -> Any:
            beside(replace).result(timeout=10)
            return rules_in_force()

        monkeypatch.setattr("reminders.pipeline.opening.rules_in_force", rules_then_replace)

        counts = dispatch(now=NOW, gateway=gateway)

        assert counts.messages == {"accepted": 1}


class TestImportBesideAPayment:
    def test_wait_for_each_other_without_a_deadlock(self, tmp_path: Path) -> None:
        """The import changed the instalment and has yet to allocate the loan's payments."""
        folder = bring_in_a_book(tmp_path)
        write(folder, "instalments.csv", INSTALMENTS, "L-1,2,2026-11-05,90.00")
        paid: list[Future[object]] = []

        def pay() -> object:
            return record_payment(
                payment_no="P-2", loan_no="L-1", amount=Decimal(50), paid_at=NOW, now=NOW
            )

        def say(line: str) -> None:
            if line.startswith("payments.csv"):
                paid.append(beside(pay))

        import_book(folder, now=NOW, region="CN", say=say)

        assert paid[0].result(timeout=10)
        instalment = Instalment.objects.get(loan__loan_no="L-1", seq=2)
        assert (instalment.amount_due, instalment.paid) == (Decimal(90), Decimal(70))

    def test_know_one_payment_that_comes_both_ways(self, tmp_path: Path) -> None:
        folder = bring_in_a_book(tmp_path)
        write(folder, "payments.csv", PAYMENTS, "P-2,L-1,2026-11-05T09:00:00+08:00,50.00")

        with transaction.atomic():
            record_payment(
                payment_no="P-2",
                loan_no="L-1",
                amount=Decimal(50),
                paid_at=datetime(2026, 11, 5, 1, tzinfo=UTC),
                now=NOW,
            )
            imported = beside(partial(bring_in, folder))

        outcome = imported.result(timeout=20)
        assert isinstance(outcome, Imported)
        assert counts(outcome)["payments"] == (0, 0, 1, 0)
        assert Instalment.objects.get(loan__loan_no="L-1", seq=2).paid == Decimal(70)


def bring_in_a_book(tmp_path: Path) -> Path:
    bring_in(a_book(tmp_path / "book"))
    return tmp_path / "book"


class TestTwoAttemptsAtOneText:
    """A worker stood still between its last look at the clock and its call. Meanwhile its lease
    lapsed, the gateway had never seen the text, and another worker took it up."""

    @pytest.fixture
    def both(self, gateway: Gateway) -> tuple[Outgoing, Outgoing]:
        due_now()
        (first,) = open_batch(now=NOW, limit=10, gateway=gateway.name).outgoing
        assert sweep(now=LATER, gateway=gateway).never_seen == 1
        (second,) = open_batch(now=LATER, limit=10, gateway=gateway.name).outgoing
        assert (first.message_id, second.attempt_number) == (second.message_id, 2)
        return first, second

    def outcomes(self) -> list[str]:
        return list(Attempt.objects.order_by("number").values_list("outcome", flat=True))

    @pytest.mark.parametrize("late", [Accepted("sim-1"), Rejected("x"), Busy("x"), Unclear("x")])
    def test_the_late_answer_changes_nothing_for_the_second(
        self, both: tuple[Outgoing, Outgoing], late: Outcome
    ) -> None:
        first, second = both

        close_batch([(first, late)], now=LATER)

        assert Message.objects.get().state == "sending"
        assert close_batch([(second, Accepted("sim-1"))], now=LATER) == {"accepted": 1}
        message = Message.objects.get()
        assert (message.state, message.reason, message.lease_until) == ("accepted", "", None)
        assert self.outcomes()[1] == "accepted"
        assert Attempt.objects.filter(outcome="accepted").count() == 1
        assert Reminder.objects.get().state == "messaged"

    def test_the_late_answer_may_come_last(self, both: tuple[Outgoing, Outgoing]) -> None:
        first, second = both
        close_batch([(second, Accepted("sim-1"))], now=LATER)

        assert close_batch([(first, Accepted("sim-1"))], now=LATER) == {}

        assert self.outcomes() == ["unclear", "accepted"]
        assert Attempt.objects.get(number=1).provider_id == "sim-1"

    def test_the_late_answer_loses_none_of_its_batch(self, both: tuple[Outgoing, Outgoing]) -> None:
        first, second = both
        (other,) = many_sending(1)
        neighbour = Outgoing(other.pk, other.attempts.get().pk, 1, first.text, LATER)
        close_batch([(second, Accepted("sim-1"))], now=LATER)

        answers: Sequence[tuple[Outgoing, Outcome]] = [
            (first, Accepted("sim-1")),
            (neighbour, Accepted("sim-2")),
        ]
        assert close_batch(answers, now=LATER) == {"accepted": 1}

    def test_what_stays_unclear_is_cleared_up_by_asking(
        self, both: tuple[Outgoing, Outgoing], gateway: Gateway
    ) -> None:
        first, second = both
        gateway.send([first.text])
        close_batch([(second, Unclear("read_timeout"))], now=LATER)
        close_batch([(first, Accepted("sim-1"))], now=LATER)

        swept = sweep(now=LATER + timedelta(minutes=1), gateway=gateway)

        assert swept.resolved == 1
        assert Attempt.objects.filter(outcome="accepted").count() == 1

    def test_an_answer_before_the_second_attempt_leaves_it_possible(self, gateway: Gateway) -> None:
        due_now()
        (first,) = open_batch(now=NOW, limit=10, gateway=gateway.name).outgoing
        sweep(now=LATER, gateway=gateway)

        close_batch([(first, Accepted("sim-1"))], now=LATER)
        counts = dispatch(now=LATER, gateway=gateway)

        assert counts.messages == {"accepted": 1}
        assert self.outcomes() == ["unclear", "accepted"]

    def test_a_question_asked_before_it_does_not_reopen_it(
        self, both: tuple[Outgoing, Outgoing], gateway: Gateway
    ) -> None:
        """Another sweeper heard "never seen" before the second attempt and is slow to say so."""
        _first, second = both
        close_batch([(second, Unclear("read_timeout"))], now=LATER)
        reference = second.text.reference
        asked_at = LATER - timedelta(seconds=1)

        swept = sweeping._store(
            [Status(reference, "not_found", "", None, "e")],
            references=[reference],
            lapsed=0,
            gateway=gateway,
            now=asked_at,
        )

        assert swept.never_seen == 0
        assert Message.objects.get().state == "unknown"


class TestSweepingBesideReceipts:
    def test_wait_for_each_other_without_a_deadlock(self, gateway: Gateway) -> None:
        dice = random.Random(7)
        for round_ in range(10):
            messages = many_sending(100)
            ids = [m.pk for m in messages]
            Message.objects.filter(pk__in=ids).update(state="unknown", lease_until=None)
            Attempt.objects.filter(message__in=ids).update(outcome="unclear", closed_at=NOW)
            references = [str(m.reference) for m in messages]
            for start in range(0, 100, 25):
                arrives(*references[start : start + 25], event=str(round_))
            asked = dice.sample(references, k=100)
            said = [
                Status(reference, dice.choice(("delivered", "accepted")), "", None, "e")
                for reference in asked
            ]

            together(
                partial(
                    sweeping._store, said, references=asked, lapsed=0, gateway=gateway, now=LATER
                ),
                partial(apply_receipts, now=LATER, limit=100),
            )

            ours = Message.objects.filter(pk__in=ids)
            assert set(ours.values_list("state", flat=True)) == {"delivered"}

    def test_leaves_alone_what_is_just_being_closed(self, gateway: Gateway) -> None:
        dice = random.Random(7)
        for _round in range(10):
            messages = many_sending(100)
            answers = [(answered, Accepted("sim-1")) for answered in outgoing(messages)]
            dice.shuffle(answers)
            order = [m.pk for m in messages]
            dice.shuffle(order)
            for pk in order:  # another order on disk than by id
                Message.objects.filter(pk=pk).update(lease_until=NOW)

            together(
                partial(close_batch, answers, now=LATER),
                partial(sweep, now=LATER, gateway=gateway),
            )

            ours = Message.objects.filter(pk__in=order)
            assert "sending" not in set(ours.values_list("state", flat=True))
