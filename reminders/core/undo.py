"""What staff can take back, for how long, and why not."""

from datetime import timedelta
from enum import StrEnum

UNDO_FOR = timedelta(minutes=5)


class What(StrEnum):
    """What can be taken back."""

    HOLD = "hold"
    NOTE = "note"
    NUMBER = "number"


class Why(StrEnum):
    """Why something cannot be taken back any more."""

    TOO_LATE = "too_late"
    NOT_THERE = "not_there"
    REMINDER_ENDED = "reminder_ended"
    PLAN_AGREED = "plan_agreed"
    TEXT_OPENED = "text_opened"
    LINK_MADE = "link_made"
    CHANGED_SINCE = "changed_since"
