"""The words that are stored, in rows, settings and files: changing one needs a migration."""

from enum import StrEnum

import pytest

from accounts.core.vocabulary import Channel, HoldKind, LoanStatus, Purpose, RiskTier
from reminders.core.effect import Verdict
from reminders.core.links import Door, SecondFact
from reminders.core.vocabulary import (
    AttemptOutcome,
    CampaignState,
    Certainty,
    MessageState,
    ReminderState,
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
    (Verdict, "raised lowered cannot_tell"),
]


class TestStoredWords:
    @pytest.mark.parametrize(("words", "stored"), STORED)
    def test_are_these_and_no_others(self, words: type[StrEnum], stored: str) -> None:
        assert [word.value for word in words] == stored.split()

    @pytest.mark.parametrize("words", [words for words, _ in STORED])
    def test_are_called_in_code_what_they_are_in_rows(self, words: type[StrEnum]) -> None:
        assert all(word.name.lower() == word.value for word in words)


class TestStage:
    @pytest.mark.parametrize(
        ("offset_days", "stage"),
        [(-30, "before"), (-1, "before"), (0, "on"), (1, "after"), (90, "after")],
    )
    def test_is_counted_from_the_due_date(self, offset_days: int, stage: str) -> None:
        assert Stage.of(offset_days) == stage
