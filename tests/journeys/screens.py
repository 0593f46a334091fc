"""`make screens`: pictures of a running demonstration, for the documentation.

Start `make run` first. The pictures go to docs/screens/; look at them before they are committed.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import ARGUMENTS, PHONE, chromium

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screens"
DESK = (1360, 1000)
DESK_PAGES = {
    "promises": "/staff/promises/",
    "high-risk": "/staff/high-risk/",
    "run": "/staff/overview/",
    "delivery": "/staff/delivery/",
    "collections": "/staff/collections/",
    "effect": "/staff/effect/",
}


def main() -> None:
    """Sign in, walk the pages, take a picture of each."""
    secrets = ROOT / "var" / "secrets.env"
    path = chromium()
    if path is None or not secrets.exists():
        sys.exit("this needs Chromium, and `make run` in this folder")
    password = next(
        line.partition("=")[2].strip("'\" \n")
        for line in secrets.read_text().splitlines()
        if "DEMO_PASSWORD" in line
    )
    web = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    phones = f"http://127.0.0.1:{os.environ.get('SIMULATOR_PORT', '8010')}"
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for language, locale in (("en", "en"), ("zh", "zh-CN")):
            for name, size in (("", DESK), ("-phone", PHONE)):
                context = browser.new_context(
                    base_url=web,
                    locale=locale,
                    viewport={"width": size[0], "height": size[1]},
                )
                _walk(context.new_page(), phones=phones, password=password, to=f"{name}.{language}")
                context.close()
        browser.close()


def _walk(page: Page, *, phones: str, password: str, to: str) -> None:
    page.goto("/login/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", password)
    page.click("main button[type=submit]")
    page.wait_for_load_state("networkidle")
    _take(page, "home" + to)
    page.goto(phones)
    page.wait_for_timeout(1_000)  # the list is drawn by the stream
    _take(page, "phones" + to)
    number = page.locator('a[href^="/phones/"]').first.get_attribute("href") or ""
    page.goto(phones + number)
    page.wait_for_timeout(500)
    _take(page, "phone" + to)
    page.goto(f"/staff/?q={number.removeprefix('/phones/').replace('+', '%2B')}")
    page.locator("[data-results] a").first.click()
    page.wait_for_load_state("networkidle")
    _take(page, "borrower" + to)
    page.goto(page.url.partition("?")[0] + "evidence/")
    _take(page, "evidence" + to)
    _own_page(page, to=to)
    for name, address in DESK_PAGES.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        _take(page, name + to)
    page.goto("/admin/reminders/campaign/")
    page.locator('#result_list a[href*="/change/"]').first.click()
    page.goto(page.url.replace("/change/", "/ahead/"))
    _take(page, "campaign" + to)
    page.goto("/admin/reminders/policyversion/")
    page.locator('#result_list a[href*="/change/"]').first.click()
    page.wait_for_load_state("networkidle")
    _take(page, "policy" + to)
    page.goto("/admin/reminders/templateversion/")
    page.locator('#result_list a[href*="/change/"]').first.click()
    page.wait_for_load_state("networkidle")
    _take(page, "text" + to)
    _workshop(page, to=to)


def _workshop(page: Page, *, to: str) -> None:
    """A draft that sends the last note before the due date half an hour later, and what it does."""
    page.goto("/admin/reminders/policyversion/")
    page.locator('#result_list a[href*="/change/"]').last.click()
    new = page.locator('form[action$="/draft/"] button')
    if new.count():
        new.click()
        page.wait_for_load_state("networkidle")
        place = page.locator('input[name$="-key"][value="day-before"]').get_attribute("name") or ""
        time = page.locator(f'[name="{place.replace("-key", "-local_time")}"]')
        if not time.is_visible():
            page.get_by_text("−1").last.click()
        time.fill("10:30")
        page.locator('button[name="_continue"]').click()
    else:
        page.locator('.dc-panel-actions a[href$="/change/"]').first.click()
    page.wait_for_load_state("networkidle")
    draft = page.url.removesuffix("change/")
    for name in ("difference", "publish"):
        page.goto(f"{draft}{name}/")
        page.wait_for_load_state("networkidle")
        _take(page, name + to)


def _own_page(page: Page, *, to: str) -> None:
    """The own page of a borrower who is late, by a link that staff make, and its door."""
    page.goto("/staff/?q=DEMO-0000")
    late = page.locator("[data-results] a:has(.bad-ink)").first
    address = late.get_attribute("href") or ""
    page.goto(address)
    loan_no = page.locator("#loans .loan[open] summary strong").first.inner_text()
    page.goto(address + "links/")
    page.locator('form[action$="/links/new/"] button').click()
    page.goto(page.locator("#made").input_value())
    if to.endswith(".en"):  # else the language of the borrower's texts
        page.locator('.languages [lang="en"]').click()
    _take(page, "door" + to)
    page.fill("#fact", loan_no[-4:])
    page.keyboard.press("Enter")
    page.locator(".due").first.wait_for()
    _take(page, "own-page" + to)


def _take(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/screens/{name}.png  {page.url}")


if __name__ == "__main__":
    main()
