"""The shared vocabulary with words for people: what Django calls choices."""

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reminders.core import vocabulary as v


class Stage(models.TextChoices):
    BEFORE = v.Stage.BEFORE.value, _("Before the due date")
    ON = v.Stage.ON.value, _("On the due date")
    AFTER = v.Stage.AFTER.value, _("After the due date")
    APART = v.Stage.APART.value, _("About no instalment")


class Tone(models.TextChoices):
    FRIENDLY = v.Tone.FRIENDLY.value, _("Friendly")
    NEUTRAL = v.Tone.NEUTRAL.value, _("Neutral")
    FIRM = v.Tone.FIRM.value, _("Firm")


class ToneRule(models.TextChoices):
    BY_RISK = v.ToneRule.BY_RISK.value, _("By risk tier")
    FRIENDLY = v.ToneRule.FRIENDLY.value, _("Always friendly")
    NEUTRAL = v.ToneRule.NEUTRAL.value, _("Always neutral")
    FIRM = v.ToneRule.FIRM.value, _("Always firm")


class RestDays(models.TextChoices):
    NONE = v.RestDays.NONE.value, _("None: every day is open")
    HOLIDAYS = v.RestDays.HOLIDAYS.value, _("Holidays")
    HOLIDAYS_AND_WEEKENDS = (
        v.RestDays.HOLIDAYS_AND_WEEKENDS.value,
        _("Holidays and weekends"),
    )


class VersionState(models.TextChoices):
    DRAFT = v.VersionState.DRAFT.value, _("Draft")
    SCHEDULED = v.VersionState.SCHEDULED.value, _("Scheduled")
    PUBLISHED = v.VersionState.PUBLISHED.value, _("Published")
    RETIRED = v.VersionState.RETIRED.value, _("Retired")


class CampaignState(models.TextChoices):
    DRAFT = v.CampaignState.DRAFT.value, _("Draft")
    PUBLISHED = v.CampaignState.PUBLISHED.value, _("Published")
    STOPPED = v.CampaignState.STOPPED.value, _("Stopped")


class ReminderState(models.TextChoices):
    PLANNED = v.ReminderState.PLANNED.value, _("Planned")
    MESSAGED = v.ReminderState.MESSAGED.value, _("In a message")
    SKIPPED = v.ReminderState.SKIPPED.value, _("Skipped")
    EXPIRED = v.ReminderState.EXPIRED.value, _("Expired")
    CANCELLED = v.ReminderState.CANCELLED.value, _("Cancelled")


class Lane(models.IntegerChoices):
    BY_HAND = v.Lane.BY_HAND.value, _("By hand")
    ON_THE_DAY = v.Lane.ON_THE_DAY.value, _("Due on the day")
    OTHERS = v.Lane.OTHERS.value, _("All others")


class MessageState(models.TextChoices):
    SENDING = v.MessageState.SENDING.value, _("Sending")
    WAITING = v.MessageState.WAITING.value, _("Waiting for another try")
    ACCEPTED = v.MessageState.ACCEPTED.value, _("Accepted by the gateway")
    UNKNOWN = v.MessageState.UNKNOWN.value, _("Outcome unknown")
    DELIVERED = v.MessageState.DELIVERED.value, _("Delivered")
    UNDELIVERED = v.MessageState.UNDELIVERED.value, _("Not delivered")
    REJECTED = v.MessageState.REJECTED.value, _("Rejected by the gateway")
    CANCELLED = v.MessageState.CANCELLED.value, _("Cancelled")


class AttemptOutcome(models.TextChoices):
    OPEN = v.AttemptOutcome.OPEN.value, _("Open")
    ACCEPTED = v.AttemptOutcome.ACCEPTED.value, _("Accepted")
    REJECTED = v.AttemptOutcome.REJECTED.value, _("Rejected")
    BUSY = v.AttemptOutcome.BUSY.value, _("Busy")
    UNCLEAR = v.AttemptOutcome.UNCLEAR.value, _("Unclear")


_PROFILES: Mapping[str, Promise] = {
    "china": _("mainland China"),
    "us_reg_f": _("United States, Regulation F"),
    "uk_conc": _("United Kingdom, CONC"),
    "india": _("India"),
    "strictest": _("the strictest of all"),
}


_CERTAINTIES: Mapping[str, Promise] = {
    v.Certainty.READ: _("read in the text"),
    v.Certainty.REPORTED: _("read in reports of the text"),
    v.Certainty.OUR_CHOICE: _("our choice"),
}


_SOURCES = (
    _("no number for text messages in any source we found"),
    _("no rest days in any source we found"),
    _(
        "GB/T 45251-2025; China Banking Association, guideline on collecting consumer loans, "
        "30 January 2026: 22:00 to 08:00 is barred for every way of collecting"
    ),
    _("12 CFR 1006.6(b)(1)(i): before 08:00 and after 21:00 is presumed inconvenient"),
    _(
        "FCA Handbook MCOB 13.5.4G (mortgages), as the yardstick for CONC 7.9, which says "
        "“not at unreasonable times” and gives no hours"
    ),
    _("Reserve Bank of India, 12 August 2022: before 08:00 and after 19:00 is barred"),
    _(
        "Reserve Bank of India, draft directions of 2026: none at festivals; "
        "the final text was not seen"
    ),
)
"""The sources that the profiles name, here for the catalogue: the core has no languages."""


def source_label(source: str) -> str:
    """Where a figure of a profile stands, in the language in use."""
    return gettext(source)


def certainty_label(code: str) -> str:
    """How certain a figure of a profile is."""
    return str(_CERTAINTIES[code])


def profile_label(code: str) -> str:
    """A profile of contact rules in words."""
    return str(_PROFILES.get(code, code))


class ReplyKind(models.TextChoices):
    PLAN_ASKED = v.ReplyKind.PLAN_ASKED.value, _("Asks for instalments")
    PLAN_ACCEPTED = v.ReplyKind.PLAN_ACCEPTED.value, _("Agreed to instalments")
    PAID = v.ReplyKind.PAID.value, _("Says they have paid")
    CALL_ME = v.ReplyKind.CALL_ME.value, _("Asks for a call")
    WRONG_NUMBER = v.ReplyKind.WRONG_NUMBER.value, _("Says it is the wrong number")
    STOPPED = v.ReplyKind.STOPPED.value, _("Stopped a channel")
    LANGUAGE = v.ReplyKind.LANGUAGE.value, _("Chose a language")
    RATED = v.ReplyKind.RATED.value, _("Rated a notice")
