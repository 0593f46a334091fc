"""A text that an agent asks for goes the way of all texts, and is refused by the same rules."""

from datetime import timedelta

import pytest

from accounts.models import Instalment, Staff
from reminders.core.types import Send, Skip
from reminders.gateways.base import Gateway
from reminders.models import Message, MessageTemplate, Reminder
from reminders.pipeline.by_hand import CannotAsk, Refused, preview_by_hand, request_by_hand
from reminders.pipeline.dispatch import dispatch
from tests.builders import NOW, TODAY, a_hold, a_member_of_staff, a_payment, an_instalment
from tests.reminder_builders import a_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Staff:
    a_policy(1)
    return a_member_of_staff()


def overdue() -> Instalment:
    return an_instalment(due_date=TODAY - timedelta(days=9))


def after() -> int:
    return MessageTemplate.objects.get(key="after").pk


class TestPreviewByHand:
    def test_shows_the_text_and_every_rule(self, agent: Staff) -> None:
        seen = preview_by_hand(
            instalment_id=overdue().pk, template_id=after(), requested_by=agent, now=NOW
        )

        assert isinstance(seen.decision.verdict, Send)
        assert all(answer.passed for answer in seen.decision.trace)
        assert seen.text is not None
        assert "已逾期9天" in seen.text.body
        assert Reminder.objects.count() == 0

    def test_names_the_rule_that_refuses(self, agent: Staff) -> None:
        instalment = overdue()
        a_payment(loan=instalment.loan)

        seen = preview_by_hand(
            instalment_id=instalment.pk, template_id=after(), requested_by=agent, now=NOW
        )

        assert (seen.decision.verdict, seen.text) == (Skip("paid"), None)


class TestRequestByHand:
    def test_is_sent_by_the_next_dispatch(self, agent: Staff, gateway: Gateway) -> None:
        instalment = overdue()

        pk = request_by_hand(
            instalment_id=instalment.pk, template_id=after(), requested_by=agent, now=NOW
        )
        dispatch(now=NOW, gateway=gateway, only=[instalment.loan.customer_id])

        reminder = Reminder.objects.get(pk=pk)
        assert reminder.requested_by == agent
        assert reminder.message is not None
        assert reminder.message.state == "accepted"

    def test_is_one_text_however_often_it_is_clicked(self, agent: Staff, gateway: Gateway) -> None:
        instalment = overdue()
        clicks = {
            request_by_hand(
                instalment_id=instalment.pk, template_id=after(), requested_by=agent, now=NOW
            )
            for _ in range(3)
        }

        dispatch(now=NOW, gateway=gateway)

        assert len(clicks) == 1
        assert Message.objects.count() == 1

    def test_is_refused_outside_permitted_hours(self, agent: Staff) -> None:
        night = NOW.replace(hour=15)  # 23:00 in Shanghai

        with pytest.raises(Refused) as refused:
            request_by_hand(
                instalment_id=overdue().pk, template_id=after(), requested_by=agent, now=night
            )

        assert str(refused.value) == "contact_rules"
        assert Reminder.objects.count() == 0

    def test_is_refused_during_a_dispute(self, agent: Staff) -> None:
        instalment = overdue()
        a_hold(customer=instalment.loan.customer, kind="dispute", until_at=None)

        with pytest.raises(Refused, match="not_on_hold"):
            request_by_hand(
                instalment_id=instalment.pk, template_id=after(), requested_by=agent, now=NOW
            )

    def test_is_refused_with_a_template_of_another_time(self, agent: Staff) -> None:
        early = an_instalment(due_date=TODAY + timedelta(days=5))

        with pytest.raises(CannotAsk, match=early.due_date.isoformat()):
            request_by_hand(
                instalment_id=early.pk, template_id=after(), requested_by=agent, now=NOW
            )

    def test_is_refused_for_what_does_not_exist(self, agent: Staff) -> None:
        with pytest.raises(CannotAsk):
            request_by_hand(instalment_id=0, template_id=after(), requested_by=agent, now=NOW)
