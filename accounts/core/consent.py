"""What a borrower allows, folded from what they said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.core.vocabulary import Channel, Purpose

IMPORT = "import"
"""Source of the events that come from the lender's book."""

ALLOWED_UNASKED = frozenset({Purpose.SERVICE, Purpose.COLLECTION, Purpose.CREDIT_BUREAU})
"""Notices that belong to the contract need no consent; offers and education do."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One grant or refusal. A blank channel or purpose stands for all of them.

    `order` decides between statements of the same instant: the larger one is the later.
    """

    granted: bool
    happened_at: datetime
    channel: str = ""
    purpose: str = ""
    source: str = IMPORT
    order: int = 0

    def covers(self, *, channel: Channel, purpose: Purpose) -> bool:
        """Whether this statement is about messages of `purpose` on `channel`."""
        return self.channel in ("", channel) and self.purpose in ("", purpose)


def _standing(
    statements: list[Statement], *, channel: Channel, purpose: Purpose
) -> Statement | None:
    for said in reversed(statements):
        if said.covers(channel=channel, purpose=purpose):
            return said
    return None


def _in_order(statements: Iterable[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda said: (said.happened_at, said.order))


def is_allowed(statements: Iterable[Statement], *, channel: Channel, purpose: Purpose) -> bool:
    """Whether a message of `purpose` on `channel` is allowed: the newest statement holds."""
    said = _standing(_in_order(statements), channel=channel, purpose=purpose)
    return purpose in ALLOWED_UNASKED if said is None else said.granted


def all_allowed(statements: Iterable[Statement]) -> frozenset[tuple[Channel, Purpose]]:
    """Every (channel, purpose) that is allowed."""
    ordered = _in_order(statements)
    return frozenset(
        (channel, purpose)
        for channel in Channel
        for purpose in Purpose
        if is_allowed(ordered, channel=channel, purpose=purpose)
    )


def book_changes_it(statements: Iterable[Statement], *, granted: bool) -> bool:
    """Whether `consent` in an imported book is a new statement worth recording.

    It is not when the book says what it said the last time: a book that has said yes for a year
    must not undo yesterday's "stop". Nor does a yes of the book ever lift a refusal that came by
    another way and still stands. Nor is it when it changes nothing that is allowed.
    """
    ordered = _in_order(statements)
    said_before = [said for said in ordered if said.source == IMPORT]
    if said_before and said_before[-1].granted is granted:
        return False
    standing = [
        (_standing(ordered, channel=channel, purpose=purpose), purpose)
        for channel in Channel
        for purpose in Purpose
    ]
    if granted and any(said and not said.granted and said.source != IMPORT for said, _ in standing):
        return False
    return any(
        (said.granted if said else purpose in ALLOWED_UNASKED) is not granted
        for said, purpose in standing
    )
