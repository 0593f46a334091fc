"""The pages that people look at: the list of phones, a phone's screen, and their assets."""

import functools
import mimetypes
import re
import sqlite3
from typing import Any

from aiohttp import web

from reminders.simulator import ledger, screens
from reminders.simulator.context import SIMULATOR
from reminders.simulator.ledger import Phone, Text
from reminders.simulator.screens import Screen
from reminders.simulator.wire import is_number
from reminders.simulator.words import choose_language
from reminders.simulator.words import number as spaced_number

PHONES_ON_PAGE = 60
TEXTS_ON_FEED = 40
TEXTS_ON_PHONE = 200

# Nothing from any other host, and no script or style but our own files.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}
ASSET_FILES = ("style.css", "live.js", "icon.svg")


def routes() -> list[web.RouteDef]:
    """The routes for people, and /healthz."""
    return [
        web.get("/", index),
        web.get("/phones/{number}", phone),
        web.get("/assets/{name}", asset),
        web.get("/healthz", healthz),
    ]


def make_screen(request: web.Request) -> Screen:
    """For whom this request's page is drawn."""
    simulator = request.app[SIMULATOR]
    asked = request.query.get("lang")
    return Screen(
        language=choose_language(asked, accepted=request.headers.get("Accept-Language", "")),
        zone=simulator.options.zone,
        now=simulator.clock(),
        keep_language=bool(asked),
    )


async def index(request: web.Request) -> web.Response:
    """GET /: the phones, and all texts as they arrive."""
    simulator, screen = request.app[SIMULATOR], make_screen(request)
    containing = re.sub(r"[^+0-9]", "", request.query.get("q", ""))[:20]
    before = request.query.get("before", "")
    work = functools.partial(
        _index_rows,
        containing=containing,
        before=int(before) if re.fullmatch("[0-9]{1,18}", before) else None,
    )
    phones, texts, newest, stats = await simulator.store.run(work)
    more = ""
    if len(phones) == PHONES_ON_PAGE:
        address = screen.link("/", before=phones[-1].last.seq, q=containing)
        more = f'<a class="more" href="{address}">{screen.word("older")}</a>'
    return _html(
        screens.page(
            "index",
            screen,
            page_title=screen.word("title"),
            switch=_switch(screen, "/"),
            totals=screens.totals(stats, screen),
            faults=screens.fault_list(simulator.trouble.faults.ordered(), screen),
            search=containing,
            language_field=_language_field(screen),
            phones="".join(screens.card(one, screen) for one in phones),
            no_phones=screen.word("no_match" if containing else "no_phones"),
            more=more,
            feed="".join(screens.feed_item(text, screen) for text in reversed(texts)),
            # A filtered or older page of the list stays as it is; only the stream moves.
            fixed_list="yes" if containing or before else "",
            stream=screen.link(
                "/stream", view="feed", lang=screen.language, after=_cursor(newest, screen)
            ),
        )
    )


async def phone(request: web.Request) -> web.Response:
    """GET /phones/<number>: that phone's screen."""
    simulator, screen = request.app[SIMULATOR], make_screen(request)
    number = request.match_info["number"]
    if not is_number(number):
        body = screens.page(
            "missing", screen, page_title=screen.word("bad_number"), switch=_switch(screen, "/")
        )
        return _html(body, status=404)
    texts, newest, phones = await simulator.store.run(functools.partial(_phone_rows, number=number))
    path = screens.phone_path(number)
    return _html(
        screens.page(
            "phone",
            screen,
            page_title=screen.word("phone_of", number=number),
            switch=_switch(screen, path),
            number=spaced_number(number),
            avatar=screens.avatar(number),
            texts=screens.bubbles(texts, screen),
            phones="".join(
                screens.card(one, screen, current=one.number == number) for one in phones
            ),
            stream=screen.link(
                "/stream",
                view="phone",
                to=number,
                lang=screen.language,
                after=_cursor(newest, screen),
            ),
        )
    )


async def asset(request: web.Request) -> web.Response:
    """GET /assets/<name>: style, script, icon."""
    name = request.match_info["name"]
    if name not in ASSET_FILES:
        raise web.HTTPNotFound
    return web.Response(
        body=(screens.ASSETS / name).read_bytes(),
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        charset="utf-8",
        headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
    )


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: 200 when the store can be written."""
    await request.app[SIMULATOR].store.run(ledger.newest)
    return web.json_response({"status": "ok"})


def _index_rows(
    connection: sqlite3.Connection, *, containing: str, before: int | None
) -> tuple[list[Phone], list[Text], int, dict[str, Any]]:
    return (
        ledger.phones(connection, limit=PHONES_ON_PAGE, containing=containing, before=before),
        ledger.latest_texts(connection, limit=TEXTS_ON_FEED),
        ledger.newest(connection),
        ledger.stats(connection),
    )


def _phone_rows(
    connection: sqlite3.Connection, *, number: str
) -> tuple[list[Text], int, list[Phone]]:
    return (
        ledger.latest_texts(connection, limit=TEXTS_ON_PHONE, phone=number),
        ledger.newest(connection),
        ledger.phones(connection, limit=PHONES_ON_PAGE),
    )


def _cursor(newest: int, screen: Screen) -> str:
    """Where the page's stream goes on: what is drawn already, and as of when."""
    return f"{newest}-{int(screen.now * 1000)}"


def _language_field(screen: Screen) -> str:
    """Keeps a language that was asked for when the search form is sent."""
    if not screen.keep_language:
        return ""
    return f'<input type="hidden" name="lang" value="{screen.language}">'


def _switch(screen: Screen, path: str) -> str:
    other = "en" if screen.language == "zh" else "zh"
    tag = "zh-Hans" if other == "zh" else "en"
    address = screen.link(path, lang=other)
    return (
        f'<a class="switch" href="{address}" lang="{tag}" hreflang="{tag}">'
        f"{screen.word('switch')}</a>"
    )


def _html(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)
