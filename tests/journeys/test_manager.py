"""A manager in a browser: from a figure of the day down to its row, and the other pages.

Wei's text of this morning was delivered; he has owed 1,200 yuan since nine days.
"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from accounts.models import Customer
from tests.builders import NOW, TODAY, a_customer, a_loan, a_member_of_staff, an_instalment
from tests.clocks import set_clock
from tests.journeys.conftest import LAPTOP, PHONE, OpenPage, fits, sign_in, words_of
from tests.reminder_builders import a_message, a_reminder

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wei(settings: Settings) -> Customer:
    set_clock(settings, NOW)
    call_command("create_roles", stdout=StringIO())
    a_member_of_staff(username="guan", groups=("managers",), is_staff=True)
    a_member_of_staff(username="lin")
    wei = a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")
    late = an_instalment(
        loan=a_loan(customer=wei), due_date=TODAY - timedelta(days=9), amount_due="1200.00"
    )
    a_message(reminder=a_reminder(instalment=late), state="delivered", ended_at=NOW)
    return wei


@pytest.mark.parametrize(
    ("language", "size"), [("en", LAPTOP), ("zh-CN", PHONE)], ids=["laptop", "phone"]
)
class TestManager:
    def test_goes_from_a_figure_down_to_its_row(
        self, wei: Customer, open_page: OpenPage, language: str, size: tuple[int, int]
    ) -> None:
        said = words_of(language)
        page = open_page(size=size, language=language)
        sign_in(page, username="guan")
        page.goto("/staff/overview/")
        assert fits(page)

        delivered = page.locator(f'main td a[href*="/texts/{TODAY}/"]').first
        expect(delivered).to_have_text("1")
        delivered.click()
        expect(page.locator("main")).to_contain_text("王伟")
        page.get_by_text("王伟").first.click()
        expect(page.locator("h1")).to_contain_text("王伟")

        page.goto("/staff/delivery/")
        assert fits(page)
        with page.expect_download() as download:
            page.locator("a.csv").first.click()
        assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")

        page.goto("/staff/collections/")
        page.locator('main a[href*="/collections/late/"]').first.click()
        expect(page.locator("main")).to_contain_text("C-77")
        page.goto("/staff/effect/")
        expect(page.locator("h1")).to_contain_text(said("What the reminders changed"))
        assert fits(page)

    def test_who_has_no_such_right_is_told_so(
        self, wei: Customer, open_page: OpenPage, language: str, size: tuple[int, int]
    ) -> None:
        page = open_page(size=size, language=language)
        sign_in(page, username="lin")

        response = page.goto("/staff/overview/")

        assert response is not None
        assert response.status == 403
        assert page.locator("h1").count() == 1
        assert fits(page)
