"""Texts: which placeholders they may hold, and how values are put into them.

No code runs from a template: a placeholder is a bare name in braces, and no other brace is let
through, not even a doubled one. `render` knows only names that `validate` let pass, and what it
puts in is never read for placeholders again.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reminders.core.vocabulary import Stage, Tone

MAX_LENGTH = 500
"""Longest text that the mainland gateways take."""

_OF_AN_INSTALMENT = frozenset(Stage) - {Stage.APART}

PLACEHOLDERS: Mapping[str, frozenset[Stage]] = {
    "name": frozenset(Stage),
    "amount": _OF_AN_INSTALMENT,
    "due_date": _OF_AN_INSTALMENT,
    "days": frozenset({Stage.BEFORE, Stage.AFTER}),
    "how_to_pay": frozenset(Stage),
    "hotline": frozenset(Stage),
    "penalty": frozenset({Stage.AFTER}),
    "link": frozenset(Stage),
}
"""Name of each placeholder and the stages in which it means something."""

REQUIRED: Mapping[Stage, frozenset[str]] = {
    Stage.BEFORE: frozenset({"amount", "due_date", "how_to_pay", "hotline"}),
    Stage.ON: frozenset({"amount", "due_date", "how_to_pay", "hotline"}),
    Stage.AFTER: frozenset({"amount", "due_date", "hotline"}),
    Stage.APART: frozenset({"hotline"}),
}
"""What a text of a stage must tell."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# A pair of braces or a lone one; the full-width ones are what a Chinese keyboard types by mistake.
_BRACES = re.compile(r"\{[^{}]*\}|｛[^｛｝]*｝|[{}｛｝]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LONGEST_NAME = 20
_CURRENCY_WORDS = {"CNY": "元", "TWD": "新台币元", "HKD": "港元", "USD": "美元", "EUR": "欧元"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text cannot be published. `code` is stable, `subject` names the place."""

    code: str
    subject: str


def placeholders(body: str) -> list[str]:
    """Names in braces, in order. Raises ValueError, holding the place, for any other brace."""
    names = []
    for found in _BRACES.finditer(body):
        placeholder = _PLACEHOLDER.fullmatch(found[0])
        if placeholder is None:
            raise ValueError(found[0])
        names.append(placeholder[1])
    return names


def validate(body: str, *, stage: Stage) -> list[Problem]:
    """All reasons why `body` cannot be published as a text of `stage`; none when it can."""
    if not body.strip():
        return [Problem("empty", "")]
    problems = [Problem("too_long", str(len(body)))] if len(body) > MAX_LENGTH else []
    if "【" in body or "】" in body:
        problems.append(Problem("signature_in_text", "【】"))
    try:
        names = placeholders(body)
    except ValueError as error:
        return [*problems, Problem("not_a_placeholder", str(error))]
    for name in dict.fromkeys(names):
        if name not in PLACEHOLDERS:
            problems.append(Problem("unknown_placeholder", name))
        elif stage not in PLACEHOLDERS[name]:
            problems.append(Problem("placeholder_of_another_stage", name))
    problems += [
        Problem("missing_placeholder", name) for name in sorted(REQUIRED[stage] - set(names))
    ]
    return problems


def render(body: str, *, values: Mapping[str, str]) -> str:
    """`body` with its placeholders filled. Raises KeyError for a name without a value."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], body)


def compose(text: str, *, signature: str) -> str:
    """What goes over the air: the signature, then the text.

    Brackets 【】 part the two by themselves, and every character is paid for.
    """
    gap = "" if not signature or signature.endswith("】") else " "
    return f"{signature}{gap}{text}"


def text_values(
    *,
    language: str,
    name: str,
    amount: Decimal,
    penalty: Decimal,
    currency: str,
    due_date: date,
    days: int,
    how_to_pay: str,
    hotline: str,
    link: str,
) -> dict[str, str]:
    """A value for each placeholder, as people of that language write it.

    `name` is the borrower's full name, `days` the distance to the due date without a sign, `link`
    the address of the borrower's page.
    """
    return {
        "name": short_name(name),
        "amount": format_amount(amount, currency=currency, language=language),
        "due_date": format_date(due_date, language=language),
        "days": str(days),
        "how_to_pay": how_to_pay,
        "hotline": hotline,
        "penalty": format_amount(penalty, currency=currency, language=language),
        "link": link,
    }


def format_amount(amount: Decimal, *, currency: str, language: str) -> str:
    """An amount as people of that language write it: 1,234.56元; CNY 1,234.56."""
    if language.startswith("zh"):
        return f"{amount:,.2f}{_CURRENCY_WORDS.get(currency, currency)}"
    return f"{currency} {amount:,.2f}"


def format_date(day: date, *, language: str) -> str:
    """A day as people of that language write it: 11月26日; 26 Nov."""
    if language.startswith("zh"):
        return f"{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]}"


def short_name(name: str) -> str:
    """How a text addresses a person without telling a stranger the whole name.

    王伟 becomes 王**, Mary Ann Smith becomes Mary S. Signs that could turn the text around it, hide
    in it or pass for a signature are left out; a very long word is cut.
    """
    words = "".join(
        " " if sign.isspace() else sign
        for sign in name
        if sign.isspace() or not (unicodedata.category(sign).startswith("C") or sign in "【】")
    ).split()
    if not words:
        return ""
    if _HAN.match(words[0]):
        return words[0][0] + "**"
    first = words[0][:_LONGEST_NAME]
    return f"{first} {words[-1][0]}." if len(words) > 1 else first


def choose_language(wanted: str, *, available: Collection[str], fallback: str) -> str:
    """The language of a text: the wanted one, its base, the fallback, or the first there is.

    Raises ValueError when nothing is available.
    """
    lowered = {language.lower(): language for language in available}
    for candidate in (wanted.lower(), wanted.lower().split("-")[0], fallback.lower()):
        if candidate in lowered:
            return lowered[candidate]
        related = [k for k in sorted(lowered) if k.split("-")[0] == candidate]
        if related:
            return lowered[related[0]]
    if not available:
        raise ValueError("no text in any language")
    return min(available)


def choose_tone(rule: str, *, tier: str) -> Tone:
    """The tone of a text: the rule's own, or by risk tier from friendly to firm."""
    if rule != "by_risk":
        return Tone(rule)
    return {"low": Tone.FRIENDLY, "medium": Tone.NEUTRAL, "high": Tone.FIRM}[tier]
