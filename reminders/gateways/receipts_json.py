"""Reading what a gateway of our JSON format says of texts later: callbacks and queries.

Each item stands for itself: one that cannot be read is named and the others are taken.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from reminders.gateways.base import MalformedCallback, ReadReceipts, Status

# Codes of an undelivered text that lie with the number: nobody should write to it again.
UNUSABLE = frozenset({"invalid_number", "number_not_in_service", "recipient_refuses"})

_StatusWord = Literal["accepted", "delivered", "undelivered", "not_found"]
_IN_CALLBACKS: Mapping[str, _StatusWord] = {
    "accepted": "accepted",
    "delivered": "delivered",
    "undelivered": "undelivered",
}
_IN_QUERIES: Mapping[str, _StatusWord] = {**_IN_CALLBACKS, "not_found": "not_found"}

# As wide as the columns that keep them.
KEY_CHARACTERS_MAX = 128
CODE_CHARACTERS_MAX = 64


class _Unreadable(ValueError):
    """An item is not as it should be; the text says what is wrong with it."""


def read_callback(body: str) -> ReadReceipts:
    """The statements in a callback. Raises MalformedCallback if it has no list of receipts."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedCallback("the body is not JSON") from error
    items = document.get("receipts") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise MalformedCallback("the body must be a JSON object with a list named receipts")
    statuses: list[Status] = []
    problems: list[str] = []
    for index, item in enumerate(items):
        try:
            statuses.append(_status(item, words=_IN_CALLBACKS, problems=problems, index=index))
        except _Unreadable as error:
            problems.append(f"receipts[{index}]: {error}")
    return ReadReceipts(tuple(statuses), tuple(problems))


def read_query(results: Sequence[Any], *, asked: Collection[str]) -> list[Status]:
    """The statuses in the answer to a query, of texts that were asked about.

    What cannot be read is left out, and so is a text of which two different things are said:
    `not_found` would lead to a second sending.
    """
    found: dict[str, Status | None] = {}
    for index, item in enumerate(results):
        try:
            read = _status(item, words=_IN_QUERIES, problems=[], index=index)
        except _Unreadable:
            continue
        if found.setdefault(read.reference, read) != read:
            found[read.reference] = None
    return [status for reference in asked if (status := found.get(reference)) is not None]


def _status(
    item: object, *, words: Mapping[str, _StatusWord], problems: list[str], index: int
) -> Status:
    """One statement. Raises _Unreadable; an unreadable time is noted and left out."""
    if not isinstance(item, dict):
        raise _Unreadable("must be a JSON object")
    reference = item.get("reference")
    if not reference or short_text(reference, most=KEY_CHARACTERS_MAX) != reference:
        raise _Unreadable(f"reference must be a text of up to {KEY_CHARACTERS_MAX} characters")
    word = item.get("status")
    status = words.get(word) if isinstance(word, str) else None
    if status is None:
        raise _Unreadable(f"status must be one of {', '.join(words)}")
    code = short_text(item.get("code"), most=CODE_CHARACTERS_MAX)
    happened_at = None
    try:
        happened_at = _instant(item.get("at"))
    except _Unreadable as error:
        problems.append(f"receipts[{index}]: {error}; taken without it")
    unusable = status == "undelivered" and code in UNUSABLE
    return Status(
        reference=reference,
        status=status,
        code=code,
        happened_at=happened_at,
        event=_event(item, reference=reference, status=status, code=code),
        address_unusable=unusable,
        provider_id=short_text(item.get("id"), most=KEY_CHARACTERS_MAX),
        # Only in so many words: on a guess nobody is written to again.
        temporary=status == "undelivered" and not unusable and item.get("temporary") is True,
    )


def _event(item: Mapping[str, Any], *, reference: str, status: str, code: str) -> str:
    """What tells this statement from others.

    The gateway's own event, within the text's reference in case it numbers them for each text.
    Without one, the same words at the same time are the same statement.
    """
    own = short_text(item.get("event"), most=1_000) or f"{status}/{code}/{item.get('at')}"
    event = f"{reference}/{own}"
    if len(event) <= KEY_CHARACTERS_MAX and event.isprintable():
        return event
    return hashlib.sha256(event.encode("utf-8", "surrogatepass")).hexdigest()


def _instant(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is not None and instant.tzinfo is not None:
            return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Unreadable("at must be a time in ISO 8601 form with its offset")


def short_text(value: object, *, most: int) -> str:
    """The value as text that can be stored, cut to `most` characters; empty if it is none.

    What isprintable leaves out has NUL and halves of surrogate pairs, which PostgreSQL refuses.
    """
    if isinstance(value, str):
        cut = value[:most]
        return cut if cut.isprintable() else "".join(filter(str.isprintable, cut))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**most:
        return str(value)[:most]
    return ""
