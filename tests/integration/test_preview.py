"""What a preview says is what the run does: a small book with something of everything."""

from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum

from reminders.facts.policies import steps_in_force, steps_of
from reminders.gateways.base import Gateway
from reminders.models import Message, Policy, PolicyVersion, Reminder
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.queries.preview import Line, Preview, preview
from tests.builders import (
    NOW,
    TODAY,
    a_consent_event,
    a_customer,
    a_hold,
    a_loan,
    a_payment,
    an_instalment,
)
from tests.reminder_builders import a_policy, a_step, publish_steps

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOMORROW = TODAY + timedelta(days=1)


def a_small_book() -> None:
    """Two who are written to, two loans of one borrower, and one for each way not to be."""
    for days in (3, -1):
        an_instalment(due_date=TODAY + timedelta(days=days))
    both = a_customer()
    for days in (3, 3, -1):
        an_instalment(loan=a_loan(customer=both), due_date=TODAY + timedelta(days=days))
    a_hold(customer=an_instalment(due_date=TODAY + timedelta(days=3)).loan.customer)
    silent = an_instalment(due_date=TODAY + timedelta(days=3)).loan.customer
    a_consent_event(customer=silent)
    an_instalment(loan=a_loan(customer=a_customer(phone=None)), due_date=TODAY + timedelta(days=3))
    an_instalment(due_date=TODAY + timedelta(days=4))
    paid = an_instalment(due_date=TODAY + timedelta(days=3))
    a_payment(loan=paid.loan)


def previewed(first: date = TODAY, last: date = TODAY) -> Preview:
    return preview(steps_in_force(), first=first, last=last, zone=SHANGHAI, now=NOW)


class TestPreview:
    def test_equals_the_run_of_that_day(self, gateway: Gateway) -> None:
        a_policy(-3, 1)
        a_small_book()
        seen = previewed()

        plan(now=NOW)
        ran = dispatch(now=NOW, gateway=gateway)

        by_decision: Counter[str] = Counter()
        words = {"skip": "skipped", "defer": "deferred", "expire": "expired"}
        for line, count in seen.reminders.items():
            sent = line.decision == "send"
            by_decision["sent" if sent else f"{words[line.decision]}:{line.reason}"] += count
        assert by_decision == ran.decided
        assert seen.messages[TODAY] == Message.objects.count() == 3
        assert seen.parts[TODAY] == Message.objects.aggregate(n=Sum("parts"))["n"]
        assert seen.price[TODAY] == Message.objects.aggregate(n=Sum("price"))["n"]

    def test_stores_nothing(self) -> None:
        a_policy(-3, 1)
        a_small_book()

        previewed()

        assert Reminder.objects.count() == Message.objects.count() == 0

    def test_lets_a_text_of_today_count_against_tomorrow(self) -> None:
        policy = a_policy(1)
        publish_steps(policy, a_step(1), a_step(-3, valid_until_offset_days=-2))
        both = a_customer()
        for days in (3, -1):
            an_instalment(loan=a_loan(customer=both), due_date=TODAY + timedelta(days=days))

        seen = previewed(TODAY, TOMORROW)

        # 20 hours after 10:00 it is 06:00; the deferred text goes out when hours open at 08:00.
        assert seen.reminders == {
            Line(TODAY, "day-plus-1", "sms", "send", ""): 1,
            Line(TODAY, "day-3", "", "defer", "one_text_at_a_time"): 1,
            Line(TOMORROW, "day-3", "sms", "send", ""): 1,
        }
        assert seen.messages == {TODAY: 1, TOMORROW: 1}

    def test_shows_later_days_without_the_days_between(self) -> None:
        a_policy(-3)
        an_instalment(due_date=TODAY + timedelta(days=3))
        an_instalment(due_date=TODAY + timedelta(days=10))
        week = TODAY + timedelta(days=7)

        seen = previewed(week, week)

        assert seen.reminders == {Line(week, "day-3", "sms", "send", ""): 1}

    def test_shows_a_draft_before_it_is_published(self) -> None:
        policy = a_policy(-3)
        draft = PolicyVersion.objects.create(policy=policy, number=2, created_at=NOW)
        for offset in (-3, -2):
            step = a_step(offset)
            step.version = draft
            step.save()
        an_instalment(due_date=TODAY + timedelta(days=2))

        seen = preview(steps_of([draft]), first=TODAY, last=TODAY, zone=SHANGHAI, now=NOW)

        assert seen.reminders == {Line(TODAY, "day-2", "sms", "send", ""): 1}
        assert seen.examples["day-2"].startswith("【安心】王**，100.00元")

    def test_is_empty_without_policies(self) -> None:
        an_instalment(due_date=TODAY + timedelta(days=3))
        assert not Policy.objects.exists()

        seen = previewed()

        assert (seen.reminders, seen.price) == (Counter(), {})
