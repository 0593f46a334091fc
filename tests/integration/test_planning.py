"""Planning on a real database: an instalment of Wei's is due in Shanghai."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer, Hold, Instalment, Loan
from accounts.operations import allocate, release_hold
from reminders.models import PlanningChange, Policy, Reminder
from reminders.pipeline import planning
from reminders.pipeline.planning import PlanCounts, plan
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    an_instalment,
)
from tests.reminder_builders import a_policy, a_step, publish_steps

pytestmark = pytest.mark.django_db


def due_in(days: int, **fields: Any) -> Instalment:
    return an_instalment(due_date=TODAY + timedelta(days=days), **fields)


def planned() -> list[tuple[str, date, datetime]]:
    return [
        (reminder.step.key, reminder.due_date, reminder.send_at)
        for reminder in Reminder.objects.filter(state="planned").select_related("step")
        if reminder.step
    ]


class TestPlan:
    def test_places_a_step_at_ten_where_the_borrower_lives(self) -> None:
        a_policy(-3)
        due_in(3)

        counts = plan(now=NOW)

        assert counts == PlanCounts(new=1)
        assert planned() == [("day-3", TODAY + timedelta(days=3), NOW)]

    def test_changes_nothing_when_done_again(self) -> None:
        a_policy(-3, 1)
        due_in(3)
        plan(now=NOW)

        assert plan(now=NOW + timedelta(minutes=1)) == PlanCounts()

    def test_leaves_alone_what_is_paid_closed_or_far(self) -> None:
        a_policy(-3)
        paid = due_in(3)
        a_payment(loan=paid.loan, amount=paid.amount_due)
        an_instalment(loan=a_loan(status="closed"), due_date=TODAY + timedelta(days=3))
        due_in(6)

        assert plan(now=NOW) == PlanCounts()

    def test_catches_up_after_an_outage_on_what_is_still_true(self) -> None:
        a_policy(1)
        due_in(-2)  # the text of yesterday is true until tonight
        due_in(-3)  # that of the day before no longer is

        plan(now=NOW)

        assert planned() == [("day-plus-1", TODAY - timedelta(days=2), NOW - timedelta(days=1))]

    def test_times_by_the_borrowers_own_zone(self) -> None:
        a_policy(0)
        newyorker = a_customer(timezone="America/New_York")
        due_in(0, loan=a_loan(customer=newyorker))

        plan(now=NOW)

        assert [send_at.hour for _, _, send_at in planned()] == [15]  # 10:00 in winter time

    def test_does_not_let_one_unknown_zone_silence_the_others(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        a_policy(-3)
        due_in(3)
        lost = due_in(3)
        Customer.objects.filter(loans=lost.loan).update(timezone="Mars/Olympus")

        counts = plan(now=NOW)

        assert (counts.new, counts.unknown_zones) == (1, ("Mars/Olympus",))
        assert "Mars/Olympus" in caplog.text


class TestPublishing:
    def test_re_times_what_is_only_planned(self) -> None:
        policy = a_policy(-1)
        due_in(2)
        plan(now=NOW)

        publish_steps(policy, a_step(-1, local_time=time(15)))
        counts = plan(now=NOW)

        assert counts == PlanCounts(retimed=1)
        assert [send_at.hour for _, _, send_at in planned()] == [7]  # 15:00 in Shanghai

    def test_never_repeats_what_was_decided(self) -> None:
        policy = a_policy(-3)
        due_in(3)
        plan(now=NOW)
        Reminder.objects.update(state="skipped", reason="holdout")

        publish_steps(policy, a_step(-3, local_time=time(15)))

        assert plan(now=NOW) == PlanCounts()

    def test_cancels_a_step_that_is_gone_and_revives_it_when_it_returns(self) -> None:
        policy = a_policy(-3)
        due_in(3)
        plan(now=NOW)

        publish_steps(policy, a_step(-2))
        assert plan(now=NOW) == PlanCounts(new=1, cancelled=1)
        gone = Reminder.objects.get(state="cancelled")
        assert gone.reason == "step_withdrawn"

        publish_steps(policy, a_step(-3))
        assert plan(now=NOW) == PlanCounts(retimed=1, cancelled=1)
        gone.refresh_from_db()
        assert (gone.state, gone.reason) == ("planned", "")

    def test_withdraws_what_now_speaks_beyond_the_horizon(self) -> None:
        policy = a_policy(-3)
        due_in(3)
        plan(now=NOW)

        publish_steps(policy, a_step(7, key="day-3"))

        assert plan(now=NOW) == PlanCounts(cancelled=1)
        assert plan(now=NOW + timedelta(days=9)) == PlanCounts(retimed=1)
        assert planned() == [("day-3", TODAY + timedelta(days=3), NOW + timedelta(days=10))]

    def test_withdraws_what_is_no_longer_true_in_the_new_version(self) -> None:
        policy = a_policy(-3)
        publish_steps(policy, a_step(-3, valid_until_offset_days=-1))
        due_in(2)
        assert plan(now=NOW) == PlanCounts(new=1)

        publish_steps(policy, a_step(-3))

        assert plan(now=NOW) == PlanCounts(cancelled=1)

    def test_gives_the_true_reason_for_what_was_paid_before(self) -> None:
        policy = a_policy(-3)
        instalment = due_in(3)
        plan(now=NOW)
        a_payment(loan=instalment.loan, amount=instalment.amount_due)

        publish_steps(policy, a_step(-3, local_time=time(15)))

        assert plan(now=NOW) == PlanCounts(cancelled=1)
        assert Reminder.objects.get().reason == "paid"

    def test_cancels_everything_of_a_policy_that_is_switched_off(self) -> None:
        policy = a_policy(-3)
        due_in(3)
        plan(now=NOW)
        policy.is_active = False
        policy.save()

        assert plan(now=NOW) == PlanCounts(cancelled=1)


class TestMovedDueDate:
    def test_is_followed(self) -> None:
        a_policy(-3)
        instalment = due_in(3)
        plan(now=NOW)

        instalment.due_date = TODAY + timedelta(days=4)
        instalment.save()
        plan(now=NOW)

        assert planned() == [("day-3", TODAY + timedelta(days=4), NOW + timedelta(days=1))]

    def test_cancels_the_reminder_when_it_is_beyond_the_horizon(self) -> None:
        a_policy(-3)
        instalment = due_in(3)
        plan(now=NOW)

        instalment.due_date = TODAY + timedelta(days=30)
        instalment.save()

        assert plan(now=NOW) == PlanCounts(cancelled=1)
        assert Reminder.objects.get().reason == "due_date_moved"

    def test_keeps_a_deferral_when_nothing_moved(self) -> None:
        a_policy(-3)
        due_in(3)
        plan(now=NOW)
        later = NOW + timedelta(hours=5)
        Reminder.objects.update(next_attempt_at=later)

        plan(now=NOW)

        assert Reminder.objects.get().next_attempt_at == later


class TestOrdinaryTick:
    """One that was told what changed, and does not look at everything."""

    LATER = NOW + timedelta(minutes=1)

    @pytest.fixture(autouse=True)
    def has_planned_before(self) -> None:
        a_policy(-3)
        plan(now=NOW)

    def test_reads_no_instalment_when_nothing_changed(self) -> None:
        due_in(3)
        plan(now=NOW)

        with CaptureQueriesContext(connection) as asked:
            assert plan(now=self.LATER) == PlanCounts()

        assert not [query for query in asked if "reminder_to_plan" in query["sql"]]

    def test_finds_what_came_within_the_horizon(self) -> None:
        due_in(6)  # to be told in three days, at ten
        two_days = timedelta(days=2)
        plan(now=NOW)
        before = NOW + timedelta(days=3) - two_days - timedelta(minutes=1)
        assert plan(now=before - timedelta(minutes=9)) == PlanCounts()

        assert plan(now=before) == PlanCounts()
        assert plan(now=before + timedelta(minutes=1)) == PlanCounts(new=1)

    def test_finds_a_new_instalment(self) -> None:
        due_in(3)
        assert plan(now=self.LATER) == PlanCounts(new=1)

    def test_finds_a_whole_book(self) -> None:
        loans = [a_loan() for _ in range(3)]
        Instalment.objects.bulk_create(
            Instalment(
                loan=loans[number % 3], seq=number, due_date=TODAY + timedelta(days=3), amount_due=1
            )
            for number in range(1_002)
        )

        assert list(PlanningChange.objects.values_list("loan_id", flat=True)) == [None]
        assert plan(now=self.LATER) == PlanCounts(new=1_002)
        assert not PlanningChange.objects.exists()

    def test_finds_what_was_paid_when_the_payment_is_taken_back(self) -> None:
        instalment = due_in(3)
        payment = a_payment(loan=instalment.loan, amount=instalment.amount_due)
        assert plan(now=self.LATER) == PlanCounts()

        payment.delete()
        allocate(loan_ids=[instalment.loan_id])

        assert plan(now=self.LATER) == PlanCounts(new=1)

    def test_is_told_nothing_of_payments(self) -> None:
        instalment = due_in(3)
        plan(now=self.LATER)

        a_payment(loan=instalment.loan, amount=instalment.amount_due / 2)
        a_payment(loan=instalment.loan, amount=instalment.amount_due / 2)

        assert not PlanningChange.objects.exists()

    def test_finds_a_loan_that_is_active_again(self) -> None:
        instalment = due_in(3, loan=a_loan(status="closed"))
        assert plan(now=self.LATER) == PlanCounts()

        Loan.objects.filter(pk=instalment.loan_id).update(status="active")

        assert plan(now=self.LATER) == PlanCounts(new=1)

    def test_re_times_a_borrower_who_moved_and_no_other(self) -> None:
        moved = due_in(3)
        due_in(3)
        plan(now=NOW)

        Customer.objects.filter(loans=moved.loan).update(timezone="Asia/Tokyo")

        assert plan(now=self.LATER) == PlanCounts(retimed=1)
        assert Reminder.objects.get(instalment=moved).send_at == NOW - timedelta(hours=1)

    def test_brings_back_what_was_withdrawn_while_a_policy_was_off_for_a_moment(self) -> None:
        due_in(3)
        plan(now=NOW)
        policy = Policy.objects.get()
        policy.is_active = False
        policy.save()
        Reminder.objects.update(state="cancelled", reason="step_withdrawn")  # by a claim
        policy.is_active = True
        policy.save()

        assert plan(now=self.LATER) == PlanCounts(retimed=1)

    def test_depends_on_being_told_for_an_hour_at_most(self) -> None:
        due_in(3)
        PlanningChange.objects.all().delete()

        assert plan(now=NOW + timedelta(minutes=59)) == PlanCounts()
        assert plan(now=NOW + timedelta(minutes=60)) == PlanCounts(new=1)

    def test_can_be_told_to_look_at_everything(self) -> None:
        due_in(3)
        PlanningChange.objects.all().delete()

        assert plan(now=self.LATER, whole=True) == PlanCounts(new=1)

    def test_looks_at_everything_when_the_clocks_were_set_back(self) -> None:
        due_in(3)
        PlanningChange.objects.all().delete()

        assert plan(now=NOW - timedelta(minutes=1)) == PlanCounts(new=1)

    def test_that_dies_between_two_slices_loses_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Died(BaseException):
            pass

        store = planning._store

        def dies_after_the_first(*args: Any, **kwargs: Any) -> Iterator[tuple[int, int]]:
            yield next(store(*args, **kwargs))
            raise Died

        loan = a_loan()
        Instalment.objects.bulk_create(
            Instalment(loan=loan, seq=number, due_date=TODAY + timedelta(days=3), amount_due=1)
            for number in range(300)
        )
        monkeypatch.setattr(planning, "_BLOCKS_PER_SLICE", 1)
        with monkeypatch.context() as mortal:
            mortal.setattr(planning, "_store", dies_after_the_first)
            with pytest.raises(Died):
                plan(now=self.LATER)
        stored = Reminder.objects.count()
        assert 0 < stored < 300

        assert plan(now=self.LATER) == PlanCounts(new=300 - stored)


class TestReleasedHold:
    def waiting_for(self, hold: Hold) -> Reminder:
        assert hold.until_at is not None
        Reminder.objects.update(reason="on_hold", next_attempt_at=hold.until_at)
        return Reminder.objects.get()

    def test_wakes_what_waited_for_its_end(self) -> None:
        a_policy(-3)
        instalment = due_in(3)
        plan(now=NOW)
        hold = a_hold(customer=instalment.loan.customer, until_at=NOW + timedelta(hours=9))
        reminder = self.waiting_for(hold)
        assert plan(now=NOW) == PlanCounts()

        release_hold(hold_id=hold.pk, released_by=a_member_of_staff(), now=NOW)

        later = NOW + timedelta(minutes=1)
        assert plan(now=later) == PlanCounts(retimed=1)
        reminder.refresh_from_db()
        assert reminder.next_attempt_at == later
        assert plan(now=later) == PlanCounts()

    def test_leaves_what_another_hold_still_covers(self) -> None:
        a_policy(-3)
        customer = due_in(3).loan.customer
        plan(now=NOW)
        hold = a_hold(customer=customer, until_at=NOW + timedelta(hours=9))
        a_hold(customer=customer, kind="dispute", until_at=None)
        self.waiting_for(hold)

        release_hold(hold_id=hold.pk, released_by=a_member_of_staff(), now=NOW)

        assert plan(now=NOW + timedelta(minutes=1)) == PlanCounts()
