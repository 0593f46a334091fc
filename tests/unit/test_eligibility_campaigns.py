"""The decision on what is about no instalment: a campaign's text to Wei."""

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.vocabulary import HoldKind, RiskTier
from reminders.core.eligibility import CAMPAIGN_RULES, JOINT_RULES, decide, newest_spoken
from reminders.core.types import (
    ActiveHold,
    Audience,
    Coming,
    Debt,
    Defer,
    Expire,
    Send,
    Skip,
)
from reminders.core.vocabulary import RestDays, Stage, Tone
from tests.decisions import (
    EVERYONE,
    LIMITS,
    NOW,
    TODAY,
    a_candidate,
    a_debt,
    a_lesson,
    a_pupil,
    decision,
    draft_for,
    verdict,
    wei,
)

HOUR = timedelta(hours=1)
LATE = a_debt(2, due_date=TODAY - timedelta(days=1))


def coming(hours: float, offset_days: int = -3, **fields: Any) -> Coming:
    """A reminder of the instalment, looked at in so many hours."""
    return Coming(a_candidate(offset_days, **fields), NOW + hours * HOUR)


class TestCampaign:
    def test_goes_to_who_agreed(self) -> None:
        assert isinstance(verdict(a_pupil(), a_lesson()), Send)

    def test_asks_its_own_rules_in_order(self) -> None:
        asked = [answer.rule for answer in decision(a_pupil(), a_lesson()).trace]

        assert asked == [name for name, _ in CAMPAIGN_RULES] + list(JOINT_RULES[1:])
        assert asked == [
            *("still_true", "not_on_hold", "in_audience", "reachable", "allowed_by_borrower"),
            *("working_day", "reminders_first", "one_text_at_a_time", "contact_rules"),
        ]

    def test_goes_to_nobody_unasked(self) -> None:
        assert verdict(wei(), a_lesson()) == Skip("not_allowed_by_borrower")

    def test_names_no_debt_and_no_amount(self) -> None:
        draft = draft_for(a_pupil(a_debt(), LATE), a_lesson())

        assert (draft.amount, draft.penalty, draft.currency) == (Decimal(0), Decimal(0), "")
        assert (draft.due_date, draft.days) == (TODAY, 0)
        assert (draft.stage, draft.tone) == (Stage.APART, Tone.FRIENDLY)

    def test_leaves_before_its_last_day_is_over(self) -> None:
        lesson = a_lesson(expires_at=NOW + HOUR)

        assert draft_for(a_pupil(), lesson).leaves_before == NOW + HOUR
        assert verdict(a_pupil(), lesson, now=NOW + HOUR) == Expire("too_late")

    @pytest.mark.parametrize("kind", HoldKind)
    def test_is_held_by_a_hold_of_any_loan(self, kind: HoldKind) -> None:
        hold = ActiveHold(kind, loan_id=99, until=None)

        assert verdict(a_pupil(holds=(hold,)), a_lesson()) == Skip("on_hold")

    def test_waits_for_a_hold_that_ends_in_time(self) -> None:
        hold = ActiveHold(HoldKind.DISPUTE, loan_id=99, until=NOW + HOUR)

        assert verdict(a_pupil(holds=(hold,)), a_lesson()) == Defer(NOW + HOUR, "on_hold")

    @pytest.mark.parametrize(
        ("audience", "reason"),
        [
            (Audience(frozenset({"high"})), "other_tier"),
            (replace(EVERYONE, segments=frozenset({"gold"})), "other_segment"),
        ],
    )
    def test_is_for_its_audience_alone(self, audience: Audience, reason: str) -> None:
        pupil = a_pupil(tier=RiskTier.LOW)

        assert verdict(pupil, a_lesson(audience=audience)) == Skip(reason)

    @pytest.mark.parametrize(
        ("debt", "hears"),
        [
            (LATE, False),
            (replace(LATE, is_active=False), True),
            (a_debt(2, due_date=TODAY), True),
        ],
    )
    def test_may_be_for_the_punctual_alone(self, debt: Debt, hears: bool) -> None:
        made = decision(
            a_pupil(a_debt(), debt), a_lesson(audience=replace(EVERYONE, only_punctual=True))
        )

        assert isinstance(made.verdict, Send) is hears
        if not hears:
            assert made.verdict == Skip("not_punctual")
            assert made.figures == {"since": "2026-11-22"}

    def test_says_that_any_hold_would_have_kept_it(self) -> None:
        (held,) = (a for a in decision(a_pupil(), a_lesson()).trace if a.rule == "not_on_hold")

        assert held.figures == {"loans": "all"}

    def test_is_about_no_product(self) -> None:
        audience = replace(EVERYONE, products=frozenset({"cash"}))

        made = decision(a_pupil(), a_lesson(audience=audience))

        assert made.verdict == Skip("other_product")
        assert made.figures == {"product": "", "for": ["cash"]}

    def test_says_since_when_somebody_owes(self) -> None:
        debts = [a_debt(n, due_date=TODAY - timedelta(days=n)) for n in (3, 9, 5)]

        made = decision(a_pupil(*debts), a_lesson(audience=replace(EVERYONE, only_punctual=True)))

        assert made.figures == {"since": (TODAY - timedelta(days=9)).isoformat()}

    def test_a_reminder_is_judged_by_its_own_loan(self) -> None:
        assert isinstance(verdict(wei(has_active_loan=False), a_candidate()), Send)

    def test_is_for_customers(self) -> None:
        made = decision(replace(a_pupil(), has_active_loan=False), a_lesson())

        assert (made.verdict, made.figures) == (Skip("no_active_loan"), {})

    def test_waits_over_days_of_rest(self) -> None:
        rules = replace(LIMITS, rest_days=RestDays.HOLIDAYS_AND_WEEKENDS)
        saturday = NOW + timedelta(days=5)
        lesson = a_lesson(expires_at=saturday + timedelta(days=4))

        plan = decide(a_pupil(), candidates=[lesson], rules=rules, now=saturday)

        assert plan.decisions[0].verdict == Defer(saturday + timedelta(hours=46), "rest_day")

    def test_is_no_step_of_an_instalment(self) -> None:
        assert newest_spoken({}, sent=[a_lesson()]) == {}


