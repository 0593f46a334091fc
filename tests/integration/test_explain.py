"""`explain` answers as the page does, in words and in JSON."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Customer
from reminders.models import EarlierText, Reminder, Settlement
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
            "Not sent: It is only for borrowers at high risk; this one is at low risk.",
        ):
            assert words in told, words

    def test_a_loan_is_told_without_the_others(self, planned: Reminder) -> None:
        assert "It goes out" in explain("L-1")
        assert "It goes out" not in explain("L-2")
        assert "only for borrowers at high risk" in explain("L-2")

    def test_a_reminder_is_told_with_every_rule(self, planned: Reminder, wei: Customer) -> None:
        a_hold(customer=wei, kind="dispute", until_at=None)

        told = explain(f"reminder:{planned.pk}")

        assert "✗ Is it free of holds? On hold: Dispute" in told
        assert "· 9 more rules were not asked: one no decides." in told

    def test_a_reminder_that_went_out_is_told_by_its_text(self, planned: Reminder) -> None:
        a_message(reminder=planned, state="delivered", body="【安心】请还款")

        told = explain(f"reminder:{planned.pk}")

        assert "Text of Mon 23 Nov, 10:00 to +86 138****5678: 【安心】请还款" in told
        assert "Delivered, Mon 23 Nov, 10:00. It arrived on the phone." in told

    def test_a_reminder_that_went_out_tells_what_was_asked_then(self, planned: Reminder) -> None:
        a_holiday = {"purpose": "collection", "day": "2026-11-23", "rest_days": "holidays"}
        planned.trace = [
            ["still_owed", True, {"outstanding": "100.00", "currency": "CNY"}],
            ["working_day", True, {**a_holiday, "calendar_knows": True}],
            ["a_rule_that_is_gone", True, {}],
        ]
        a_message(reminder=planned, state="unknown", ask_at=NOW)

        told = explain(f"reminder:{planned.pk}")

        assert "Nobody knows yet whether it arrived." in told
        assert "Every rule let it pass:" in told
        assert "✓ Is the instalment still owed? CNY 100.00 is open." in told
        assert (
            "✓ Is it a day on which such texts may go out? 23 Nov 2026 is no day of rest." in told
        )
        assert "✓ a_rule_that_is_gone" in told
        assert "Is it free of holds?" not in told

    def test_one_of_before_traces_were_kept_claims_no_rule_of_today(
        self, planned: Reminder
    ) -> None:
        a_message(reminder=planned, state="delivered")

        told = explain(f"reminder:{planned.pk}")

        assert "✓ Is it free of holds?" in told
        assert "Do we know of the latest payments?" not in told

    def test_a_reminder_that_was_skipped_tells_what_was_asked_before(
        self, planned: Reminder
    ) -> None:
        planned.trace = [
            ["still_true", True, {"true_until": "2026-11-24T16:00:00+00:00"}],
            ["still_owed", False, {"outstanding": "0"}],
        ]
        planned.state, planned.reason, planned.decided_at = "skipped", "paid", NOW
        planned.save()

        told = explain(f"reminder:{planned.pk}")

        assert "✓ Is the text still true? Up to and including Tue 24 Nov." in told
        assert "✗ Is the instalment still owed? Nothing is open on this instalment" in told
        assert "· 11 more rules were not asked: one no decides." in told

    @pytest.mark.parametrize(
        ("reason", "asked"), [("step_withdrawn", False), ("paid", True), ("rest_day", True)]
    )
    def test_a_reason_that_planning_gave_later_is_told_without_the_old_trace(
        self, planned: Reminder, reason: str, asked: bool
    ) -> None:
        planned.trace = [["contact_rules", False, {"rule": "hours"}]]
        planned.state, planned.reason, planned.decided_at = "cancelled", reason, NOW
        planned.save()

        told = explain(f"reminder:{planned.pk}")

        assert ("Is the instalment still owed?" in told) is asked

    def test_promises_that_were_judged_are_told(self, wei: Customer, planned: Reminder) -> None:
        assert planned.instalment is not None
        loan = planned.instalment.loan
        days = timedelta(days=1)
        a_hold(customer=wei, amount="10.00", until_at=NOW - days, from_at=NOW - 3 * days)
        a_hold(customer=wei, amount="4.00", until_at=NOW + days)
        a_hold(customer=wei, amount="30.00", until_at=NOW + 2 * days)
        a_payment(loan=loan, amount=5)

        told = explain("C-77")

        assert "Kept: Promise to pay." in told
        assert "Broken: Promise to pay; 5.00 was missing at Sun 22 Nov, 10:00." in told
        assert "25.00 is still to come by Wed 25 Nov, 10:00." in told

    def test_one_that_was_put_off_says_why_it_did_not_go_out(self, planned: Reminder) -> None:
        planned.reason = "hours"
        planned.detail = {"rule": "hours", "until": "2026-11-23T00:00:00+00:00"}
        planned.save()

        told = explain(f"reminder:{planned.pk}")

        assert (
            "Not sent so far: It is outside the permitted hours where the borrower lives. "
            "Possible again from Mon 23 Nov, 08:00." in told
        )
        assert "Mon 23 Nov, 10:00: It goes out: Text message." in told

    @pytest.mark.parametrize(
        ("state", "reason", "detail", "told_of"),
        [
            ("expired", "hours", {"rule": "hours", "until": "2026-11-27T00:00:00+00:00"}, True),
            ("expired", "too_late", {"true_until": "2026-11-24T16:00:00+00:00"}, False),
            ("skipped", "on_hold", {"kind": "plan", "until": "2026-11-29T00:00:00+00:00"}, True),
            ("skipped", "on_hold", {"kind": "dispute", "until": None}, False),
        ],
    )
    def test_one_that_would_have_come_too_late_says_so(
        self, planned: Reminder, state: str, reason: str, detail: object, told_of: bool
    ) -> None:
        planned.state, planned.reason, planned.detail = state, reason, detail
        planned.decided_at = NOW
        planned.save()

        told = explain(f"reminder:{planned.pk}")

        assert ("By the time it could have gone out" in told) is told_of

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            (True, "the gateway is asked until it answers or three days have passed"),
            (False, "so it is not sent again; a colleague has to find out"),
        ],
    )
    def test_an_unknown_outcome_says_who_finds_out(
        self, planned: Reminder, asked: bool, words: str
    ) -> None:
        a_message(reminder=planned, state="unknown", ask_at=NOW if asked else None)

        assert words in explain(f"reminder:{planned.pk}")

    def test_what_a_colleague_found_out_is_told(self, planned: Reminder) -> None:
        message = a_message(reminder=planned, state="delivered", reason="settled_by_staff")
        Settlement.objects.create(
            message=message,
            arrived=True,
            note="She read it",
            settled_by=a_member_of_staff(),
            settled_at=NOW,
        )

        told = explain(f"reminder:{planned.pk}")

        assert "found out at Mon 23 Nov, 10:00: She read it" in told

    def test_one_sent_again_tells_of_the_text_before(self, planned: Reminder) -> None:
        first = a_message(reminder=planned, state="undelivered", reason="EXPIRED")
        EarlierText.objects.create(reminder=planned, message=first, number=1, planned_again_at=NOW)
        a_message(reminder=planned, state="delivered", opened_at=NOW + timedelta(minutes=30))

        told = explain(f"reminder:{planned.pk}")

        assert (
            "A text of Mon 23 Nov, 10:00 did not arrive (phone not reached in time); "
            "that may pass, so another was planned." in told
        )
        assert "Text of Mon 23 Nov, 10:30" in told

    def test_one_that_was_not_sent_again_after_all_tells_of_its_one_text(
        self, planned: Reminder
    ) -> None:
        first = a_message(
            reminder=planned, state="undelivered", reason="EXPIRED", may_have_reached_at=NOW
        )
        EarlierText.objects.create(reminder=planned, message=first, number=1, planned_again_at=NOW)

        told = explain(f"reminder:{planned.pk}")

        assert "another was planned" not in told
        assert "it may have arrived after all, so it is not sent again." in told

    def test_no_step_is_called_by_its_code(self, planned: Reminder) -> None:
        assert planned.step is not None
        for language in ("en", "zh-hans"):
            assert planned.step.key not in explain("C-77", language=language)

    def test_chinese_has_no_space_between_its_sentences(self, planned: Reminder) -> None:
        told = explain("C-77", language="zh-hans")

        assert not re.search("[。？：；] [^+]", told), told

    def test_another_instant_gives_another_answer(self, planned: Reminder) -> None:
        told = explain("C-77", at="2026-11-23T23:00+08:00")

        assert "outside the permitted hours" in told

    def test_json_carries_the_same(self, planned: Reminder) -> None:
        found = json.loads(explain("C-77", format="json"))

        upcoming = found["outlook"]["upcoming"][0]
        assert upcoming["verdict"] == "send"
        assert upcoming["subject"]["reminder_id"] == planned.pk
        assert [asked["passed"] for asked in upcoming["asked"]] == [True] * 13
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
