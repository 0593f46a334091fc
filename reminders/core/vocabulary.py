"""Closed lists of words that models, decisions and pages share."""

from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """Where in an instalment's life a text belongs; `apart` for one that is about none."""

    BEFORE = "before"
    ON = "on"
    AFTER = "after"
    APART = "apart"

    @classmethod
    def of(cls, offset_days: int) -> "Stage":
        """The stage of a day, counted from the due date."""
        if offset_days < 0:
            return cls.BEFORE
        return cls.ON if offset_days == 0 else cls.AFTER


class Tone(StrEnum):
    """How a text speaks."""

    FRIENDLY = "friendly"
    NEUTRAL = "neutral"
    FIRM = "firm"


class ToneRule(StrEnum):
    """How a step chooses its tone: always one, or by the borrower's risk tier."""

    BY_RISK = "by_risk"
    FRIENDLY = "friendly"
    NEUTRAL = "neutral"
    FIRM = "firm"


class RestDays(StrEnum):
    """Days on which nobody is pressed for money, from none to most."""

    NONE = "none"
    HOLIDAYS = "holidays"
    HOLIDAYS_AND_WEEKENDS = "holidays_and_weekends"


class Certainty(StrEnum):
    """How we know a figure of a contact-rule profile."""

    READ = "read"
    REPORTED = "reported"
    OUR_CHOICE = "our_choice"


class VersionState(StrEnum):
    """The life of a version of a policy or a template."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    RETIRED = "retired"


class CampaignState(StrEnum):
    """The life of a campaign. Stopped, it may be drafted anew and published again."""

    DRAFT = "draft"
    PUBLISHED = "published"
    STOPPED = "stopped"


class ReminderState(StrEnum):
    """The life of a reminder up to its message; from there the message's state tells the rest."""

    PLANNED = "planned"
    MESSAGED = "messaged"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Lane(IntEnum):
    """Who is looked at first when many wait."""

    BY_HAND = 0
    ON_THE_DAY = 1
    OTHERS = 2


class MessageState(StrEnum):
    """The life of a message."""

    SENDING = "sending"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class AttemptOutcome(StrEnum):
    """What became of one gateway call."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BUSY = "busy"
    UNCLEAR = "unclear"


class ReplyKind(StrEnum):
    """What a borrower says on their page."""

    PLAN_ASKED = "plan_asked"
    PLAN_ACCEPTED = "plan_accepted"
    PAID = "paid"
    CALL_ME = "call_me"
    WRONG_NUMBER = "wrong_number"
    STOPPED = "stopped"
    LANGUAGE = "language"
    RATED = "rated"
