"""Every code that is stored can be read out: the sources are the list, not a copy of it."""

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from accounts.core.vocabulary import Channel
from reminders.core.eligibility import CAMPAIGN_RULES, JOINT_RULES, RULES
from reminders.core.types import Defer, Expire, Send, Skip
from reminders.core.vocabulary import AttemptOutcome, MessageState
from reminders.queries.answers import granted
from reminders.queries.codes import CODES, fate, mood_of_outcome, mood_of_state
from reminders.queries.formats import Clock
from reminders.queries.words import (
    REASONS,
    RULE_OF_REASON,
    objection,
    offset_in_words,
    verdict_in_words,
)
from reminders.queries.words import RULES as QUESTIONS

ROOT = Path(__file__).resolve().parents[2] / "reminders"
SHANGHAI = Clock(ZoneInfo("Asia/Shanghai"))
FIGURES: Mapping[str, Mapping[str, Any]] = {
    "too_late": {"true_until": "2026-11-23T16:00:00+00:00"},
    "paid": {"outstanding": "0"},
    "due_date_moved": {"planned_for": "2026-11-23", "due_date": "2026-11-30"},
    "on_hold": {"kind": "dispute", "until": None},
    "other_tier": {"tier": "low", "for": ["high", "medium"]},
    "other_product": {"product": "cash", "for": ["phone"]},
    "other_segment": {"segment": "", "for": ["gold"]},
    "holdout": {"percent": "5.00"},
    "no_address": {"channels": ["sms"]},
    "not_allowed_by_borrower": {"purpose": "collection"},
    "replaced_by_newer_step": {"newer": "day-after"},
    "ledger_stale": {"ledger_as_of": "2026-11-21T00:00:00+00:00", "hours_max": 36},
    "rest_day": {
        "day": "2026-10-01",
        "holiday": "国庆节",
        "until": "2026-10-08T00:00:00+00:00",
    },
    "not_punctual": {"since": "2026-11-20"},
    "reminder_first": {
        "reminder_at": "2026-11-23T02:00:00+00:00",
        "until": "2026-11-24T00:00:00+00:00",
    },
    "no_common_hours": {"rule": "no_common_hours", "until": "2026-11-24T00:00:00+00:00"},
    "hours": {"rule": "hours", "until": "2026-11-24T00:00:00+00:00"},
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            function = node.func
            yield getattr(function, "id", getattr(function, "attr", "")), node


def constants(node: ast.AST) -> Iterator[str]:
    """Texts in an expression such as `code or "rejected"`, but not the pieces of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from constants(value)


def first_arguments(path: Path, *names: str) -> Iterator[str]:
    for name, call in calls(path):
        if name in names and call.args:
            yield from constants(call.args[0])


def keyword_reasons(path: Path) -> Iterator[str]:
    for _name, call in calls(path):
        for keyword in call.keywords:
            if keyword.arg == "reason":
                yield from constants(keyword.value)


def reasons_of_decisions() -> set[str]:
    deciding = [ROOT / "core" / name for name in ("eligibility.py", "rules.py")]
    return {
        *(reason for path in deciding for reason in first_arguments(path, "Skip", "Expire")),
        *(reason for path in deciding for reason in keyword_reasons(path)),
        *(
            value
            for path in deciding
            for name, call in calls(path)
            if name == "Defer" and len(call.args) > 1
            for value in constants(call.args[1])
        ),
        *first_arguments(ROOT / "core" / "contact_rules.py", "Limit"),
    }


def updates(table: str) -> Iterator[str]:
    """What each UPDATE of `table` in our SQL sets."""
    for path in sorted((ROOT / "sql").glob("*.sql")):
        flat = re.sub(r"\(SELECT[^()]*\)", "", path.read_text())  # they have a FROM of their own
        for found in re.finditer(rf"UPDATE {table}\b(.*?)(?=\bFROM\b|\bWHERE\b|;|\Z)", flat, re.S):
            yield found[1]


def reasons_in_sql(table: str) -> set[str]:
    reasons: set[str] = set()
    for text in updates(table):
        for value in re.findall(r"\breason = ('\w+'|CASE.*?END)", text, re.S):
            reasons |= set(re.findall(r"(?:^|THEN |ELSE )'(\w+)'", value))
    return reasons


def gateway_codes() -> set[str]:
    names = ("Rejected", "Busy", "Unclear", "NotSent", "MaybeSent")
    folders = (ROOT / "gateways", ROOT / "pipeline")
    return {
        code
        for folder in folders
        for path in sorted(folder.glob("*.py"))
        for code in first_arguments(path, *names)
        if code
    }


class TestReasonsOfReminders:
    def test_the_search_of_the_sources_finds_what_it_should(self) -> None:
        """A search that finds nothing would let every code pass."""
        assert {"too_late", "on_hold", "one_text_at_a_time", "per_7_days"} <= reasons_of_decisions()
        assert {"step_withdrawn", "due_date_moved", "gateway_busy", "never_seen"} <= reasons_in_sql(
            "reminders_reminder"
        )
        assert {"lease_lapsed", "no_longer_wanted", "no_receipt"} <= reasons_in_sql(
            "reminders_message"
        )
        assert {"throttled", "read_timeout", "rejected"} <= gateway_codes()

    def test_every_reason_of_a_decision_has_words_and_a_rule(self) -> None:
        assert reasons_of_decisions() <= set(REASONS)
        assert reasons_of_decisions() == set(RULE_OF_REASON)

    def test_every_reason_of_the_pipeline_has_words(self) -> None:
        stored = {
            *(reason for p in (ROOT / "pipeline").glob("*.py") for reason in keyword_reasons(p)),
            *reasons_in_sql("reminders_reminder"),
        }

        assert stored <= set(REASONS)

    def test_no_words_are_left_over(self) -> None:
        known = reasons_of_decisions() | reasons_in_sql("reminders_reminder")
        known |= {r for p in (ROOT / "pipeline").glob("*.py") for r in keyword_reasons(p)}

        assert set(REASONS) <= known

    @pytest.mark.parametrize("reason", sorted(REASONS))
    def test_it_is_a_whole_sentence(self, reason: str) -> None:
        sentence = objection(reason, FIGURES.get(reason), clock=SHANGHAI)

        assert sentence.endswith(".")
        assert "_" not in sentence
        if reason in FIGURES:
            assert sentence != f"{REASONS[reason]}."

    def test_a_day_of_rest_without_a_name_is_told_plainly(self) -> None:
        figures = {"day": "2026-11-22", "holiday": "", "until": "2026-11-23T00:00:00+00:00"}

        sentence = objection("rest_day", figures, clock=SHANGHAI)

        assert sentence == (
            "22 Nov 2026 is a day of rest, on which nobody is pressed. "
            "Possible again from Mon 23 Nov, 08:00."
        )

    def test_a_plan_that_runs_tells_of_its_next_term(self) -> None:
        figures = {
            "kind": "plan",
            "until": "2026-11-27T16:00:00+00:00",
            "paid": "100",
            "missing": "400.5",
        }

        sentence = objection("on_hold", figures, clock=SHANGHAI)

        assert sentence == (
            "On hold (Instalment plan): 400.50 is still to come by Sat 28 Nov, 00:00; "
            "100.00 has come in since it was agreed."
        )

    def test_figures_of_another_version_leave_the_few_words(self) -> None:
        assert (
            objection("other_tier", {"level": 3}, clock=SHANGHAI) == "Meant for another risk tier."
        )

    def test_an_unknown_reason_is_shown_as_it_is(self) -> None:
        assert objection("from_the_future", {}, clock=SHANGHAI) == "from_the_future."

    def test_the_last_day_is_the_borrowers(self) -> None:
        """16:00Z is the midnight that ends 23 November in Shanghai."""
        sentence = objection("too_late", FIGURES["too_late"], clock=SHANGHAI)

        assert sentence == "The text was true until 23 Nov 2026 only."


class TestRules:
    def test_every_rule_is_a_question(self) -> None:
        names = [name for name, _rule in (*RULES, *CAMPAIGN_RULES)]
        assert list(QUESTIONS) == list(dict.fromkeys([*names, *JOINT_RULES]))
        assert all(str(question).endswith("?") for question in QUESTIONS.values())

    @pytest.mark.parametrize(
        ("rule", "figures", "words"),
        [
            ("still_owed", {"outstanding": "1200.5", "currency": "CNY"}, "CNY 1,200.50 is open."),
            ("in_audience", {"by_hand": True}, "A person asked for it."),
            ("not_held_out", {"percent": "0"}, "Nobody is left out."),
            ("not_on_hold", {}, "None is in force for this loan."),
            ("ledger_fresh", {"stage": "before"}, "That matters for overdue texts only."),
            (
                "ledger_fresh",
                {"ledger_as_of": None},
                "Payments do not come by import here, so there is none to wait for.",
            ),
            (
                "ledger_fresh",
                {"ledger_as_of": "2026-11-23T00:00:00+00:00"},
                "Payments were fed in at Mon 23 Nov, 08:00.",
            ),
            ("working_day", {"purpose": "service"}, "Service notice: may go out on any day."),
            (
                "working_day",
                {"day": "2026-11-23", "rest_days": "none", "calendar_knows": True},
                "The contact rules know no days of rest.",
            ),
            (
                "working_day",
                {"day": "2026-11-23", "rest_days": "holidays", "calendar_knows": True},
                "23 Nov 2026 is no day of rest.",
            ),
            (
                "working_day",
                {"day": "2029-11-23", "rest_days": "holidays", "calendar_knows": False},
                "23 Nov 2029; the holidays of that year are not known.",
            ),
            ("still_owed", {}, ""),
        ],
    )
    def test_what_it_looked_at_is_told(
        self, rule: str, figures: Mapping[str, Any], words: str
    ) -> None:
        assert granted(rule, figures, clock=SHANGHAI) == words


class TestVerdicts:
    @pytest.mark.parametrize(
        ("verdict", "words"),
        [
            (Send(Channel.SMS), "It goes out: Text message."),
            (Defer(datetime(2026, 11, 24, tzinfo=UTC), "hours"), "Then it is decided anew."),
            (
                Defer(datetime(2026, 11, 24, tzinfo=UTC), "one_text_at_a_time"),
                "It waits until Tue 24 Nov, 08:00 and is decided anew.",
            ),
            (Skip("paid"), "It will not be sent."),
            (Expire("hours"), "It ends unsent: by the time it may go, it is no longer true."),
        ],
    )
    def test_each_has_words(self, verdict: Send | Defer | Skip | Expire, words: str) -> None:
        assert verdict_in_words(verdict, clock=SHANGHAI) == words


class TestCodes:
    def test_every_code_of_our_gateways_has_words(self) -> None:
        assert gateway_codes() <= set(CODES)

    def test_every_reason_of_a_message_has_words(self) -> None:
        assert reasons_in_sql("reminders_message") <= set(CODES)

    def test_every_state_of_a_message_can_be_told(self) -> None:
        assert all(fate(state).endswith(".") for state in MessageState)
        assert "a colleague has to find out" in fate("unknown", is_for_a_person=True)
        assert "may have arrived after all" in fate("undelivered", may_have_reached=True)

    def test_every_state_and_outcome_has_a_mood(self) -> None:
        assert all(mood_of_state(state) for state in MessageState)
        assert all(mood_of_outcome(outcome) for outcome in AttemptOutcome)


class TestOffsets:
    @pytest.mark.parametrize(
        ("days", "words"),
        [
            (-3, "3 days before the due date"),
            (-1, "1 day before the due date"),
            (0, "on the due date"),
            (7, "7 days after the due date"),
        ],
    )
    def test_it_is_said_in_days(self, days: int, words: str) -> None:
        assert offset_in_words(days) == words


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        ("collection", "The borrower has refused: Collection."),
        ("education", "The borrower has not agreed to, or has refused: Education."),
    ],
)
def test_says_that_they_refused_what_needs_no_consent(purpose: str, words: str) -> None:
    assert objection("not_allowed_by_borrower", {"purpose": purpose}, clock=SHANGHAI) == words


def test_a_step_after_the_due_date_is_a_day_of_being_overdue_in_chinese() -> None:
    with translation.override("zh-hans"):
        assert offset_in_words(1) == "逾期第 1 天"
