"""The pages and their pieces as HTML. Pure: rows in, escaped markup out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from importlib import resources
from string import Template
from typing import Any
from urllib.parse import quote

from reminders.simulator import words
from reminders.simulator.clock import iso
from reminders.simulator.ledger import Phone, Text

ASSETS = resources.files("reminders.simulator") / "assets"
HUES = 8

_SIGNATURE = re.compile(r"^【[^【】]{1,30}】|【[^【】]{1,30}】$")
# A link ends before Chinese text and before the punctuation of the sentence around it.
_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]*[A-Za-z0-9/_~=-]")


@dataclass(frozen=True, slots=True)
class Screen:
    """For whom a page is drawn: language, zone, and the instant."""

    language: str
    zone: tzinfo
    now: float
    # Set when the language was asked for in the address, so that links keep it.
    keep_language: bool = False

    def word(self, key: str, **values: object) -> str:
        """A word of the page's language, escaped."""
        return escape(words.WORDS[self.language][key].format(**values))

    def link(self, path: str, **query: object) -> str:
        """An address on this server, escaped, which keeps a language that was asked for."""
        pairs = [f"{name}={quote(str(value), safe='')}" for name, value in query.items() if value]
        if self.keep_language and "lang" not in query:
            pairs.append(f"lang={self.language}")
        return escape(path + ("?" + "&".join(pairs) if pairs else ""))

    def local(self, instant: float) -> datetime:
        """The instant in the page's zone."""
        return datetime.fromtimestamp(instant, self.zone)


def page(name: str, screen: Screen, **parts: str) -> str:
    """A page of the assets with its pieces put in. The pieces must be escaped already."""
    head = {
        "language": "zh-Hans" if screen.language == "zh" else "en",
        "home": screen.link("/"),
        **{f"w_{key}": escape(word) for key, word in words.WORDS[screen.language].items()},
    }
    inner = Template(_asset(f"{name}.html")).substitute(head | parts)
    return Template(_asset("base.html")).substitute(head | parts | {"content": inner})


def phone_path(number: str) -> str:
    """The address of a phone's screen."""
    return f"/phones/{quote(number, safe='+')}"


def bubble(text: Text, screen: Screen, *, new_day: bool = False) -> str:
    """One text on its phone."""
    local = screen.local(text.accepted_at)
    day = words.day(local, language=screen.language)
    return (
        f'<li class="text{" new-day" if new_day else ""}" data-seq="{text.seq}"'
        f' data-day="{local:%Y-%m-%d}" data-day-label="{escape(day)}">'
        f'<p class="bubble" lang="{_language_of(text.body)}">{_body(text)}</p>'
        f'<p class="meta"><time datetime="{iso(text.accepted_at)}">{local:%H:%M:%S}</time>'
        f'<span class="parts">{_parts(text, screen)}</span>{state(text, screen)}</p></li>'
    )


def bubbles(texts: Sequence[Text], screen: Screen) -> str:
    """The texts of a phone, oldest first, marked where a day begins."""
    drawn, last_day = [], None
    for text in texts:
        this_day = screen.local(text.accepted_at).date()
        drawn.append(bubble(text, screen, new_day=this_day != last_day))
        last_day = this_day
    return "".join(drawn)


def feed_item(text: Text, screen: Screen) -> str:
    """One text in the stream of all texts."""
    return (
        f'<li class="item" data-seq="{text.seq}">{avatar(text.phone)}<div class="item-body">'
        f'<p class="item-head"><a href="{screen.link(phone_path(text.phone))}">'
        f"{escape(words.number(text.phone))}</a>{_time(text, screen)}</p>"
        f'<p class="bubble" lang="{_language_of(text.body)}">{_body(text)}</p>'
        f'<p class="meta"><span class="parts">{_parts(text, screen)}</span>'
        f"{state(text, screen)}</p></div></li>"
    )


