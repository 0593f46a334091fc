"""The history on the borrower's page: texts from call to receipt, decisions, money."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Customer
from reminders.models import Receipt
from tests.builders import (
    NOW,
    a_consent_event,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    an_instalment,
)
from tests.integration.about_wei import an_overdue_instalment, wei
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_message, a_policy, a_reminder, an_attempt

__all__ = ["desk", "wei"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


class TestHistory:
    def test_what_expired_says_so_to_the_end_in_the_borrowers_time(self, desk: Desk) -> None:
        abroad = a_customer(customer_no="C-9", timezone="Asia/Dubai")
        a_reminder(
            instalment=an_instalment(loan=a_loan(customer=abroad)),
            state="expired",
            reason="hours",
            detail={"until": "2026-11-24T04:00:00+00:00"},
            decided_at=NOW,
        )

        shown = desk.borrower(abroad)

        assert "Possible again from Tue 24 Nov, 08:00 (Asia/Dubai)." in shown
        assert "it would not have been true any more" in shown

    def test_a_payment_has_one_day_on_the_whole_page(self, desk: Desk) -> None:
        """Half past midnight in Shanghai is the evening before in London."""
        abroad = a_customer(customer_no="C-9", timezone="Europe/London")
        loan = a_loan(customer=abroad)
        an_instalment(loan=loan)
        a_payment(loan=loan, paid_at=datetime(2026, 6, 1, 16, 30, tzinfo=UTC))

        shown = " ".join(desk.borrower(abroad).split())

        assert '2 Jun 2026 <span class="there">1 Jun 2026 for the borrower</span>' in shown

    def test_a_text_is_told_from_call_to_receipt(self, desk: Desk, wei: Customer) -> None:
        reminder = a_reminder(instalment=an_instalment(loan=a_loan(customer=wei)))
        message = a_message(reminder=reminder, state="delivered", body="【安心】请还款")
        message.attempts.update(outcome="busy", code="throttled")
        an_attempt(message=message, outcome="accepted", provider_id="sim-42")
        for effect, code in (("applied", "DELIVRD"), ("late", "UNDELIV")):
            Receipt.objects.create(
                gateway="simulator",
                event=effect,
                message=message,
                reference=str(message.reference),
                status="delivered",
                code=code,
                happened_at=NOW,
                received_at=NOW,
                effect=effect,
            )

        page = desk.borrower(wei)

        for words in (
            "【安心】请还款",
            "Delivered",
            "CNY 0.045",
            "standard v1",
            "too many at once",
            "sim-42",
            "arrived on the phone",
            "came late, changed nothing",
            str(message.reference),
        ):
            assert words in page, words

    def test_a_text_by_hand_names_the_person(self, desk: Desk, wei: Customer) -> None:
        a_policy(1)
        instalment = an_instalment(loan=a_loan(customer=wei))
        reminder = a_reminder(instalment=instalment)
        reminder.template = reminder.step_version.template if reminder.step_version else None
        reminder.step = reminder.step_version = None
        reminder.requested_by = a_member_of_staff(username="zhou")
        reminder.save()
        a_message(reminder=reminder)

        assert "By hand: zhou" in desk.borrower(wei)

    def test_a_skip_tells_the_figures_and_the_rules_before_it(
        self, desk: Desk, wei: Customer
    ) -> None:
        a_reminder(
            instalment=an_instalment(loan=a_loan(customer=wei)),
            state="skipped",
            reason="other_tier",
            detail={"tier": "low", "for": ["high"]},
            decided_at=NOW,
        )

        page = desk.borrower(wei)

        assert "It is only for borrowers at high risk; this one is at low risk." in page
        history = page[page.index('id="history"') : page.index('id="person"')]
        assert history.count('class="yes"') == 4  # the four rules that were asked before
        assert history.count('class="no"') >= 1

    def test_payments_holds_and_consent_stand_in_it(self, desk: Desk, wei: Customer) -> None:
        instalment = an_overdue_instalment(wei)
        a_payment(loan=instalment.loan, amount="200.00", payment_no="P-5")
        a_hold(customer=wei, released_at=NOW + timedelta(hours=1))
        a_consent_event(customer=wei)

        page = desk.borrower(wei)

        assert "Paid CNY 200.00" in page
        assert "Hold placed" in page
        assert "Hold released" in page
        assert "Refused" in page
