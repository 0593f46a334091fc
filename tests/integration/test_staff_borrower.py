"""The borrower's page: what is owed, what comes next and why, and the whole history."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from reminders.queries.borrower import person_of
from reminders.queries.outlook import outlook_for
from tests.builders import (
    NOW,
    TODAY,
    a_consent_event,
    a_contact_point,
    a_customer,
    a_hold,
    a_loan,
    a_payment,
    a_risk_assessment,
    an_instalment,
)
from tests.integration.about_wei import an_overdue_instalment, wei
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_message, a_policy, a_reminder

__all__ = ["desk", "wei"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


class TestWhatIsOwed:
    def test_it_tells_the_sums_and_since_when(self, desk: Desk, wei: Customer) -> None:
        instalment = an_overdue_instalment(wei)
        an_instalment(loan=instalment.loan, due_date=TODAY + timedelta(days=18), amount_due="500")

        page = desk.borrower(wei)

        assert "CNY 1,200.00" in page
        assert "12 days" in page
        assert "CNY 7.20" in page  # 1,200.00 at 0.05 % for 12 days
        assert "CNY 500.00" in page
        assert "in 18 days" in page

    def test_it_shows_which_payment_paid_what(self, desk: Desk, wei: Customer) -> None:
        first = an_overdue_instalment(wei)
        an_instalment(loan=first.loan, due_date=TODAY + timedelta(days=18), amount_due="1000.00")
        a_payment(loan=first.loan, amount="1500.00", payment_no="P-9")

        page = desk.borrower(wei)
        table = page[page.index("<table>") : page.index("</table>")]

        assert re.findall(r"<span>([\d,.]+) · 23 Nov 2026 · P-9</span>", table) == [
            "1,200.00",
            "300.00",
        ]
        assert "paid late" in table
        assert "700.00 open" in table

    def test_the_number_is_masked_everywhere(self, desk: Desk, wei: Customer) -> None:
        page = desk.borrower(wei)

        assert "+86 138****5678" in page
        assert "13812345678" not in page

    def test_risk_consent_addresses_and_holds_are_in_words(self, desk: Desk, wei: Customer) -> None:
        a_risk_assessment(
            customer=wei,
            tier="high",
            reasons=[{"code": "late_count", "level": "high", "value": 4, "threshold": 3}],
        )
        a_consent_event(customer=wei, channel="sms", purpose="offer")
        a_contact_point(
            customer=wei,
            address="+8613900009999",
            is_current=False,
            unusable_since=NOW,
            unusable_reason="wrong_number",
        )
        a_hold(customer=wei, kind="dispute", until_at=None, reason="says it is not his")

        page = desk.borrower(wei)

        assert "4 of the last instalments were late" in page
        assert "Unusable: wrong number" in page
        assert "says it is not his" in page
        assert page.count("until somebody releases it") >= 2  # the banner and the list

    def test_a_borrower_without_anything_is_a_page_too(self, desk: Desk) -> None:
        page = desk.borrower(a_customer(phone=None))

        assert "No active loan" in page
        assert "no number" in page
        assert "Nothing is planned" in page
        assert "Nothing has happened yet" in page

    def test_an_unknown_time_zone_is_said_and_not_a_crash(self, desk: Desk) -> None:
        page = desk.borrower(a_customer(timezone="Mars/Olympus"))

        assert "unknown time zone “Mars/Olympus”" in page

    @pytest.mark.parametrize("number", ["C/7 & 8", "客户·7", "a b?c#d", "<b>"])
    def test_odd_numbers_and_names_have_pages(self, desk: Desk, number: str) -> None:
        customer = a_customer(customer_no=number, name="<script>" + "王" * 492)

        page = desk.borrower(customer)

        assert "&lt;script&gt;" in page
        assert "<script>王" not in page

    @pytest.mark.parametrize("number", ["nobody", "a\0b"])
    def test_nobody_is_404(self, desk: Desk, number: str) -> None:
        assert desk.get("borrower", number).status_code == 404


class TestWhatComesNext:
    def test_it_shows_the_text_and_every_rule(self, desk: Desk, wei: Customer) -> None:
        policy = a_policy(-3)
        loan = a_loan(customer=wei)
        instalment = an_instalment(loan=loan, due_date=TODAY + timedelta(days=3))
        a_reminder(instalment=instalment, policy=policy, next_attempt_at=NOW + timedelta(hours=1))

        page = desk.borrower(wei)

        assert "Will be sent" in page
        assert "100.00元于11月26日到期" in page
        assert page.count("?</span>") >= 11  # one question for each rule

    def test_it_names_the_rule_that_objects(self, desk: Desk, wei: Customer) -> None:
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=3))
        a_reminder(instalment=instalment)
        a_hold(customer=wei, kind="dispute", until_at=None)

        row = outlook_for(person_of(wei), now=NOW).upcoming[0]

        assert (row.verdict, row.reason) == ("skip", "on_hold")
        answers = {asked.rule: asked.passed for asked in row.asked}
        assert answers["still_owed"] is True
        assert answers["not_on_hold"] is False
        assert answers["reachable"] is None  # not asked any more

    def test_a_hold_that_ends_before_does_not_object(self, wei: Customer) -> None:
        """Facts of tomorrow, not of now: the promise is over by then."""
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=3))
        a_reminder(instalment=instalment, next_attempt_at=NOW + timedelta(hours=24))
        a_hold(customer=wei, until_at=NOW + timedelta(hours=2))

        assert outlook_for(person_of(wei), now=NOW).upcoming[0].verdict == "send"

    def test_a_hold_that_begins_before_does_object(self, wei: Customer) -> None:
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=3))
        a_reminder(instalment=instalment, next_attempt_at=NOW + timedelta(hours=24))
        a_hold(customer=wei, from_at=NOW + timedelta(hours=2), until_at=None, kind="dispute")

        assert outlook_for(person_of(wei), now=NOW).upcoming[0].reason == "on_hold"

    def test_it_follows_a_deferral_to_its_end(self, wei: Customer) -> None:
        """23:00 in Shanghai: it waits for the morning, and then it goes."""
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=3))
        a_reminder(instalment=instalment)

        row = outlook_for(person_of(wei), now=NOW.replace(hour=15)).upcoming[0]

        assert row.verdict == "send"
        assert [moment.at.hour for moment in row.moments] == [15, 0]
        assert "permitted hours" in row.moments[0].because

    def test_the_next_text_counts_for_the_one_after(self, wei: Customer) -> None:
        """Two loans, ten hours apart: the second would come too soon after the first."""
        policy = a_policy(-3)
        for hours in (0, 10):
            loan = a_loan(customer=wei)
            instalment = an_instalment(loan=loan, due_date=TODAY + timedelta(days=3))
            a_reminder(
                instalment=instalment,
                policy=policy,
                next_attempt_at=NOW - timedelta(hours=2) + timedelta(hours=hours),
                expires_at=NOW + timedelta(hours=62),
            )

        first, second = outlook_for(person_of(wei), now=NOW - timedelta(hours=2)).upcoming

        assert [len(first.moments), len(second.moments)] == [1, 2]
        assert "too recent" in second.moments[0].because

    def test_the_page_and_the_run_agree(self, wei: Customer) -> None:
        """P9: what is shown as of now is what dispatch decides now."""
        from reminders.pipeline.opening import open_batch

        policy = a_policy(-3)
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=3))
        reminder = a_reminder(instalment=instalment, policy=policy)
        shown = outlook_for(person_of(wei), now=NOW).upcoming[0]

        opened = open_batch(now=NOW, limit=10, gateway="simulator")

        reminder.refresh_from_db()
        assert shown.verdict == "send"
        assert reminder.message is not None
        assert reminder.message.body == shown.text == opened.outgoing[0].text.body

    def test_later_steps_are_those_meant_for_the_borrower(self, wei: Customer) -> None:
        a_policy(-3, 0, 1, 7)
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=5))
        person = person_of(wei)

        later = outlook_for(person, now=NOW).later

        assert [person.clock.date(row.at) - instalment.due_date for row in later] == [
            timedelta(days=days) for days in (-3, 0, 1, 7)
        ]

    def test_later_steps_say_what_stops_them_as_things_stand(
        self, desk: Desk, wei: Customer
    ) -> None:
        a_policy(-3)
        an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=9))
        free = desk.borrower(wei)
        a_hold(customer=wei, kind="dispute", until_at=None)

        held = desk.borrower(wei)

        assert "as things stand it will not be sent" not in free
        assert "On hold: as things stand it will not be sent" in held

    def test_what_goes_out_in_one_text_is_one_entry(self, desk: Desk, wei: Customer) -> None:
        policy = a_policy(-3)
        for loan_no in ("L-1", "L-2"):
            loan = a_loan(customer=wei, loan_no=loan_no)
            a_reminder(
                instalment=an_instalment(loan=loan, due_date=TODAY + timedelta(days=3)),
                policy=policy,
            )

        ((first, second),) = outlook_for(person_of(wei), now=NOW).texts

        assert {first.subject.loan_no, second.subject.loan_no} == {"L-1", "L-2"}
        shown = desk.borrower(wei)
        assert "One text about 2 instalments" in shown
        assert shown.count(first.text) == 1

    def test_who_is_held_out_is_told_so(self, desk: Desk, wei: Customer) -> None:
        a_policy(-3, holdout_percent=100)
        an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=5))

        outlook = outlook_for(person_of(wei), now=NOW)

        assert outlook.later == ()
        assert "leaves this borrower out on purpose" in desk.borrower(wei)


class TestCost:
    def test_the_number_of_statements_does_not_grow(self, desk: Desk, wei: Customer) -> None:
        """Loans, history and plans grow; statements do not."""
        policy = a_policy(-3, 0, 7)
        counts = []
        for entries in (1, 9):
            a_customer_with = wei if entries == 1 else a_customer()
            loans = [a_loan(customer=a_customer_with) for _ in range(entries)]
            for loan in loans:
                for days in range(3, 3 + entries):
                    due = TODAY + timedelta(days=days)
                    instalment = an_instalment(loan=loan, due_date=due)
                    a_reminder(
                        instalment=instalment,
                        policy=policy,
                        next_attempt_at=NOW + timedelta(hours=entries),
                    )
                done = an_instalment(loan=loan, due_date=TODAY - timedelta(days=40))
                a_message(reminder=a_reminder(instalment=done, policy=policy))
                a_payment(loan=loan, amount="100")
                a_hold(customer=a_customer_with, until_at=NOW + timedelta(hours=1))
                a_consent_event(customer=a_customer_with, granted=True)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                desk.borrower(a_customer_with)
            counts.append(len(captured))

        assert counts[0] == counts[1] <= 56
