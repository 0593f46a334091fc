"""What the trace tells: every rule that was asked, with the figures that a person is shown."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.core.arrangements import Term
from accounts.core.vocabulary import Channel, HoldKind, Purpose
from reminders.core.eligibility import JOINT_RULES, RULES, decide
from reminders.core.types import ActiveHold, Audience, Candidate, Decision, Defer, Send, Skip
from reminders.core.vocabulary import RestDays
from tests.decisions import (
    EVERYONE,
    LIMITS,
    NOW,
    TODAY,
    TWO_DAYS_AGO,
    a_candidate,
    a_debt,
    by_hand,
    decision,
    draft_for,
    wei,
)

TRUE_UNTIL = "2026-11-24T16:00:00+00:00"


def told(made: Decision) -> dict[str, dict[str, Any]]:
    return {answer.rule: dict(answer.figures) for answer in made.trace}


class TestTheTraceOfWhatIsSent:
    def test_tells_the_figures_of_every_rule(self) -> None:
        borrower = wei(a_debt(due_date=TWO_DAYS_AGO), ledger_as_of=NOW - timedelta(hours=12))

        made = decision(borrower, a_candidate(2, holdout_percent=Decimal("2.5")))

        assert made.verdict == Send(Channel.SMS)
        assert told(made) == {
            "still_true": {"true_until": TRUE_UNTIL},
            "still_owed": {"outstanding": "1000.00", "currency": "CNY"},
            "due_date_stands": {"planned_for": "2026-11-21"},
            "not_on_hold": {},
            "in_audience": {"tier": "medium"},
            "not_held_out": {"percent": "2.5"},
            "reachable": {"channels": ["sms"]},
            "allowed_by_borrower": {"purpose": "collection"},
            "ledger_fresh": {"ledger_as_of": "2026-11-22T14:00:00+00:00", "hours_max": 36},
            "working_day": {
                "purpose": "collection",
                "rest_days": "none",
                "day": "2026-11-23",
                "calendar_knows": False,
            },
            "newest_step": {},
            "one_text_at_a_time": {"texts": 1},
            "contact_rules": {"profile": "test"},
        }

    def test_tells_that_a_person_asked_for_it(self) -> None:
        made = decision(wei(a_debt(due_date=TWO_DAYS_AGO)), by_hand())

        assert told(made)["in_audience"] == {"by_hand": True}

    def test_tells_the_purpose_of_what_no_day_of_rest_stops(self) -> None:
        assert told(decision(wei(), a_candidate()))["working_day"] == {"purpose": "service"}


class TestTheTraceOfWhatIsNotSent:
    @pytest.mark.parametrize(
        ("candidate", "fields", "figures"),
        [
            (a_candidate(expires_at=NOW), {}, {"true_until": NOW.isoformat()}),
            (a_candidate(instalment_id=9), {}, {"outstanding": "0"}),
            (
                a_candidate(due_date=TODAY),
                {},
                {"planned_for": "2026-11-23", "due_date": "2026-11-26"},
            ),
            (a_candidate(holdout_percent=Decimal(100)), {}, {"percent": "100"}),
            (a_candidate(), {"reachable": {}}, {"channels": ["sms"]}),
            (a_candidate(), {"allowed": frozenset()}, {"purpose": "service"}),
            (
                a_candidate(),
                {"contacts": (NOW - timedelta(hours=1),)},
                {"rule": "hours_between", "until": "2026-11-24T00:00:00+00:00"},
            ),
        ],
    )
    def test_ends_with_the_figures_that_decided(
        self, candidate: Candidate, fields: dict[str, Any], figures: dict[str, Any]
    ) -> None:
        made = decision(wei(**fields), candidate)

        assert made.figures == figures
        every = [name for name, _ in RULES] + list(JOINT_RULES)
        assert [answer.rule for answer in made.trace] == every[: len(made.trace)]

    @pytest.mark.parametrize(
        ("audience", "figures"),
        [
            (Audience(frozenset("hgfedcba")), {"tier": "medium", "for": list("abcdefgh")}),
            (
                Audience(EVERYONE.tiers, products=frozenset("hgfedcba")),
                {"product": "cash_loan", "for": list("abcdefgh")},
            ),
            (
                Audience(EVERYONE.tiers, segments=frozenset("hgfedcba")),
                {"segment": "", "for": list("abcdefgh")},
            ),
        ],
    )
    def test_tells_in_order_whom_the_step_is_for(
        self, audience: Audience, figures: dict[str, Any]
    ) -> None:
        assert decision(wei(), a_candidate(audience=audience)).figures == figures

    def test_tells_of_a_day_of_rest_that_has_no_name(self) -> None:
        sunday = NOW - timedelta(days=1)
        rules = replace(LIMITS, rest_days=RestDays.HOLIDAYS_AND_WEEKENDS)
        overdue = wei(a_debt(due_date=TWO_DAYS_AGO))

        made = decide(overdue, candidates=[a_candidate(2)], rules=rules, now=sunday).decisions[0]

        assert made.figures["holiday"] == ""

    def test_tells_that_two_texts_were_due(self) -> None:
        borrower = wei(a_debt(1), a_debt(2, due_date=TWO_DAYS_AGO))
        early, overdue = a_candidate(), a_candidate(2, instalment_id=2)

        plan = decide(borrower, candidates=[early, overdue], rules=LIMITS, now=NOW)

        assert plan.decisions[0].figures == {"texts": 2}


class TestWhatGoesFirst:
    """One text goes out; what is more pressing goes before what can wait."""

    @pytest.mark.parametrize(("pressing", "other"), [(1, 0), (1, -1), (0, -1), (3, 0)])
    def test_is_the_overdue_then_the_due_then_the_early(self, pressing: int, other: int) -> None:
        first, second = a_candidate(pressing), a_candidate(other, instalment_id=2)
        borrower = wei(a_debt(1, due_date=first.due_date), a_debt(2, due_date=second.due_date))

        for candidates in ([first, second], [second, first]):
            plan = decide(borrower, candidates=candidates, rules=LIMITS, now=NOW)
            verdicts = {d.candidate.instalment_id: d.verdict for d in plan.decisions}
            assert verdicts[1] == Send(Channel.SMS)
            assert isinstance(verdicts[2], Defer)

    def test_speaks_in_the_words_of_the_step_furthest_from_the_due_date(self) -> None:
        month_ago = TODAY - timedelta(days=30)
        borrower = wei(a_debt(1, due_date=TWO_DAYS_AGO), a_debt(2, due_date=month_ago))

        draft = draft_for(borrower, a_candidate(30, instalment_id=2), a_candidate(2))

        assert draft.template_id == 130

    def test_of_equal_steps_speaks_in_the_words_of_the_later_row(self) -> None:
        borrower = wei(a_debt(1), a_debt(2))
        rows = a_candidate(template_id=1), a_candidate(instalment_id=2, template_id=2)

        assert draft_for(borrower, *rows).template_id == 2
        assert draft_for(borrower, *reversed(rows)).template_id == 2

    def test_answers_an_early_step_also_when_a_person_asks(self) -> None:
        planned, asked = a_candidate(-3), a_candidate(-3, audience=None, template_id=999)

        draft = draft_for(wei(), planned, asked)

        assert draft.template_id == 999
        assert set(draft.reminder_ids) == {planned.reminder_id, asked.reminder_id}

    def test_leaves_a_closed_loan_out_of_the_total(self) -> None:
        closed = a_debt(2, loan_id=11, due_date=TWO_DAYS_AGO, is_active=False)

        draft = draft_for(wei(a_debt(1, due_date=TWO_DAYS_AGO), closed), a_candidate(2))

        assert draft.amount == Decimal(1000)


class TestHoldsThatEnd:
    def test_are_outlasted_by_any_number_without_an_end(self) -> None:
        endless = [ActiveHold(kind, None, None) for kind in (HoldKind.LEGAL, HoldKind.DECEASED)]
        ending = ActiveHold(HoldKind.DISPUTE, None, NOW + timedelta(days=1))

        made = decision(wei(holds=(*endless, ending)), a_candidate())

        assert made.verdict == Skip("on_hold")
        assert made.figures["until"] is None

    def test_do_not_hold_at_the_instant_of_their_end(self) -> None:
        over = ActiveHold(HoldKind.DISPUTE, None, NOW)

        assert decision(wei(holds=(over,)), a_candidate()).verdict == Send(Channel.SMS)

    def test_skip_what_is_no_longer_true_when_they_end(self) -> None:
        candidate = a_candidate()
        hold = ActiveHold(HoldKind.DISPUTE, None, candidate.expires_at)

        assert decision(wei(holds=(hold,)), candidate).verdict == Skip("on_hold")


class TestAudience:
    def test_of_products_and_segments_takes_those_who_belong_to_them(self) -> None:
        ours = Audience(EVERYONE.tiers, frozenset({"cash_loan"}), frozenset({"staff"}))

        made = decision(wei(segment="staff"), a_candidate(audience=ours))

        assert made.verdict == Send(Channel.SMS)


class TestWhatIsNotSaid:
    """What nobody said is nothing."""

    def test_of_a_hold_out_leaves_nobody_out(self) -> None:
        first_of_all = wei(customer_no="C-25")  # among the first to go

        with_one = a_candidate(holdout_percent=Decimal(1))
        assert decision(first_of_all, with_one).verdict == Skip("holdout")
        assert decision(first_of_all, a_candidate()).verdict == Send(Channel.SMS)

    def test_of_days_of_grace_gives_none(self) -> None:
        yesterday = TODAY - timedelta(days=1)
        late = a_debt(due_date=yesterday, penalty_daily_rate=Decimal("0.001"))

        assert draft_for(wei(late), a_candidate(1)).penalty == Decimal("1.00")

    def test_of_money_towards_a_promise_leaves_all_of_it_missing(self) -> None:
        promise = ActiveHold(
            HoldKind.PROMISE_TO_PAY, None, None, (Term(NOW + timedelta(hours=9), Decimal(50)),)
        )

        assert decision(wei(holds=(promise,)), a_candidate()).figures["missing"] == "50"


class TestChannels:
    def test_that_are_not_allowed_are_passed_over(self) -> None:
        borrower = wei(
            reachable={Channel.SMS: 70, Channel.EMAIL: 71},
            allowed=frozenset({(Channel.EMAIL, Purpose.SERVICE)}),
        )
        candidate = a_candidate(channels=(Channel.SMS, Channel.EMAIL))

        assert decision(borrower, candidate).verdict == Send(Channel.EMAIL)
        assert draft_for(borrower, candidate).contact_point_id == 71
