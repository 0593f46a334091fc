"""What comes in over HTTP, checked. Pure: bytes in, values or refusals out."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reminders.core.sms import Regime, count_parts

BATCH_MESSAGES_MAX = 500
BODY_CHARACTERS_MAX = 1_000
SENDER_CHARACTERS_MAX = 30
URL_CHARACTERS_MAX = 2_000

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_CHINA = "+86"


class Refused(Exception):
    """A request or a message that we do not take, with the status and words that we answer."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Submission:
    """A message as handed in, fit to be accepted."""

    reference: str
    to: str
    body: str
    sender: str
    callback_url: str
    parts: int


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in a request body. Raises Refused for anything else."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refused("malformed", f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused("malformed", "The body must be a JSON object.")
    return value


def parse_submission(item: object, *, callback_url: object = None) -> Submission:
    """One message. `callback_url` is the batch's, for messages without their own."""
    if not isinstance(item, dict):
        raise Refused("malformed", "A message must be a JSON object.")
    reference = _text(item, "reference")
    if not _REFERENCE.fullmatch(reference):
        raise Refused(
            "malformed", "reference must be 1 to 100 letters, digits, dots, colons or hyphens."
        )
    to = _text(item, "to")
    if not _NUMBER.fullmatch(to):
        raise Refused(
            "invalid_number", "to must be a number in E.164 form, such as +8613800138000."
        )
    body = _text(item, "body")
    if not body.strip():
        raise Refused("empty_body", "body is empty.")
    sender = _text(item, "sender", optional=True)
    if len(sender) > SENDER_CHARACTERS_MAX:
        raise Refused("malformed", f"sender is longer than {SENDER_CHARACTERS_MAX} characters.")
    if len(sender) + len(body) > BODY_CHARACTERS_MAX:
        raise Refused(
            "content_refused",
            f"The text is longer than {BODY_CHARACTERS_MAX} characters.",
            status=422,
        )
    regime = Regime.CHINA if to.startswith(_CHINA) else Regime.INTERNATIONAL
    return Submission(
        reference=reference,
        to=to,
        body=body,
        sender=sender,
        callback_url=_callback_url(item.get("callback_url") or callback_url),
        parts=count_parts(sender + body, regime=regime).parts,
    )


def parse_batch(document: Mapping[str, Any]) -> list[object]:
    """The messages of a batch, each still to be parsed, so that a bad one spoils no other."""
    messages = _list(document, "messages")
    _callback_url(document.get("callback_url"))
    return messages


def parse_references(document: Mapping[str, Any]) -> list[str]:
    """The references of a query."""
    references = _list(document, "references")
    for reference in references:
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            raise Refused("malformed", "references must be a list of references.")
    return references


def is_number(text: str) -> bool:
    """Whether the text is a phone number in E.164 form."""
    return _NUMBER.fullmatch(text) is not None


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    if not isinstance(value, list):
        raise Refused("malformed", f"{name} must be a list.")
    if len(value) > BATCH_MESSAGES_MAX:
        raise Refused(
            "malformed", f"{name} has {len(value)} entries; {BATCH_MESSAGES_MAX} are allowed."
        )
    return value


def _text(item: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    value = item.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise Refused("malformed", f"{name} must be a string.")
    # Half a surrogate pair is legal JSON and no text: it cannot be stored or shown.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise Refused("malformed", f"{name} has characters that are no text.")
    return value


def _callback_url(value: object) -> str:
    """The address for receipts; empty when none is wanted."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > URL_CHARACTERS_MAX:
        raise Refused("malformed", "callback_url must be a string of ordinary length.")
    try:
        parts = urlsplit(value)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not value.isprintable() or " " in value:
        raise Refused("malformed", "callback_url must be an http or https address.")
    return value
