"""The main job in a browser: a step and a text are edited and published, and a borrower reads them.

Mei edits, Bo publishes, Lin reads the history. Wei owes 1,200 yuan since yesterday; it is 10:00
in Shanghai.
"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Customer
from config.celery import app
from reminders.models import MessageTemplate, Policy
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_loan,
    a_member_of_staff,
    a_risk_assessment,
    an_instalment,
)
from tests.clocks import set_clock
from tests.journeys.conftest import PHONE, OpenPage, fits, sign_in
from tests.simulator_process import SimulatorProcess
from tests.worker_process import WorkerProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.broker,
    pytest.mark.django_db(transaction=True),
]

A_WORKER_MS = 60_000
OUR_WORDS = "这是新的措辞。"


@pytest.fixture
def wei(settings: Settings) -> Customer:
    """Overdue since yesterday, at medium risk, under the shipped policy."""
    set_clock(settings, NOW)
    for command in ("create_roles", "load_shipped_policy"):
        call_command(command, stdout=StringIO())
    a_member_of_staff(username="mei", groups=("editors",), is_staff=True)
    a_member_of_staff(username="bo", groups=("publishers",), is_staff=True)
    a_member_of_staff(username="lin")
    wei = a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")
    a_risk_assessment(customer=wei, tier="medium")
    an_instalment(
        loan=a_loan(customer=wei, loan_no="L-77"),
        due_date=TODAY - timedelta(days=1),
        amount_due="1200.00",
    )
    return wei


def new_draft(page: Page, *, of: str, pk: int) -> None:
    page.goto(f"/admin/reminders/{of}/{pk}/change/")
    page.get_by_role("button", name="New draft from this").click()
    expect(page.get_by_text("Draft", exact=True).first).to_be_visible()


def save(page: Page) -> str:
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("As saved, it can be published.")).to_be_visible()
    return page.url


def publish(page: Page, *, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Publish …").click()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Published", exact=True).first).to_be_visible()


class TestMainJob:
    def test_from_an_edited_policy_to_a_delivered_text(
        self,
        wei: Customer,
        network: SimulatorProcess,
        open_page: OpenPage,
        live_server: LiveServer,
        settings: Settings,
        redis_url: str,
    ) -> None:
        settings.PUBLIC_URL = live_server.url
        policy = Policy.objects.get(key="standard")
        mei, bo = open_page(size=(1360, 900)), open_page(size=(1360, 900))
        sign_in_to_admin(mei, username="mei")
        sign_in_to_admin(bo, username="bo")
        publish(bo, url=self.edit_the_step(mei, policy=policy))
        template, url = self.edit_the_text(mei, policy=policy)
        publish(bo, url=url)

        with WorkerProcess(concurrency=1):
            app.send_task("reminders.tick_plan", queue="ticks")
            app.send_task("reminders.tick_dispatch", queue="ticks")
            page = open_page(size=PHONE, language="zh-CN")
            sign_in(page, username="lin")
            page.fill("input[type=search]", "13812345678")
            page.locator("[data-results] a").first.click()
            expect(page.locator("h1")).to_contain_text("王伟")
            self.wait_until_delivered(page)

        expect(page.locator("#history .bubble").first).to_contain_text(OUR_WORDS)
        expect(page.locator("#history .bubble").first).to_contain_text("1,200.00元")
        assert fits(page)
        (text,) = network.texts(to="+8613812345678")
        assert OUR_WORDS in text["body"]
        message = wei.messages.get()
        assert message.template_version.template == template
        assert message.template_version.number == 2
        step = message.reminders.get().step_version
        assert step is not None
        assert (step.version.number, f"{step.local_time:%H:%M}") == (2, "09:45")

    def edit_the_step(self, page: Page, *, policy: Policy) -> str:
        new_draft(page, of="policyversion", pk=policy.versions.get().pk)
        page.get_by_text("Day +1 ·").first.click()
        place = page.locator('input[name$="-key"][value="day-after"]').get_attribute("name")
        assert place is not None
        page.fill(f'[name="{place.replace("-key", "-local_time")}"]', "09:45")
        return save(page)

    def edit_the_text(self, page: Page, *, policy: Policy) -> tuple[MessageTemplate, str]:
        step = policy.versions.get(state="published").steps.get(key="day-after")
        text = step.template.versions.get().texts.get(language="zh-hans", tone="neutral")
        new_draft(page, of="templateversion", pk=text.version_id)
        found = page.locator("textarea[name$=-body]").filter(has_text=text.body[25:60])
        box = page.locator(f'[name="{found.get_attribute("name")}"]')
        box.fill(f"{OUR_WORDS}{{unknown}}")
        expect(page.get_by_text("There is no placeholder {unknown}").first).to_be_visible()
        box.fill(OUR_WORDS + text.body)
        expect(page.locator(".dc-phone", has_text=OUR_WORDS).first).to_be_visible()
        return step.template, save(page)

    def wait_until_delivered(self, page: Page) -> None:
        entries = page.locator("#history .entry.message")
        for _ in range(A_WORKER_MS // 500):
            if entries.count():
                break
            page.wait_for_timeout(500)
            page.reload()
        # From here on the page looks again by itself until the receipt has come.
        expect(entries.locator(".state.good").first).to_be_visible(timeout=A_WORKER_MS)


def sign_in_to_admin(page: Page, *, username: str) -> None:
    page.goto("/admin/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", "password")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
