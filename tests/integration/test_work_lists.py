"""The work lists of the desk: what is on them, in which order, and what takes it off again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Customer, Hold
from accounts.operations import mark_address_unusable, release_hold
from reminders.queries import promises_due as promises
from reminders.queries import undeliverable as numbers
from reminders.queries.high_risk import PAGE, high_risk_count, high_risk_due
from reminders.queries.promises_due import promises_due, promises_due_count
from reminders.queries.undeliverable import undeliverable, undeliverable_count
from reminders.queries.work import LISTS
from tests.builders import (
    NOW,
    TODAY,
    a_contact_point,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    a_risk_assessment,
    an_instalment,
)
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_reminder

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

MIDNIGHT = NOW + timedelta(hours=14)
"""The end of today in Shanghai."""


@pytest.fixture
def wei() -> Customer:
    """Owes 100.00 on one loan."""
    customer = a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")
    an_instalment(loan=a_loan(customer=customer, loan_no="L-1"), due_date=TODAY)
    return customer


def a_promise(customer: Customer, **fields: Any) -> Hold:
    defaults: dict[str, Any] = {
        "from_at": NOW - timedelta(days=8),
        "placed_at": NOW - timedelta(days=8),
        "until_at": MIDNIGHT,
        "amount": Decimal("100.00"),
    }
    return a_hold(customer=customer, **defaults | fields)


def listed_promises() -> list[int]:
    found = [row.hold_id for row in promises_due(now=NOW).rows]
    assert promises_due_count(now=NOW) == len(found)
    return found


class TestPromises:
    def test_of_today_stand_before_those_that_passed(self, wei: Customer) -> None:
        mei = a_customer(name="陈梅")
        an_instalment(loan=a_loan(customer=mei))
        passed = a_promise(mei, until_at=MIDNIGHT - timedelta(days=3))
        today = a_promise(wei)

        assert listed_promises() == [today.pk, passed.pk]

    def test_of_tomorrow_are_no_work_yet(self, wei: Customer) -> None:
        a_promise(wei, until_at=MIDNIGHT + timedelta(days=1))

        assert listed_promises() == []

    def test_of_long_ago_are_no_work_any_more(self, wei: Customer) -> None:
        given = NOW - timedelta(days=40)
        a_promise(wei, until_at=NOW - promises.LOOKS_BACK, from_at=given, placed_at=given)

        assert listed_promises() == []

    def test_end_with_the_day_where_the_borrower_lives(self, wei: Customer) -> None:
        Customer.objects.update(timezone="America/New_York")
        # In New York it is nine in the evening of the 22nd, and the day ends at five our time.
        a_promise(wei, until_at=NOW + timedelta(hours=3))

        (row,) = promises_due(now=NOW).rows
        assert (row.day, row.is_over) == (TODAY - timedelta(days=1), False)

    def test_leave_when_the_money_has_come_in(self, wei: Customer) -> None:
        promise = a_promise(wei)
        loan = wei.loans.get()
        a_payment(loan=loan, amount="40.00", paid_at=NOW - timedelta(days=1))
        assert listed_promises() == [promise.pk]

        a_payment(loan=loan, amount="60.00")

        assert listed_promises() == []

    def test_count_no_payment_from_before(self, wei: Customer) -> None:
        loan = wei.loans.get()
        an_instalment(loan=loan)
        a_payment(loan=loan, amount="100.00", paid_at=NOW - timedelta(days=9))

        promise = a_promise(wei)

        (row,) = promises_due(now=NOW).rows
        assert (row.hold_id, row.paid, row.missing) == (promise.pk, Decimal(0), Decimal(100))

    def test_without_an_amount_are_kept_by_any_payment(self, wei: Customer) -> None:
        promise = a_promise(wei, amount=None)
        assert listed_promises() == [promise.pk]

        a_payment(loan=wei.loans.get(), amount="0.01")

        assert listed_promises() == []

    def test_leave_when_they_are_released(self, wei: Customer) -> None:
        promise = a_promise(wei)

        release_hold(hold_id=promise.pk, now=NOW)

        assert listed_promises() == []

    def test_leave_for_a_later_arrangement_on_the_same_loan(self, wei: Customer) -> None:
        first = a_promise(wei, until_at=MIDNIGHT - timedelta(days=1))
        other = a_loan(customer=wei)
        an_instalment(loan=other)
        a_hold(customer=wei, loan=other, placed_at=NOW)  # another loan: the first still stands
        assert listed_promises() == [first.pk]

        a_hold(customer=wei, kind="dispute", until_at=None, placed_at=NOW)

        assert listed_promises() == []

    def test_leave_when_nothing_is_owed(self, wei: Customer) -> None:
        a_promise(wei, amount=Decimal("500.00"))

        a_payment(loan=wei.loans.get(), amount="100.00")

        assert listed_promises() == []

    def test_show_what_an_agent_asks_for(self, desk: Desk, wei: Customer) -> None:
        a_promise(wei, placed_by=a_member_of_staff(username="mei"), reason="salary on Monday")
        a_payment(loan=wei.loans.get(), amount="30.00")

        page = desk.read("promises")

        for words in ("王伟", "C-77", "+86 138****5678", "CNY 100.00", "CNY 30.00", "CNY 70.00"):
            assert words in page
        for words in ("L-1", "mei", "salary on Monday", "Mon 23 Nov"):
            assert words in page


class TestHighRisk:
    def at_risk(self, *, in_days: int, amount: str = "100.00", tier: str = "high") -> Customer:
        customer = a_customer()
        a_risk_assessment(
            customer=customer,
            tier=tier,
            reasons=[{"code": "late_count", "value": 4, "threshold": 3}],
        )
        day = TODAY + timedelta(days=in_days)
        an_instalment(loan=a_loan(customer=customer), due_date=day, amount_due=amount)
        return customer

    def listed(self) -> list[str]:
        found = [row.customer_no for row in high_risk_due(today=TODAY, now=NOW).rows]
        assert high_risk_count(today=TODAY) == len(found)
        return found

    def test_stands_by_day_and_then_by_amount(self) -> None:
        later = self.at_risk(in_days=7, amount="900.00")
        small = self.at_risk(in_days=1)
        large = self.at_risk(in_days=1, amount="100.01")
        today = self.at_risk(in_days=0)

        expected = [row.customer_no for row in (today, large, small, later)]
        assert self.listed() == expected

    def test_is_only_of_high_risk_and_of_what_is_due_soon(self) -> None:
        self.at_risk(in_days=1, tier="medium")
        self.at_risk(in_days=8)
        self.at_risk(in_days=-1)
        settled = self.at_risk(in_days=2)
        a_payment(loan=settled.loans.get())
        closed = self.at_risk(in_days=2)
        closed.loans.update(status="closed")

        assert self.listed() == []

    def test_is_one_row_for_a_borrower_and_a_day(self) -> None:
        customer = self.at_risk(in_days=1)
        an_instalment(loan=a_loan(customer=customer), due_date=TODAY + timedelta(days=1))
        an_instalment(loan=a_loan(customer=customer), due_date=TODAY + timedelta(days=2))

        rows = high_risk_due(today=TODAY, now=NOW).rows

        assert [(row.in_days, len(row.due)) for row in rows] == [(1, 2), (2, 1)]
        assert high_risk_count(today=TODAY) == 2

    def test_has_each_borrower_once_on_all_its_pages_by_the_largest_of_several_loans(self) -> None:
        expected = []
        for number in range(2 * PAGE + 1):
            customer = self.at_risk(in_days=1, amount=f"{100 + number}.00")
            day = TODAY + timedelta(days=1)
            for amount in (f"{5000 - number}.00", f"{5000 - number}.00", "50.00"):
                an_instalment(loan=a_loan(customer=customer), due_date=day, amount_due=amount)
            expected.append(customer.customer_no)

        pages: list[list[str]] = []
        after = ""
        while not pages or after:
            page = high_risk_due(today=TODAY, now=NOW, after=after)
            pages.append([row.customer_no for row in page.rows])
            after = page.after

        assert [len(rows) for rows in pages] == [PAGE, PAGE, 1]
        assert [number for rows in pages for number in rows] == expected

    def test_tells_why_what_is_planned_and_what_holds_it(self, desk: Desk) -> None:
        customer = self.at_risk(in_days=3)
        instalment = customer.loans.get().instalments.get()
        at = NOW + timedelta(hours=5)
        a_reminder(instalment=instalment, send_at=at, next_attempt_at=at)

        assert "Nothing is planned" not in desk.read("high_risk")
        a_hold(customer=customer, kind="hardship", until_at=None)
        page = desk.read("high_risk")

        for words in ("4 of the last instalments were late", "in 3 days", "Hardship", "15:00"):
            assert words in page


class TestUndeliverable:
    def unreachable(self, *, minutes: int = 0, **fields: Any) -> Customer:
        customer = a_customer(**fields)
        an_instalment(loan=a_loan(customer=customer), due_date=TODAY - timedelta(days=4))
        point = customer.contact_points.get()
        at = NOW + timedelta(minutes=minutes)
        mark_address_unusable(contact_point_id=point.pk, reason="number_dead", now=at)
        return customer

    def test_holds_the_numbers_found_out_last_first(self) -> None:
        first, second = self.unreachable(), self.unreachable(minutes=1)

        rows = undeliverable(now=NOW).rows

        assert [row.customer_no for row in rows] == [second.customer_no, first.customer_no]
        assert undeliverable_count() == 2

    def test_leaves_out_who_owes_nothing_and_who_has_another_number(self) -> None:
        closed, moved = self.unreachable(), self.unreachable()
        closed.loans.update(status="closed")
        moved.contact_points.update(is_current=False)
        a_contact_point(customer=moved)

        assert undeliverable(now=NOW).rows == ()
        assert undeliverable_count() == 0

    def test_leads_to_the_new_number_and_back(self, desk: Desk) -> None:
        customer = self.unreachable(name="王伟", customer_no="C-77")
        page = desk.read("undeliverable")
        assert "4 days overdue" in page
        assert "/staff/borrowers/C-77/number/?from=undeliverable" in page
        assert "?from=undeliverable" in desk.read("number", "C-77", **{"from": "undeliverable"})

        response = desk.client.post(
            "/staff/borrowers/C-77/number/?from=undeliverable", {"address": "13900001111"}
        )

        assert response.headers["Location"] == "/staff/undeliverable/"
        assert "Every number can be reached" in desk.read("undeliverable")
        assert customer.contact_points.get(is_current=True).address_masked == "+86 139****1111"


class TestAllLists:
    @pytest.mark.parametrize("name", [one.name for one in LISTS])
    def test_say_what_being_empty_means(self, desk: Desk, name: str) -> None:
        page = desk.read(name)

        assert 'class="empty"' in page
        assert 'aria-current="page"' in page

    def test_are_counted_on_the_first_page(self, desk: Desk, wei: Customer) -> None:
        a_promise(wei)

        page = " ".join(desk.read("home").split())

        assert '<span>Promises due</span> <span class="figure">1</span>' in page
        assert '<span>Undeliverable numbers</span> <span class="figure">0</span>' in page

    @pytest.mark.parametrize("name", [one.name for one in LISTS])
    def test_are_gone_back_to(self, desk: Desk, wei: Customer, name: str) -> None:
        page = desk.borrower(wei, **{"from": name})

        assert f'class="back"><a href="/staff/{name.replace("_", "-")}/"' in page

    def test_other_origins_are_none(self, desk: Desk, wei: Customer) -> None:
        assert 'class="back"' not in desk.borrower(wei, **{"from": "https://evil.example"})

    @pytest.mark.parametrize("name", ["promises", "high_risk", "undeliverable"])
    @pytest.mark.parametrize("after", ["x", "~", "2026-01-01~1", "2026-01-01T00:00~-1", "9~9~9"])
    def test_have_no_page_at_a_place_that_is_none(self, desk: Desk, name: str, after: str) -> None:
        if name == "high_risk" and after == "2026-01-01~1":
            after = "2026-01-01~1~x"

        assert desk.get(name, after=after).status_code == 404

    @pytest.mark.parametrize("name", ["promises", "high-risk", "undeliverable"])
    def test_are_for_staff_alone(self, client: Client, name: str) -> None:
        client.force_login(a_member_of_staff(groups=("editors",)))

        assert client.get(f"/staff/{name}/").status_code == 403

    def test_go_on_page_by_page(self) -> None:
        for number in range(promises.PAGE + 3):
            customer = a_customer()
            a_risk_assessment(customer=customer, tier="high")
            an_instalment(
                loan=a_loan(customer=customer), due_date=TODAY + timedelta(days=number % 3)
            )
            a_promise(customer, until_at=MIDNIGHT - timedelta(days=number % 3))
            mark_address_unusable(
                contact_point_id=customer.contact_points.get().pk, reason="dead", now=NOW
            )

        for page_of in (
            lambda after: promises_due(now=NOW, after=after),
            lambda after: high_risk_due(today=TODAY, now=NOW, after=after),
            lambda after: undeliverable(now=NOW, after=after),
        ):
            first = page_of("")
            second = page_of(first.after)
            seen = [row.customer_no for row in (*first.rows, *second.rows)]
            assert len(first.rows) == numbers.PAGE
            assert second.after == ""
            assert len(set(seen)) == len(seen) == promises.PAGE + 3
