"""Campaigns on a real database and over HTTP: it is 10:00 on a Monday in Shanghai."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Customer, Loan
from accounts.operations import release_hold
from reminders.authoring import campaigns as authoring
from reminders.gateways.base import Gateway
from reminders.models import Attempt, CalendarDay, Campaign, Message, Reminder
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from reminders.pipeline.sweeping import sweep
from tests.builders import (
    NOW,
    TODAY,
    a_consent_event,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_risk_assessment,
    an_instalment,
)
from tests.integration.wei import SlowGateway
from tests.reminder_builders import a_campaign, a_policy, a_pupil

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def run(gateway: Gateway, *, hours: int, start: datetime = NOW, every: int = 4) -> None:
    """Ticks from `start` on, every so many hours."""
    for n in range(0, hours + 1, every):
        plan(now=start + n * HOUR)
        while dispatch(now=start + n * HOUR, gateway=gateway).borrowers:
            pass


def fate_of(customer: Customer) -> tuple[str, str]:
    row = Reminder.objects.get(customer=customer, campaign__isnull=False)
    return row.state, row.reason


class TestAudience:
    def test_is_who_has_an_active_loan_and_fits(self) -> None:
        a_campaign(tiers=["low"], segments=["gold"])
        fits = a_pupil(segment="gold")
        a_risk_assessment(customer=fits, tier="low")
        unfit = a_pupil(segment="silver")
        a_risk_assessment(customer=unfit, tier="low")
        a_pupil(segment="gold")  # nobody has assessed them: medium
        closed = a_pupil(segment="gold")
        a_risk_assessment(customer=closed, tier="low")
        Loan.objects.filter(customer=closed).update(status="closed")

        counts = plan(now=NOW)

        assert counts.new == 1
        assert Reminder.objects.get().customer == fits

    def test_is_written_to_at_the_hour_where_each_lives(self) -> None:
        a_campaign()
        shanghai, new_york = a_pupil(), a_pupil(timezone="America/New_York")

        plan(now=NOW)

        times = dict(Reminder.objects.values_list("customer", "send_at"))
        assert times[shanghai.pk] == NOW
        assert times[new_york.pk] == datetime(2026, 11, 23, 15, tzinfo=UTC)

    def test_is_planned_once_however_often_planning_looks(self) -> None:
        a_campaign()
        a_pupil()

        assert [plan(now=NOW, whole=True).new for _ in range(3)] == [1, 0, 0]

    def test_is_not_looked_at_at_every_tick_but_grows_with_the_book(self) -> None:
        campaign = a_campaign()
        a_pupil()
        plan(now=NOW)
        a_pupil()

        assert plan(now=NOW + HOUR / 4).new == 0
        assert plan(now=NOW + HOUR).new == 1
        campaign.refresh_from_db()
        assert campaign.planned_through == TODAY + 2 * DAY

    def test_waits_for_its_first_day(self) -> None:
        a_campaign(first_day=TODAY + 4 * DAY, last_day=TODAY + 4 * DAY)
        a_pupil()

        assert plan(now=NOW).new == 0
        assert plan(now=NOW + 2 * DAY).new == 1

    def test_of_a_draft_is_nobody(self) -> None:
        a_campaign(state="draft")
        a_pupil()

        assert plan(now=NOW).new == 0


class TestSpread:
    def test_takes_as_many_a_day_in_the_order_of_numbers(self) -> None:
        a_campaign(per_day=2)
        pupils = [a_pupil() for _ in range(5)]

        plan(now=NOW)

        days = [r.due_date for r in Reminder.objects.order_by("customer")]
        assert days == [TODAY, TODAY, TODAY + DAY, TODAY + DAY, TODAY + 2 * DAY]
        assert [r.customer for r in Reminder.objects.order_by("due_date", "customer")] == pupils

    def test_never_takes_more_than_there_are_places(self) -> None:
        a_campaign(per_day=1)
        for _ in range(5):
            a_pupil()

        for hours in range(0, 72, 6):
            plan(now=NOW + hours * HOUR, whole=True)

        assert Reminder.objects.count() == 3

    def test_leaves_days_of_rest_out(self) -> None:
        CalendarDay.objects.create(
            calendar="CN", date=TODAY + DAY, kind="holiday", name="节", is_official=True
        )
        a_campaign(per_day=1)
        for _ in range(3):
            a_pupil()

        plan(now=NOW)

        days = Reminder.objects.order_by("due_date").values_list("due_date", flat=True)
        assert list(days) == [TODAY, TODAY + 2 * DAY]


class TestPromises:
    def test_a_borrower_hears_it_once(self, gateway: Gateway) -> None:
        a_campaign()
        pupil = a_pupil()
        an_instalment(loan=a_loan(customer=pupil), due_date=TODAY + 30 * DAY)

        run(gateway, hours=72)

        message = Message.objects.get()
        assert (message.customer, message.stage, message.purpose) == (pupil, "apart", "education")
        assert (message.amount, message.currency) == (Decimal(0), "")
        assert fate_of(pupil) == ("messaged", "")

    def test_nobody_hears_it_unasked(self, gateway: Gateway) -> None:
        a_campaign()
        silent, refused = a_pupil(agreed=False), a_pupil()
        plan(now=NOW)
        a_consent_event(customer=refused, purpose="education", now=NOW)

        run(gateway, hours=72)

        assert not Message.objects.exists()
        for pupil in (silent, refused):
            assert fate_of(pupil) == ("skipped", "not_allowed_by_borrower")

    @pytest.mark.parametrize("kind", ["hardship", "deceased", "complaint", "legal", "dispute"])
    def test_a_hold_of_any_loan_keeps_it_away(self, gateway: Gateway, kind: str) -> None:
        a_campaign()
        pupil = a_pupil()
        a_hold(customer=pupil, loan=a_loan(customer=pupil), kind=kind, until_at=None)

        run(gateway, hours=72)

        assert not Message.objects.exists()
        assert fate_of(pupil) == ("skipped", "on_hold")

    def test_waits_for_a_hold_to_end_and_wakes_when_it_is_released(self, gateway: Gateway) -> None:
        a_campaign()
        pupil = a_pupil()
        loan = a_loan(customer=pupil)
        hold = a_hold(customer=pupil, loan=loan, kind="dispute", until_at=NOW + 2 * DAY)
        run(gateway, hours=2)
        assert fate_of(pupil) == ("planned", "on_hold")

        release_hold(hold_id=hold.pk, released_by=a_member_of_staff(), now=NOW + 3 * HOUR)
        run(gateway, hours=1, start=NOW + 4 * HOUR)

        assert fate_of(pupil) == ("messaged", "")

    def test_only_the_punctual_hear_it_if_it_says_so(self, gateway: Gateway) -> None:
        a_campaign(only_punctual=True)
        punctual, late = a_pupil(), a_pupil(due_in_days=-1)

        run(gateway, hours=0)

        assert fate_of(punctual) == ("messaged", "")
        assert fate_of(late) == ("skipped", "not_punctual")

    def test_who_has_paid_off_their_last_loan_meanwhile_does_not_hear_it(
        self, gateway: Gateway
    ) -> None:
        a_campaign(first_day=TODAY + DAY)
        pupil, other = a_pupil(), a_pupil()
        plan(now=NOW)
        Loan.objects.filter(customer=pupil).update(status="closed")

        run(gateway, hours=24)

        assert fate_of(pupil) == ("skipped", "no_active_loan")
        assert fate_of(other) == ("messaged", "")

    def test_a_due_reminder_goes_first_and_the_campaign_waits(self, gateway: Gateway) -> None:
        a_policy(-3)
        a_campaign()
        pupil = a_pupil(due_in_days=3)

        run(gateway, hours=0)
        assert fate_of(pupil) == ("planned", "one_text_at_a_time")
        run(gateway, hours=48)

        stages = list(Message.objects.order_by("opened_at").values_list("stage", "opened_at"))
        assert [stage for stage, _at in stages] == ["before", "apart"]
        assert stages[1][1] - stages[0][1] >= 20 * HOUR

    def test_never_takes_the_turn_of_a_reminder_that_is_to_come(self, gateway: Gateway) -> None:
        a_policy(-3)
        a_campaign(first_day=TODAY + DAY)
        a_pupil(due_in_days=5)  # reminded on Wednesday at ten; a text on Tuesday noon forbids it

        run(gateway, hours=57, start=NOW + DAY + 5 * HOUR, every=19)

        first = Message.objects.order_by("opened_at").first()
        assert first is not None
        assert (first.stage, first.opened_at) == ("before", NOW + 2 * DAY)

    def test_ends_with_its_last_day(self, gateway: Gateway) -> None:
        a_campaign(last_day=TODAY)
        pupil = a_pupil()
        plan(now=NOW)

        run(gateway, hours=30, start=NOW + 14 * HOUR)  # from midnight on

        assert fate_of(pupil) == ("expired", "too_late")
        assert not Message.objects.exists()

    def test_two_campaigns_are_two_texts(self, gateway: Gateway) -> None:
        first = a_campaign()
        a_campaign(key="another", template=first.template)
        a_pupil()

        run(gateway, hours=48)

        first_text, second_text = Message.objects.order_by("opened_at")
        assert second_text.opened_at - first_text.opened_at >= 20 * HOUR

    def test_a_worker_that_dies_sends_nothing_twice(self, gateway: Gateway) -> None:
        a_campaign()
        pupil = a_pupil()
        plan(now=NOW)
        assert len(open_batch(now=NOW, limit=10, gateway=gateway.name).outgoing) == 1

        sweep(now=NOW + HOUR, gateway=SlowGateway(seconds=0))
        run(gateway, hours=48, start=NOW + HOUR)

        assert Attempt.objects.count() == 1
        assert fate_of(pupil)[0] == "messaged"
        assert Message.objects.get().state == "unknown"


class TestStopping:
    def test_withdraws_what_is_only_planned(self, gateway: Gateway) -> None:
        campaign = a_campaign(local_time="12:00")
        pupil = a_pupil()
        plan(now=NOW)

        assert authoring.stop(campaign=campaign, by=None, now=NOW + HOUR)
        plan(now=NOW + HOUR)

        assert fate_of(pupil) == ("cancelled", "campaign_stopped")
        assert not authoring.stop(campaign=campaign, by=None, now=NOW + HOUR)

    def test_is_obeyed_by_a_claim_before_planning_knows(self, gateway: Gateway) -> None:
        campaign = a_campaign()
        pupil = a_pupil()
        plan(now=NOW)
        authoring.stop(campaign=campaign, by=None, now=NOW)

        dispatch(now=NOW, gateway=gateway)

        assert fate_of(pupil) == ("cancelled", "campaign_stopped")
        assert not Message.objects.exists()

    def test_and_publishing_again_repeats_nothing_and_goes_on(self, gateway: Gateway) -> None:
        campaign = a_campaign(per_day=1)
        first, second = a_pupil(), a_pupil()
        run(gateway, hours=0)
        authoring.stop(campaign=campaign, by=None, now=NOW + HOUR)
        run(gateway, hours=0, start=NOW + HOUR)
        assert fate_of(second) == ("cancelled", "campaign_stopped")

        assert authoring.draft_anew(campaign=campaign)
        Campaign.objects.update(local_time="15:00", per_day=2)
        authoring.publish(campaign=campaign, by=None, now=NOW + 2 * HOUR)
        run(gateway, hours=4, start=NOW + 2 * HOUR, every=1)

        sent = Message.objects.order_by("opened_at")
        assert [(m.customer, m.opened_at) for m in sent] == [
            (first, NOW),
            (second, NOW + 5 * HOUR),
        ]

    def test_what_was_planned_before_is_not_sent_in_the_name_of_the_new(
        self, gateway: Gateway
    ) -> None:
        campaign = a_campaign()
        pupil = a_pupil()
        plan(now=NOW)
        authoring.stop(campaign=campaign, by=None, now=NOW)
        authoring.draft_anew(campaign=campaign)
        Campaign.objects.update(local_time="18:00")
        authoring.publish(campaign=campaign, by=None, now=NOW + HOUR)

        dispatch(now=NOW + HOUR, gateway=gateway)
        assert fate_of(pupil) == ("cancelled", "campaign_stopped")
        run(gateway, hours=7, start=NOW + HOUR, every=7)

        assert Message.objects.get().opened_at == NOW + 8 * HOUR
