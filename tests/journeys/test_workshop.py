"""The workshop in a browser: a step is changed, its effect looked at, published by another person,
and taken back.

Mei may edit and publish, Bo as well; Wei's instalment is due in a day.
"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from reminders.models import Policy
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
from tests.journeys.conftest import PHONE, OpenPage, Said, fits, sign_in, words_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def policy(settings: Settings) -> Policy:
    """The shipped policy over a book of one borrower; two people who edit and publish."""
    set_clock(settings, NOW)
    for command in ("create_roles", "load_shipped_policy"):
        call_command(command, stdout=StringIO())
    for name in ("mei", "bo"):
        a_member_of_staff(username=name, groups=("editors", "publishers"), is_staff=True)
    wei = a_customer(name="王伟", customer_no="C-77")
    a_risk_assessment(customer=wei, tier="medium")
    an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=2))
    return Policy.objects.get()


class TestWorkshop:
    @pytest.mark.parametrize(
        ("language", "size"), [("en", (1360, 900)), ("zh-CN", PHONE)], ids=["laptop", "phone"]
    )
    def test_a_change_is_foreseen_published_by_another_and_taken_back(
        self, policy: Policy, open_page: OpenPage, language: str, size: tuple[int, int]
    ) -> None:
        said = words_of(language)
        first = policy.versions.get()
        mei = open_page(size=size, language=language)
        draft = self.change_a_step(mei, pk=first.pk, said=said)
        self.look_at_the_difference(mei, said=said)
        self.cannot_publish_alone(mei, draft=draft, said=said)

        bo = open_page(size=size, language=language)
        sign_in(bo, username="bo")
        bo.goto(f"/admin/reminders/policyversion/{draft}/publish/")
        expect(bo.locator(".dc-change ins")).to_have_text("09:45")
        bo.get_by_role("button", name=said("Publish now")).click()
        expect(bo.get_by_text(said("%(version)s is in force.") % {"version": "v2"})).to_be_visible()

        bo.goto(f"/admin/reminders/policyversion/{first.pk}/change/")
        bo.get_by_role("link", name=said("Return to this version …")).click()
        now = said("Return to %(version)s now") % {"version": "v1"}
        bo.get_by_role("button", name=now).click()
        back = said("%(version)s is in force and says what %(old)s said.")
        expect(bo.get_by_text(back % {"version": "v3", "old": "v1"})).to_be_visible()
        assert policy.versions.get(state="published").returns_to == first

    def change_a_step(self, page: Page, *, pk: int, said: Said) -> int:
        sign_in(page, username="mei")
        page.goto(f"/admin/reminders/policyversion/{pk}/change/")
        page.get_by_role("button", name=said("New draft from this")).click()
        key = page.locator('input[name$="-key"][value="day-before"]')
        place = key.get_attribute("name")
        assert place is not None
        time = page.locator(f'[name="{place.replace("-key", "-local_time")}"]')
        if not time.is_visible():  # the steps are folded
            page.get_by_text("−1").last.click()
        time.fill("09:45")
        page.get_by_role("button", name=said("Save and continue editing")).click()
        alone = said("Another person must do it, because you wrote or changed it.")
        expect(page.get_by_text(alone)).to_be_visible()
        return int(page.url.split("/")[-3])

    def look_at_the_difference(self, page: Page, *, said: Said) -> None:
        page.get_by_role("link", name=said("What it would do")).click()
        row = page.get_by_role("row", name="day-before").first
        expect(row).to_contain_text("1")
        example = page.locator(".dc-examples li").first
        expect(example).to_contain_text("C-77")
        expect(example.locator("ins").first).to_contain_text("09:45")
        page.locator(".dc-switch a").last.click()
        expect(page.locator(".dc-switch [aria-current]")).to_contain_text("30")
        assert fits(page)
        with page.expect_download() as download:
            page.get_by_role("link", name=said("All rows as CSV")).click()
        assert "C-77" in download.value.path().read_text(encoding="utf-8")

    def cannot_publish_alone(self, page: Page, *, draft: int, said: Said) -> None:
        page.goto(f"/admin/reminders/policyversion/{draft}/publish/")
        expect(page.get_by_role("alert")).to_contain_text("PUBLISH_BY_SECOND_PERSON")
        expect(page.get_by_role("button", name=said("Publish now"))).to_have_count(0)

    def test_its_pages_fit_a_phone_in_chinese(self, policy: Policy, open_page: OpenPage) -> None:
        page = open_page(size=PHONE, language="zh-CN", dark=True)
        sign_in(page, username="bo")
        pk = policy.versions.get().pk
        for address in ("difference", "compare", "change"):
            page.goto(f"/admin/reminders/policyversion/{pk}/{address}/")
            assert fits(page), address
        page.goto("/admin/gateways/")
        assert fits(page)


class TestStepEditor:
    def test_a_row_follows_its_fields_folds_by_keyboard_and_is_reached_from_the_line_of_days(
        self, policy: Policy, open_page: OpenPage
    ) -> None:
        page = open_page(language="en")
        sign_in(page, username="mei")
        page.goto(f"/admin/reminders/policyversion/{policy.versions.get().pk}/change/")
        page.get_by_role("button", name="New draft from this").click()

        page.locator(".dc-line thead a").nth(1).press("Enter")

        key = page.locator("#id_steps-1-key")
        expect(key).to_be_focused()
        expect(key).to_have_value("day-before")
        fold = page.locator(".dc-fold").nth(1)
        page.locator("#id_steps-1-local_time").fill("10:45")
        page.locator("#id_steps-1-offset_days").fill("-2")
        page.locator('[name="steps-1-tiers"]').first.uncheck()
        title = page.locator("h3 strong").nth(1)
        expect(title).to_have_text(
            "Day −2 · 10:45 · 还款日前 Before the due date · Medium risk, High risk"
        )
        expect(fold).to_have_attribute("aria-expanded", "true")
        fold.press("Enter")
        expect(fold).to_have_attribute("aria-expanded", "false")
        expect(key).to_be_hidden()
        title.click()
        expect(key).to_be_visible()
        expect(fold).to_have_attribute("aria-expanded", "true")
