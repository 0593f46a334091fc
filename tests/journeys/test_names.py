"""Pages keep their shape round a name of 500 signs that holds an emoji and turns the line."""

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from tests.builders import NOW, a_customer, a_loan, a_member_of_staff, an_instalment
from tests.clocks import set_clock
from tests.journeys.conftest import PHONE, OpenPage, fits, sign_in
from tests.reminder_builders import a_message, a_reply

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = "🙂\u202e伟" + "x" * 497


@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["laptop", "phone"])
def test_pages_fit(settings: Settings, open_page: OpenPage, size: tuple[int, int]) -> None:
    set_clock(settings, NOW)
    a_member_of_staff(username="lin", groups=("collections",))
    wei = a_customer(customer_no="C-77", name=NAME)
    an_instalment(loan=a_loan(customer=wei))
    a_message(customer=wei, state="unknown", reason="unresolved")
    a_reply(customer=wei)
    page = open_page(size=size, language="en")
    sign_in(page, username="lin")

    below = ("", "hold/", "number/", "by-hand/", "evidence/", "links/")
    for path in ("?q=C-77", "unknown/", "replies/", *(f"borrowers/C-77/{one}" for one in below)):
        page.goto(f"/staff/{path}")

        expect(page.locator("main").get_by_text("伟").first).to_be_visible()
        assert fits(page), path
