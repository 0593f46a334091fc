"""An agent finds a borrower, reads why, sends a text by hand and sees it arrive."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Customer
from config.celery import app
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_loan,
    a_member_of_staff,
    a_payment,
    an_instalment,
)
from tests.clocks import set_clock
from tests.journeys.conftest import LAPTOP, PHONE, OpenPage, fits, sign_in, words_of
from tests.reminder_builders import a_policy, a_reminder
from tests.simulator_process import SimulatorProcess
from tests.worker_process import WorkerProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.broker,
    pytest.mark.django_db(transaction=True),
]

SECONDS_MAX = 60


def beat_until(done: Callable[[], bool]) -> bool:
    """Ring once a second as beat does; whether it was done in time.

    The doorbells of the page and of the callback are enough almost always; a row that was locked
    just then waits for the next tick.
    """
    deadline = time.monotonic() + SECONDS_MAX
    while not done():
        if time.monotonic() > deadline:
            return False
        app.send_task("reminders.tick_dispatch", queue="ticks")
        app.send_task("reminders.apply_receipts", queue="receipts")
        time.sleep(1)
    return True


@pytest.fixture
def wei(settings: Settings) -> Customer:
    """Overdue for 9 days, with a reminder that was skipped and one that is planned."""
    set_clock(settings, NOW)
    a_member_of_staff(username="lin")
    wei = a_customer(name="王伟", customer_no="C-77", phone="+8613812345678", is_demonstration=True)
    policy = a_policy(-3, 1)
    loan = a_loan(customer=wei, loan_no="L-77")
    done = an_instalment(loan=loan, due_date=TODAY - timedelta(days=40))
    a_payment(loan=loan, payment_no="P-1")
    overdue = an_instalment(loan=loan, due_date=TODAY - timedelta(days=9), amount_due="1200.00")
    coming = an_instalment(loan=loan, due_date=TODAY + timedelta(days=4), amount_due="800.00")
    a_reminder(
        instalment=overdue,
        policy=policy,
        state="skipped",
        reason="other_tier",
        detail={"tier": "low", "for": ["high"]},
        decided_at=NOW - timedelta(days=12),
    )
    a_reminder(
        instalment=coming,
        policy=policy,
        next_attempt_at=NOW + timedelta(hours=24),
        send_at=NOW + timedelta(hours=24),
        expires_at=NOW + timedelta(hours=60),
    )
    assert done.pk
    return wei


@pytest.mark.parametrize(
    ("language", "size"), [("en", LAPTOP), ("zh-CN", PHONE)], ids=["laptop", "phone"]
)
class TestAgent:
    def test_finds_reads_sends_and_sees_it_arrive(
        self,
        language: str,
        size: tuple[int, int],
        wei: Customer,
        open_page: OpenPage,
        network: SimulatorProcess,
        live_server: LiveServer,
        settings: Settings,
        redis_url: str,
    ) -> None:
        settings.PUBLIC_URL = live_server.url
        said = words_of(language)
        page = open_page(language=language, size=size)
        sign_in(page, username="lin")

        # As one types; arrows and Enter do the rest.
        page.keyboard.type("王")
        expect(page.locator("[data-results] a")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("王伟")

        expect(page.locator(".sums")).to_contain_text("1,200.00")
        expect(page.locator(".sums")).to_contain_text("9")
        expect(page.locator("#next")).to_contain_text(said("Will be sent"))
        page.locator("#next summary").first.click()
        expect(page.locator("#next .bubble")).to_contain_text("800.00元于11月27日到期")
        history = page.locator("#history")
        only = said("It is only for borrowers at %(for)s; this one is at %(tier)s.")
        expect(history).to_contain_text(only.partition("%")[0])
        expect(history).to_contain_text(said("Paid %(amount)s").partition("%")[0])

        page.get_by_role("link", name=said("Send a text by hand")).click()
        expect(page.locator(".bubble")).to_contain_text("已逾期9天")
        with WorkerProcess(concurrency=1) as worker:
            page.get_by_role("button", name=said("Send this text now")).click()
            expect(page.locator(".notice")).to_contain_text(
                said("Asked for. The text is decided once more and goes out within seconds.")
            )
            # The page looks again by itself until the receipt has come.
            state = history.locator(".entry.message .state").first
            delivered = said("Delivered")
            assert beat_until(lambda: state.count() > 0 and state.inner_text() == delivered), (
                f"{page.locator('main').inner_text()}\n{worker.log}"
            )
        expect(history).to_contain_text("lin")

        texts = network.texts()
        assert len(texts) == 1
        assert "已逾期9天" in texts[0]["body"]
        assert texts[0]["body"] in history.inner_text()

    def test_stops_the_texts_for_a_dispute(
        self, language: str, size: tuple[int, int], wei: Customer, open_page: OpenPage
    ) -> None:
        said = words_of(language)
        page = open_page(language=language, size=size)
        sign_in(page, username="lin")
        page.goto("/staff/borrowers/C-77/")

        page.get_by_text(said("Place a hold"), exact=True).first.click()
        page.select_option("#id_kind", "dispute")
        page.fill("#id_reason", "says it is not his")
        page.get_by_role("button", name=said("Place the hold")).click()

        expect(page.locator(".banner")).to_contain_text(said("Dispute"))
        expect(page.locator("#next")).to_contain_text(said("Will not be sent"))
        page.get_by_role("button", name=said("Release")).click()
        expect(page.locator("#next")).to_contain_text(said("Will be sent"))

    def test_walks_the_history_and_its_filters(
        self, language: str, size: tuple[int, int], wei: Customer, open_page: OpenPage
    ) -> None:
        said = words_of(language)
        loan = wei.loans.get()
        for number in range(25):
            a_payment(loan=loan, amount="1.00", paid_at=NOW - timedelta(days=1, minutes=number))
        page = open_page(language=language, size=size)
        sign_in(page, username="lin")
        page.goto("/staff/borrowers/C-77/")

        page.get_by_role("link", name=said("Older")).click()
        expect(page.locator(".entry")).to_have_count(27)
        page.get_by_role("link", name=said("Not sent")).click()
        expect(page.locator(".entry")).to_have_count(1)
        expect(page.locator('.filters [aria-current="true"]')).to_have_text(said("Not sent"))


class TestEverywhere:
    @pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
    @pytest.mark.parametrize("language", ["zh-CN", "en"])
    def test_every_page_fits_its_screen(
        self, wei: Customer, open_page: OpenPage, size: tuple[int, int], language: str
    ) -> None:
        page = open_page(size=size, language=language)
        sign_in(page, username="lin")

        for address in (
            "/staff/",
            "/staff/?q=C",
            "/staff/?q=nobody",
            f"/staff/day/{TODAY}/not_sent/",
            "/staff/borrowers/C-77/",
            "/staff/borrowers/C-77/hold/",
            "/staff/borrowers/C-77/number/",
            "/staff/borrowers/C-77/by-hand/",
            "/staff/borrowers/nobody/",
        ):
            page.goto(address)
            assert fits(page), address
            assert page.locator("h1").count() == 1, address

    def test_the_language_is_changed_and_remembered(
        self, wei: Customer, open_page: OpenPage
    ) -> None:
        page = open_page(language="en")
        page.goto("/login/")
        page.get_by_role("button", name="中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")

        sign_in(page, username="lin")

        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")

    def test_slash_goes_to_the_search_from_anywhere(
        self, wei: Customer, open_page: OpenPage
    ) -> None:
        page = open_page()
        sign_in(page, username="lin")
        page.goto("/staff/borrowers/C-77/")

        page.keyboard.press("/")
        page.keyboard.type("L-77")
        page.keyboard.press("Enter")

        page.wait_for_url("**/staff/borrowers/C-77/")

    def test_it_works_without_scripts(self, wei: Customer, browser_without_scripts: Page) -> None:
        page = browser_without_scripts
        sign_in(page, username="lin")
        page.fill("#q", "C-77")
        page.get_by_role("button", name="Search").click()

        expect(page.locator("h1")).to_contain_text("王伟")
