"""A campaign in a browser: drafted, looked at, published by another person, read, and stopped.

Mei writes, Bo publishes. Wei agreed to be taught, Na did not. It is Monday, 10:00 in Shanghai.
"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from accounts.clock import now
from reminders.gateways.registry import gateway_named
from reminders.models import Campaign, MessageTemplate
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from tests.builders import NOW, TODAY, a_member_of_staff
from tests.clocks import set_clock
from tests.journeys.conftest import LAPTOP, PHONE, OpenPage, Said, fits, sign_in, words_of
from tests.reminder_builders import a_pupil, an_education_template
from tests.simulator_process import SimulatorProcess

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lesson(settings: Settings) -> MessageTemplate:
    """The words of a lesson, and two borrowers, of whom one agreed to it."""
    set_clock(settings, NOW)
    call_command("create_roles", stdout=StringIO())
    for name in ("mei", "bo"):
        groups = ("editors", "publishers", "collections")
        a_member_of_staff(username=name, groups=groups, is_staff=True)
    a_pupil(name="王伟", customer_no="C-77", phone="+8613812345678")
    a_pupil(name="李娜", customer_no="C-78", phone="+8613812345679", agreed=False)
    return an_education_template()


@pytest.mark.parametrize(
    ("language", "size"), [("en", LAPTOP), ("zh-CN", PHONE)], ids=["laptop", "phone"]
)
class TestCampaign:
    def test_is_written_published_by_another_read_and_stopped(
        self,
        lesson: MessageTemplate,
        network: SimulatorProcess,
        open_page: OpenPage,
        settings: Settings,
        language: str,
        size: tuple[int, int],
    ) -> None:
        said = words_of(language)
        mei, bo = (open_page(size=size, language=language) for _ in range(2))
        pk = self.write(mei, lesson=lesson, said=said)
        self.look_ahead(mei, pk=pk, said=said)
        mei.goto(f"/admin/reminders/campaign/{pk}/publish/")
        expect(mei.get_by_role("button", name=said("Publish now"))).to_have_count(0)

        sign_in(bo, username="bo")
        bo.goto(f"/admin/reminders/campaign/{pk}/publish/")
        assert fits(bo)
        bo.get_by_role("button", name=said("Publish now")).click()
        expect(
            bo.get_by_text(said("“%(title)s” is published.") % {"title": "Penalty interest"})
        ).to_be_visible()
        plan(now=now())
        dispatch(now=now(), gateway=gateway_named(settings.SMS_GATEWAY))

        (text,) = network.texts()
        assert text["to"] == "+8613812345678"
        self.open_the_results(bo, pk=pk, said=said)
        bo.goto(f"/admin/reminders/campaign/{pk}/change/")
        bo.get_by_role("button", name=said("Stop it")).click()
        expect(bo.get_by_text(said("It is stopped: nothing more of it is sent."))).to_be_visible()
        assert Campaign.objects.get().state == "stopped"

    def write(self, page: Page, *, lesson: MessageTemplate, said: Said) -> int:
        sign_in(page, username="mei")
        page.goto("/admin/reminders/campaign/add/")
        page.fill("#id_title", "Penalty interest")
        page.fill("#id_key", "penalty-interest")
        page.locator("#id_template").select_option(str(lesson.pk), force=True)
        page.fill("#id_first_day", TODAY.isoformat())
        page.fill("#id_last_day", (TODAY + timedelta(days=2)).isoformat())
        page.fill("#id_local_time", "10:00")
        page.get_by_role("button", name=said("Save and continue editing")).click()
        expect(page.get_by_text(said("As saved, it can be published."))).to_be_visible()
        assert fits(page)
        return Campaign.objects.get().pk

    def look_ahead(self, page: Page, *, pk: int, said: Said) -> None:
        page.get_by_role("link", name=said("See whom it reaches")).click()
        assert fits(page)
        page.locator(".dc-totals a").first.click()
        expect(page.locator("#rows")).to_contain_text("C-77")
        page.locator(".dc-table a", has_text="1").first.click()
        expect(page.locator("#rows")).to_contain_text("C-78")

    def open_the_results(self, page: Page, *, pk: int, said: Said) -> None:
        page.goto(f"/admin/reminders/campaign/{pk}/change/")
        assert fits(page)
        page.locator('.dc-totals a[href*="figure=sent"]').click()
        assert fits(page)
        row = page.locator(".dc-table tbody tr")
        expect(row).to_have_count(1)
        row.get_by_role("link", name="C-77").click()
        expect(page.locator("h1")).to_contain_text("王伟")
