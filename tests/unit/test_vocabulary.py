"""The words that are stored, in rows, settings and files: changing one needs a migration."""

from datetime import timedelta
from enum import StrEnum

import pytest

from accounts.core.vocabulary import Channel, HoldKind, LoanStatus, Purpose, RiskTier
from reminders.core.effect import Verdict
from reminders.core.links import Door, SecondFact
from reminders.core.undo import UNDO_FOR, What, Why
from reminders.core.vocabulary import (
    AttemptOutcome,
    CampaignState,
    Certainty,
    Lane,
    MessageState,
    ReminderState,
    ReplyKind,
    RestDays,
    Stage,
    Tone,
    ToneRule,
    VersionState,
)

STORED = [
    (Channel, "sms email push wechat"),
    (Purpose, "service collection credit_bureau offer education"),
    (
        HoldKind,
        "promise_to_pay dispute hardship plan complaint deceased legal wrong_number",
    ),
    (RiskTier, "low medium high"),
    (LoanStatus, "active closed written_off"),
    (Stage, "before on after apart"),
    (Tone, "friendly neutral firm"),
    (ToneRule, "by_risk friendly neutral firm"),
    (CampaignState, "draft published stopped"),
    (VersionState, "draft scheduled published retired"),
    (ReminderState, "planned messaged skipped expired cancelled"),
    (
        MessageState,
        "sending waiting accepted unknown delivered undelivered rejected cancelled",
    ),
    (AttemptOutcome, "open accepted rejected busy unclear"),
    (RestDays, "none holidays holidays_and_weekends"),
    (Certainty, "read reported our_choice"),
    (SecondFact, "loan customer either"),  # of a setting
    (Door, "open paused shut"),
    (
        ReplyKind,
        "plan_asked plan_accepted paid call_me wrong_number stopped language rated",
    ),
    (Verdict, "raised lowered cannot_tell"),
    (What, "hold note number"),  # of a form
    (
        Why,
        "too_late not_there reminder_ended plan_agreed text_opened link_made changed_since",
    ),
]


class TestStoredWords:
    @pytest.mark.parametrize(("words", "stored"), STORED)
    def test_are_these_and_no_others(self, words: type[StrEnum], stored: str) -> None:
        assert [word.value for word in words] == stored.split()

    @pytest.mark.parametrize("words", [words for words, _ in STORED])
    def test_are_called_in_code_what_they_are_in_rows(self, words: type[StrEnum]) -> None:
        assert all(word.name.lower() == word.value for word in words)

    def test_lanes_are_numbers_in_their_order(self) -> None:
        lanes = [(lane.name, lane.value) for lane in Lane]
        assert lanes == [("BY_HAND", 0), ("ON_THE_DAY", 1), ("OTHERS", 2)]

    def test_pages_say_five_minutes(self) -> None:
        assert timedelta(minutes=5) == UNDO_FOR


class TestStage:
    @pytest.mark.parametrize(
        ("offset_days", "stage"),
        [(-30, "before"), (-1, "before"), (0, "on"), (1, "after"), (90, "after")],
    )
    def test_is_counted_from_the_due_date(self, offset_days: int, stage: str) -> None:
        assert Stage.of(offset_days) == stage
