"""A real Chromium in front of a real web process, for whole journeys of people.

The browser is the machine's own: CHROMIUM names it, else it is looked for on the path. Without
one these tests are skipped.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.simulator_process import SimulatorProcess

LAPTOP = (1280, 800)
PHONE = (390, 844)

ARGUMENTS = (
    "--no-sandbox",  # the suite may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_A_REFUSAL_IS_NO_FAULT = re.compile(r"status of (403|404|409|422) ")


def chromium() -> str | None:
    """Where the machine's Chromium is, if it has one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install it, or name it in CHROMIUM")
    # Playwright runs an event loop in this thread for as long as it lives, which Django takes for
    # asynchronous code in every test from here on.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def network(settings: Settings) -> Iterator[SimulatorProcess]:
    """A simulator with the product's clock: it signs what it sends with its time.

    Ask for it after the fixture that moves the clock.
    """
    shift = {"CLOCK_SHIFT_SECONDS": str(settings.CLOCK_SHIFT_SECONDS)}
    with SimulatorProcess(environment=shift) as running:
        settings.SMS_GATEWAY_URL = running.url
        settings.SMS_GATEWAY_TOKEN = running.token
        settings.SMS_GATEWAY_SECRET = running.secret
        yield running


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    """Opens pages of the web process: `open_page(size=PHONE, language="zh-CN", dark=True)`.

    Afterwards the test fails for anything that a page asked of another host and for every error
    in its console.
    """
    faults: list[str] = []
    pages: list[Page] = []

    def opened(*, size: tuple[int, int] = LAPTOP, language: str = "en", dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("request", asked)
        page.on("console", said)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        pages.append(page)
        return page

    def asked(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:")):
            faults.append(f"asked another host: {request.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not _A_REFUSAL_IS_NO_FAULT.search(message.text):
            faults.append(f"console: {message.text}")

    yield opened
    for page in pages:
        page.context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def browser_without_scripts(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript."""
    context = browser.new_context(base_url=live_server.url, locale="en", java_script_enabled=False)
    yield context.new_page()
    context.close()


def sign_in(page: Page, *, username: str) -> None:
    """Through the sign-in page, as a person does."""
    page.goto("/login/")
    page.fill("#id_username", username)
    page.fill("#id_password", "password")  # what `a_member_of_staff` gives everybody
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)


Said = Callable[[str], str]


def words_of(language: str) -> Said:
    """What the product says on pages for a browser of this language, by its English words."""

    def said(english: str) -> str:
        with translation.override(translation.get_supported_language_variant(language.lower())):
            return gettext(english)

    return said


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