def card(phone: Phone, screen: Screen, *, current: bool = False) -> str:
    """One phone in the list of phones."""
    text = phone.last
    here = ' aria-current="page"' if current else ""
    return (
        f'<li class="card" data-phone="{escape(phone.number)}">'
        f'<a href="{screen.link(phone_path(phone.number))}"{here}>{avatar(phone.number)}'
        f'<span class="card-body"><span class="card-head">'
        f'<span class="card-number">{escape(words.number(phone.number))}</span>'
        f"{_time(text, screen, short=True)}</span>"
        f'<span class="card-text" lang="{_language_of(text.body)}">'
        f"{escape(text.sender + text.body)}</span></span>"
        f'<span class="count" title="{screen.word("texts_on_phone", n=phone.texts)}">'
        f"{phone.texts}</span></a></li>"
    )


def state(text: Text, screen: Screen) -> str:
    """The delivery state of a text, in words and with a mark that is not colour alone."""
    status = text.status(now=screen.now)
    mark = {"accepted": "✓", "delivered": "✓✓", "undelivered": "✕"}[status]
    return (
        f'<span class="state {status}" data-state="{text.seq}">'
        f'<span aria-hidden="true">{mark}</span> {screen.word(status)}</span>'
    )


def totals(stats: Mapping[str, Any], screen: Screen) -> str:
    """The figures in the head of the list."""
    figures = [
        (stats["sent_to_phone"] + stats["undelivered"], "texts_count"),
        (stats["phones"], "phones_count"),
        (stats["receipts_pending"], "waiting_count"),
    ]
    return "".join(
        f"<li><b>{figure:,}</b> <span>{screen.word(key)}</span></li>" for figure, key in figures
    )


def fault_list(ordered: Mapping[str, Any], screen: Screen) -> str:
    """The faults in force; empty when all is quiet."""
    if not ordered:
        return ""
    chips = "".join(
        f"<li><code>{escape(name)}</code> {escape(str(value))}</li>"
        for name, value in ordered.items()
    )
    return f'<div class="faults"><b>{screen.word("faults")}</b><ul>{chips}</ul></div>'


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


def _time(text: Text, screen: Screen, *, short: bool = False) -> str:
    """When the text came; with its day unless that is today, or only the day where it is tight."""
    local = screen.local(text.accepted_at)
    shown = f"{local:%H:%M}" if short else f"{local:%H:%M:%S}"
    if local.date() != screen.local(screen.now).date():
        day = escape(words.day(local, language=screen.language))
        shown = day if short else f"{day} {shown}"
    return f'<time datetime="{iso(text.accepted_at)}">{shown}</time>'


def _parts(text: Text, screen: Screen) -> str:
    if text.parts == 1:
        return screen.word("one_part")
    return screen.word("parts", n=text.parts)


def avatar(phone: str) -> str:
    hue = sum(map(ord, phone)) % HUES
    return f'<span class="avatar hue-{hue}" aria-hidden="true">{escape(phone[-2:])}</span>'


def _language_of(body: str) -> str:
    """For fonts and screen readers: Chinese as soon as there is a Chinese character."""
    return "zh-Hans" if any("\u4e00" <= character <= "\u9fff" for character in body) else "en"


def _body(text: Text) -> str:
    """The text with its signature marked and its links made to work."""
    if text.sender:
        return f'<span class="signature">{escape(text.sender)}</span>{_linked(text.body)}'
    signature = _SIGNATURE.search(text.body)
    if signature is None:
        return _linked(text.body)
    before, after = text.body[: signature.start()], text.body[signature.end() :]
    marked = f'<span class="signature">{escape(signature[0])}</span>'
    return _linked(before) + marked + _linked(after)


def _linked(plain: str) -> str:
    pieces, end = [], 0
    for link in _LINK.finditer(plain):
        address = escape(link[0])
        pieces.append(escape(plain[end : link.start()]))
        pieces.append(f'<a href="{address}" rel="noopener noreferrer nofollow">{address}</a>')
        end = link.end()
    return "".join([*pieces, escape(plain[end:])])
