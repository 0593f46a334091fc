"""An agent works through a list, undoes a slip, and sees what is new without a reload."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from accounts.models import Customer
from accounts.operations import mark_address_unusable
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
from tests.clocks import set_clock
from tests.journeys.accessible import is_accessible
from tests.journeys.conftest import LAPTOP, PHONE, OpenPage, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECONDS = 60_000
"""An open page looks again every fifteen seconds, on a busy machine later."""


@pytest.fixture
def wei(settings: Settings) -> Customer:
    """Promised to pay today, and has a dead number."""
    set_clock(settings, NOW)
    a_member_of_staff(username="lin")
    wei = a_customer(name="王伟", customer_no="C-77")
    an_instalment(loan=a_loan(customer=wei, loan_no="L-77"), due_date=TODAY - timedelta(days=9))
    a_hold(customer=wei, until_at=NOW + timedelta(hours=14), amount="100.00")
    mark_address_unusable(
        contact_point_id=wei.contact_points.get().pk, reason="number_dead", now=NOW
    )
    return wei


class TestTheDesk:
    def test_a_list_is_walked_with_the_keyboard(self, wei: Customer, open_page: OpenPage) -> None:
        page = open_page()
        sign_in(page, username="lin")
        page.get_by_role("link", name="Promises due 1").click()
        expect(page.locator("h1")).to_have_text("Promises due")
        assert is_accessible(page)

        page.locator("h1").click()
        page.keyboard.press("j")
        page.keyboard.press("Enter")

        expect(page.locator("h1")).to_contain_text("王伟")
        page.get_by_role("link", name="Promises due").click()
        expect(page.locator(".listed")).to_contain_text("CNY 100.00")

    @pytest.mark.parametrize("size", [LAPTOP, PHONE])
    @pytest.mark.parametrize("name", ["promises", "high-risk", "undeliverable", "replies"])
    def test_lists_fit_and_are_accessible(
        self, wei: Customer, open_page: OpenPage, name: str, size: tuple[int, int]
    ) -> None:
        page = open_page(size=size, dark=size == PHONE)
        sign_in(page, username="lin")

        page.goto(f"/staff/{name}/")

        assert fits(page)
        assert is_accessible(page)

    def test_a_slip_is_taken_back(self, wei: Customer, open_page: OpenPage) -> None:
        page = open_page(size=PHONE)
        sign_in(page, username="lin")
        page.goto("/staff/borrowers/C-77/")
        page.get_by_text("Write a note").click()
        page.fill("#id_text", "for somebody else")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.locator(".undo")).to_contain_text("for somebody else")
        assert fits(page)
        assert is_accessible(page)

        page.get_by_role("button", name="Undo").click()

        expect(page.locator(".notice")).to_contain_text("The note is gone.")
        expect(page.locator("main")).not_to_contain_text("for somebody else")

    def test_news_come_by_themselves_and_wait_for_readers(
        self, wei: Customer, open_page: OpenPage
    ) -> None:
        page = open_page()
        sign_in(page, username="lin")
        page.goto("/staff/borrowers/C-77/")
        page.evaluate("window.sameDocument = true")
        history = page.locator("#history")

        a_payment(loan=wei.loans.get(), amount="33.00")
        expect(history).to_contain_text("Paid CNY 33.00", timeout=SECONDS)
        expect(page.locator(".sums")).to_contain_text("CNY 67.00")
        assert page.evaluate("window.sameDocument")

        history.get_by_role("link", name="Payments").focus()
        a_payment(loan=wei.loans.get(), amount="11.00")
        news = page.get_by_role("link", name="Something is new: show it")
        expect(news).to_be_visible(timeout=SECONDS)
        expect(history).not_to_contain_text("Paid CNY 11.00")
        news.click()
        expect(history).to_contain_text("Paid CNY 11.00")
