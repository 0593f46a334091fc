"""A text as a borrower would read it, with its price, while it is being written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from reminders.authoring.problems import in_words
from reminders.core.links import HIDDEN, url_of
from reminders.core.sms import GSM7_BASIC, GSM7_EXTENSION, Encoding, Regime, count_parts
from reminders.core.vocabulary import Stage
from reminders.core.wording import (
    choose_language,
    compose,
    placeholders,
    render,
    text_values,
    validate,
)
from reminders.models import SenderIdentity

_DUE_DATE = date(2026, 11, 26)
_DAYS = {Stage.BEFORE: 3, Stage.ON: 0, Stage.AFTER: 7, Stage.APART: 0}
_NAMES = {"zh": "王小明", "en": "Mary Smith"}
_LONG_NAMES = {"zh": "王小明", "en": "Bartholomew-Maximil Smith"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go over the air with sample values, and what it costs.

    `units_left` are the units that the last part still holds; `odd_characters` those that turn
    an otherwise cheap text into UCS-2 (abroad only). `text` shows unknown placeholders as
    they were typed.
    """

    text: str
    encoding: Encoding
    units: int
    units_left: int
    parts: int
    price: Decimal
    currency: str
    problems: tuple[str, ...]
    odd_characters: tuple[str, ...] = ()


def preview_text(
    body: str,
    *,
    stage: str,
    language: str,
    sender: SenderIdentity | None,
    values: Mapping[str, str] | None = None,
) -> Preview:
    """The preview of `body`, signed by `sender`, with `values` or with ordinary ones."""
    values = values or sample_values(stage=stage, language=language, sender=sender)
    try:
        shown = {name: values.get(name, f"{{{name}}}") for name in placeholders(body)}
        text = render(body, values=shown)
    except ValueError:  # a stray brace: shown as typed, and named among the problems
        text = body
    text = compose(text, signature=sender.signature if sender else "")
    regime = Regime(settings.SMS_GATEWAY_REGION)
    counted = count_parts(text, regime=regime)
    problems = [in_words(problem, stage=stage) for problem in validate(body, stage=Stage(stage))]
    if sender is None:
        problems.append(_("There is no sender identity to sign the texts with."))
    return Preview(
        text=text,
        encoding=counted.encoding,
        units=counted.units,
        units_left=_units_left(counted.units, encoding=counted.encoding, parts=counted.parts),
        parts=counted.parts,
        price=counted.parts * settings.SMS_PRICE,
        currency=settings.SMS_PRICE_CURRENCY,
        problems=tuple(problems),
        odd_characters=_odd(text) if regime is Regime.INTERNATIONAL else (),
    )


def longest_text(body: str, *, stage: Stage, language: str) -> int:
    """Characters of `body`, signed and filled with values as long as they may well come.

    Placeholders that mean nothing count as they are written; they are refused elsewhere.
    """
    sender = sender_for(language)
    values = text_values(
        language=language,
        name=_LONG_NAMES["zh" if language.startswith("zh") else "en"],
        amount=Decimal("1234567.89"),
        penalty=Decimal("12345.67"),
        currency=settings.SMS_PRICE_CURRENCY,
        due_date=_DUE_DATE,
        days=365,
        how_to_pay=sender.how_to_pay if sender else "",
        hotline=sender.hotline if sender else "",
        link=url_of(HIDDEN, base=settings.PUBLIC_URL),
    )
    try:
        filled = {name: values.get(name, f"{{{name}}}") for name in placeholders(body)}
    except ValueError:
        return len(body)
    signature = sender.signature if sender else ""
    return len(compose(render(body, values=filled), signature=signature))


def sender_for(language: str) -> SenderIdentity | None:
    """The identity that signs texts in `language`, as sending chooses it."""
    senders = {sender.language: sender for sender in SenderIdentity.objects.all()}
    if not senders:
        return None
    return senders[choose_language(language, available=senders, fallback=settings.LANGUAGE_CODE)]


def sample_values(*, stage: str, language: str, sender: SenderIdentity | None) -> Mapping[str, str]:
    """Ordinary values for each placeholder: a four-digit amount, a week late."""
    return text_values(
        language=language,
        name=_NAMES["zh" if language.startswith("zh") else "en"],
        amount=Decimal("1234.56"),
        penalty=Decimal("12.34"),
        currency=settings.SMS_PRICE_CURRENCY,
        due_date=_DUE_DATE,
        days=_DAYS[Stage(stage)],
        how_to_pay=sender.how_to_pay if sender else "",
        hotline=sender.hotline if sender else "",
        link=url_of(HIDDEN, base=settings.PUBLIC_URL),
    )


def _units_left(units: int, *, encoding: Encoding, parts: int) -> int:
    alone, each = (160, 153) if encoding is Encoding.GSM7 else (70, 67)
    return (alone if parts <= 1 else each * parts) - units


def _odd(text: str) -> tuple[str, ...]:
    """The few characters because of which a mostly Latin text travels as UCS-2."""
    odd = dict.fromkeys(sign for sign in text if sign not in GSM7_BASIC | GSM7_EXTENSION)
    return tuple(odd) if 0 < len(odd) <= 5 else ()