class TestOneText:
    def test_a_due_reminder_goes_first(self) -> None:
        reminder, lesson = a_candidate(), a_lesson()

        plan = decide(a_pupil(), candidates=[lesson, reminder], rules=LIMITS, now=NOW)

        assert plan.draft is not None
        assert plan.draft.reminder_ids == (reminder.reminder_id,)
        assert plan.decisions[0].verdict == Defer(NOW + 22 * HOUR, "one_text_at_a_time")

    def test_what_stands_behind_a_lesson_is_replaced_by_a_newer_step_as_well(self) -> None:
        due_date = TODAY - timedelta(days=3)
        older = a_candidate(1, due_date=due_date, send_at=NOW - timedelta(days=2))
        newer = a_candidate(3, due_date=due_date)
        pupil = a_pupil(a_debt(due_date=due_date))

        plan = decide(pupil, candidates=[a_lesson(), older, newer], rules=LIMITS, now=NOW)

        assert plan.decisions[1].verdict == Skip("replaced_by_newer_step")

    def test_two_campaigns_do_not_share_one(self) -> None:
        lessons = [a_lesson(), a_lesson(step_key="another")]

        plan = decide(a_pupil(), candidates=lessons, rules=LIMITS, now=NOW)

        assert [type(made.verdict) for made in plan.decisions] == [Send, Defer]

    def test_a_reminder_that_was_just_put_off_is_still_to_come(self) -> None:
        late = a_candidate(1, 2)
        pupil = a_pupil(LATE, ledger_as_of=NOW - timedelta(days=3))

        plan = decide(pupil, candidates=[a_lesson(), late], rules=LIMITS, now=NOW)

        assert [getattr(made.verdict, "reason", "") for made in plan.decisions] == [
            "reminder_first",
            "ledger_stale",
        ]


class TestRemindersFirst:
    def test_waits_for_one_that_it_would_hold_up(self) -> None:
        made = decision(a_pupil(coming=(coming(2),)), a_lesson(expires_at=NOW + 48 * HOUR))

        assert made.verdict == Defer(NOW + 22 * HOUR, "reminder_first")
        assert made.figures == {
            "reminder_at": (NOW + 2 * HOUR).isoformat(),
            "until": (NOW + 22 * HOUR).isoformat(),
        }

    def test_looks_past_a_reminder_that_will_not_go(self) -> None:
        pupil = a_pupil(coming=(coming(1, instalment_id=3), coming(2)))

        assert verdict(pupil, a_lesson()) == Defer(NOW + 22 * HOUR, "reminder_first")

    def test_is_asked_an_hour_after_the_reminder_where_no_distance_is_kept(self) -> None:
        rules = replace(LIMITS, hours_between=0, per_day=1, latest=time(23))
        pupil, lesson = a_pupil(coming=(coming(2),)), a_lesson(expires_at=NOW + 48 * HOUR)

        (made,) = decide(pupil, candidates=[lesson], rules=rules, now=NOW).decisions

        assert made.verdict == Defer(NOW + 3 * HOUR, "reminder_first")

    def test_ends_where_it_would_wait_too_long(self) -> None:
        lesson = a_lesson(expires_at=NOW + 3 * HOUR)

        assert verdict(a_pupil(coming=(coming(2),)), lesson) == Expire("reminder_first")

    def test_goes_where_the_reminder_has_time_after_it(self) -> None:
        assert isinstance(verdict(a_pupil(coming=(coming(24),)), a_lesson()), Send)

    def test_goes_where_the_reminder_would_not(self) -> None:
        for_others = coming(2, audience=Audience(frozenset({"high"})))
        paid = coming(2, instalment_id=3)

        assert isinstance(verdict(a_pupil(coming=(for_others, paid)), a_lesson()), Send)

    def test_goes_where_something_else_holds_the_reminder_up(self) -> None:
        """Five texts this week: the reminder waits whether this one goes or not."""
        contacts = (NOW - 30 * HOUR, *(NOW - timedelta(days=n) for n in (2, 3, 4, 5)))
        pupil = a_pupil(contacts=contacts, coming=(coming(2),))

        made = decision(pupil, a_lesson())

        assert made.trace[-1].rule == "contact_rules"

    def test_waits_for_one_that_waits_for_the_next_payments(self) -> None:
        stale = {"ledger_as_of": NOW - timedelta(days=3)}
        pupil = a_pupil(LATE, coming=(coming(1, 1, instalment_id=2),), **stale)

        assert verdict(pupil, a_lesson()) == Defer(NOW + 22 * HOUR, "reminder_first")

    def test_looks_at_the_first_of_several_first(self) -> None:
        pupil = a_pupil(coming=(coming(30), coming(2)))

        assert verdict(pupil, a_lesson()) == Defer(NOW + 22 * HOUR, "reminder_first")
