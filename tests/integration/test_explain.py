"""`explain` answers as the page does, in words and in JSON."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Customer
from reminders.models import Reminder
from tests.builders import NOW, TODAY, a_customer, a_hold, a_loan, an_instalment
from tests.reminder_builders import a_message, a_policy, a_reminder

pytestmark = pytest.mark.django_db
AT = NOW.isoformat()


def explain(ref: str, **options: str) -> str:
    out = StringIO()
    call_command("explain", ref, stdout=out, **{"at": AT, "language": "en", **options})
    return out.getvalue()


@pytest.fixture
def wei() -> Customer:
    return a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")


@pytest.fixture
def planned(wei: Customer) -> Reminder:
    """For one of two loans; the other has a reminder that was skipped."""
    policy = a_policy(-3, 7)
    loan = a_loan(customer=wei, loan_no="L-1")
    instalment = an_instalment(loan=loan, due_date=TODAY + timedelta(days=3))
    other = an_instalment(loan=a_loan(customer=wei, loan_no="L-2"))
    a_reminder(
        instalment=other,
        policy=policy,
        state="skipped",
        reason="other_tier",
        detail={"tier": "low", "for": ["high"]},
        decided_at=NOW,
    )
    return a_reminder(instalment=instalment, policy=policy)


class TestExplain:
    def test_a_customer_is_told_from_debt_to_history(self, planned: Reminder) -> None:
        told = explain("C-77")

        for words in (
            "王伟 (C-77), +86 138****5678",
            "it is Monday 23 November 2026, 10:00.",
            f"[reminder:{planned.pk}] 3 days before the due date",
            "Mon 23 Nov, 10:00: It goes out: Text message.",
            "✓ Is the instalment still owed? CNY 100.00 is open.",
            "It would say (1 part): 【安心】王**，100.00元于11月26日到期",
            "Later, if still unpaid:",
            "The borrower is at low risk; the step is for: High risk.",
        ):
            assert words in told, words

    def test_a_loan_is_told_without_the_others(self, planned: Reminder) -> None:
        assert "It goes out" in explain("L-1")
        assert "It goes out" not in explain("L-2")
        assert "low risk; the step is for" in explain("L-2")

    def test_a_reminder_is_told_with_every_rule(self, planned: Reminder, wei: Customer) -> None:
        a_hold(customer=wei, kind="dispute", until_at=None)

        told = explain(f"reminder:{planned.pk}")

        assert "✗ Is it free of holds? On hold: Dispute" in told
        assert "· Does the borrower allow it? not asked" in told

    def test_a_reminder_that_went_out_is_told_by_its_text(self, planned: Reminder) -> None:
        a_message(reminder=planned, state="delivered", body="【安心】请还款")

        told = explain(f"reminder:{planned.pk}")

        assert "Went out at Mon 23 Nov, 10:00 to +86 138****5678: 【安心】请还款" in told
        assert "Delivered, Mon 23 Nov, 10:00" in told

    def test_another_instant_gives_another_answer(self, planned: Reminder) -> None:
        told = explain("C-77", at="2026-11-23T23:00+08:00")

        assert "outside the permitted hours" in told

    def test_json_carries_the_same(self, planned: Reminder) -> None:
        found = json.loads(explain("C-77", format="json"))

        upcoming = found["outlook"]["upcoming"][0]
        assert upcoming["verdict"] == "send"
        assert upcoming["subject"]["reminder_id"] == planned.pk
        assert [asked["passed"] for asked in upcoming["asked"]] == [True] * 11
        assert found["sheet"]["person"]["clock"] == "Asia/Shanghai"

    def test_it_speaks_the_language_asked_for(self, planned: Reminder) -> None:
        assert "2026年11月26日" in explain("C-77", language="zh-hans")

    def test_an_unknown_time_zone_is_said(self) -> None:
        a_customer(customer_no="C-1", timezone="Mars/Olympus")

        assert "cannot be read, so nothing is planned" in explain("C-1")

    @pytest.mark.parametrize("ref", ["nobody", "reminder:7", "reminder:x", "reminder:²", ""])
    def test_what_is_not_there_is_named(self, ref: str) -> None:
        with pytest.raises(CommandError, match="there is no customer, loan or reminder"):
            explain(ref)

    @pytest.mark.parametrize("at", ["tomorrow", "2026-11-23T10:00"])
    def test_an_instant_without_an_offset_is_none(self, at: str, planned: Reminder) -> None:
        with pytest.raises(CommandError, match="--at"):
            explain("C-77", at=at)
