"""The decision on one borrower: Wei owes an instalment of 1,000 yuan in Shanghai."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounts.core.vocabulary import Channel, HoldKind, RiskTier
from reminders.core.eligibility import JOINT_RULES, RULES, decide, newest_spoken
from reminders.core.types import (
    ActiveHold,
    Audience,
    Defer,
    Expire,
    Send,
    Skip,
)
from reminders.core.vocabulary import Tone
from tests.decisions import (
    EARLY,
    EVERYONE,
    LIMITS,
    NOW,
    TODAY,
    a_candidate,
    a_debt,
    a_lesson,
    by_hand,
    decision,
    draft_for,
    verdict,
    wei,
)


class TestDecide:
    def test_sends_what_is_owed_and_allowed(self) -> None:
        assert verdict(wei(), a_candidate()) == Send(Channel.SMS)

    def test_lists_every_rule_in_order_when_it_sends(self) -> None:
        asked = [answer.rule for answer in decision(wei(), a_candidate()).trace]

        assert asked == [name for name, _ in RULES] + list(JOINT_RULES)

    def test_ends_the_trace_with_the_rule_that_objected(self) -> None:
        made = decision(wei(tier=RiskTier.LOW), a_candidate(audience=Audience(frozenset({"high"}))))

        assert [answer.passed for answer in made.trace] == [True] * 4 + [False]
        assert made.figures == {"tier": "low", "for": ["high"]}

    def test_has_no_figures_of_an_objection_when_it_sends(self) -> None:
        assert decision(wei(), a_candidate()).figures == {}

    def test_is_empty_without_candidates(self) -> None:
        plan = decide(wei(), candidates=[], rules=LIMITS, now=NOW)

        assert plan.decisions == ()
        assert plan.draft is None

    def test_expires_what_is_no_longer_true(self) -> None:
        assert verdict(wei(), a_candidate(expires_at=NOW)) == Expire("too_late")

    def test_skips_when_the_instalment_is_paid(self) -> None:
        assert verdict(wei(a_debt(2)), a_candidate()) == Skip("paid")

    def test_skips_when_the_loan_is_closed(self) -> None:
        assert verdict(wei(a_debt(is_active=False)), a_candidate()) == Skip("loan_closed")

    def test_skips_when_the_due_date_moved(self) -> None:
        moved = a_debt(due_date=TODAY + timedelta(days=20))

        assert verdict(wei(moved), a_candidate()) == Skip("due_date_moved")

    def test_keeps_to_the_audience(self) -> None:
        high_only = Audience(frozenset({"high"}))
        phones = Audience(EVERYONE.tiers, products=frozenset({"phone"}))
        staff = Audience(EVERYONE.tiers, segments=frozenset({"staff"}))

        assert verdict(wei(), a_candidate(audience=high_only)) == Skip("other_tier")
        assert verdict(wei(), a_candidate(audience=phones)) == Skip("other_product")
        assert verdict(wei(), a_candidate(audience=staff)) == Skip("other_segment")
        assert verdict(wei(segment="staff"), a_candidate(audience=staff)) == Send(Channel.SMS)

    def test_skips_the_hold_out(self) -> None:
        assert verdict(wei(), a_candidate(holdout_percent=Decimal(100))) == Skip("holdout")

    def test_skips_a_borrower_without_an_address(self) -> None:
        assert verdict(wei(reachable={}), a_candidate()) == Skip("no_address")

    def test_skips_what_the_borrower_does_not_allow(self) -> None:
        silent = wei(allowed=frozenset())

        assert verdict(silent, a_candidate()) == Skip("not_allowed_by_borrower")

    def test_takes_the_first_channel_that_is_open(self) -> None:
        both = wei(reachable={Channel.SMS: 70, Channel.EMAIL: 71})
        candidate = a_candidate(channels=(Channel.WECHAT, Channel.EMAIL, Channel.SMS))

        assert draft_for(both, candidate).contact_point_id == 71

    def test_defers_to_permitted_hours(self) -> None:
        night = NOW.replace(hour=14)  # 22:00 in Shanghai

        found = verdict(wei(), a_candidate(), now=night)

        assert found == Defer(datetime(2026, 11, 24, 0, tzinfo=UTC), "hours")

    def test_expires_what_permitted_hours_come_too_late_for(self) -> None:
        night = NOW.replace(hour=14)

        found = verdict(wei(), a_candidate(expires_at=NOW.replace(hour=16)), now=night)

        assert found == Expire("hours")


class TestHolds:
    TOMORROW = NOW + timedelta(days=1)

    def test_defer_until_they_end(self) -> None:
        held = wei(holds=(ActiveHold(HoldKind.PROMISE_TO_PAY, None, self.TOMORROW),))

        assert verdict(held, a_candidate()) == Defer(self.TOMORROW, "on_hold")

    def test_skip_when_they_outlast_the_reminder(self) -> None:
        until = NOW + timedelta(days=9)
        held = wei(holds=(ActiveHold(HoldKind.DISPUTE, None, until),))

        found = decision(held, a_candidate())

        assert found.verdict == Skip("on_hold")
        assert found.figures == {"kind": "dispute", "until": until.isoformat()}

    def test_skip_when_they_have_no_end(self) -> None:
        held = wei(holds=(ActiveHold(HoldKind.DECEASED, None, None),))

        assert verdict(held, a_candidate()) == Skip("on_hold")

    def test_the_longest_decides(self) -> None:
        short = ActiveHold(HoldKind.PROMISE_TO_PAY, None, self.TOMORROW)
        endless = ActiveHold(HoldKind.LEGAL, None, None)

        assert decision(wei(holds=(endless, short)), a_candidate()).figures["kind"] == "legal"

    def test_that_are_over_hold_nobody(self) -> None:
        held = wei(holds=(ActiveHold(HoldKind.DISPUTE, None, NOW),))

        assert verdict(held, a_candidate()) == Send(Channel.SMS)

    def test_on_another_loan_do_not_matter(self) -> None:
        held = wei(holds=(ActiveHold(HoldKind.DISPUTE, 11, None),))

        assert verdict(held, a_candidate()) == Send(Channel.SMS)

    def test_leave_a_held_loan_out_of_the_total(self) -> None:
        due = TODAY + timedelta(days=3)
        held = wei(
            a_debt(1, due_date=due),
            a_debt(2, loan_id=11, due_date=due, outstanding=Decimal(500)),
            holds=(ActiveHold(HoldKind.DISPUTE, 11, None),),
        )

        assert draft_for(held, a_candidate()).amount == Decimal(1000)


class TestOneText:
    """Instalments and loans due together become one message with the right total."""

    def test_adds_what_is_due_on_the_same_day(self) -> None:
        due = TODAY + timedelta(days=3)
        borrower = wei(
            a_debt(1, due_date=due),
            a_debt(2, loan_id=11, due_date=due, outstanding=Decimal("250.50")),
            a_debt(3, loan_id=12, due_date=due + timedelta(days=30)),
        )
        first, second = a_candidate(), a_candidate(instalment_id=2)

        draft = draft_for(borrower, first, second)

        assert draft.amount == Decimal("1250.50")
        assert draft.reminder_ids == (first.reminder_id, second.reminder_id)
        assert (draft.due_date, draft.days) == (due, 3)

    def test_adds_all_that_is_overdue_with_its_penalty(self) -> None:
        month_ago = TODAY - timedelta(days=31)
        borrower = wei(
            a_debt(1, due_date=TODAY - timedelta(days=1)),
            a_debt(2, due_date=month_ago, penalty_daily_rate=Decimal("0.001")),
            a_debt(3, due_date=TODAY),
        )

        draft = draft_for(borrower, a_candidate(1))

        assert draft.amount == Decimal(2000)
        assert draft.penalty == Decimal("31.00")
        assert (draft.due_date, draft.days) == (month_ago, 31)

    def test_does_not_add_currencies(self) -> None:
        due = TODAY + timedelta(days=3)
        borrower = wei(a_debt(1, due_date=due), a_debt(2, due_date=due, currency="USD"))
        yuan, dollars = a_candidate(), a_candidate(instalment_id=2)

        plan = decide(borrower, candidates=[yuan, dollars], rules=LIMITS, now=NOW)

        assert plan.draft is not None
        assert plan.draft.amount == Decimal(1000)
        verdicts = {d.candidate.reminder_id: d.verdict for d in plan.decisions}
        assert sorted(type(v).__name__ for v in verdicts.values()) == ["Defer", "Send"]

    def test_lets_the_overdue_go_first_and_the_rest_wait(self) -> None:
        borrower = wei(a_debt(1), a_debt(2, due_date=TODAY - timedelta(days=1)))
        early, overdue = a_candidate(-3), a_candidate(1, instalment_id=2)

        plan = decide(borrower, candidates=[early, overdue], rules=LIMITS, now=NOW)

        assert plan.decisions[1].verdict == Send(Channel.SMS)
        # 20 hours later it is 06:00; the next permitted hour is 08:00 in Shanghai.
        tomorrow_at_eight = datetime(2026, 11, 24, 0, tzinfo=UTC)
        assert plan.decisions[0].verdict == Defer(tomorrow_at_eight, "one_text_at_a_time")

    def test_gives_the_limit_as_reason_to_all_when_nobody_may_be_written_to(self) -> None:
        borrower = wei(
            a_debt(1),
            a_debt(2, due_date=TODAY - timedelta(days=1)),
            contacts=(NOW - timedelta(hours=1),),
        )
        candidates = [a_candidate(-3), a_candidate(1, instalment_id=2)]

        plan = decide(borrower, candidates=candidates, rules=LIMITS, now=NOW)

        assert plan.draft is None
        assert [d.verdict for d in plan.decisions] == [
            Defer(datetime(2026, 11, 24, 0, tzinfo=UTC), "hours_between")
        ] * 2

    def test_is_true_as_long_as_the_shortest_of_its_reminders(self) -> None:
        due = TODAY + timedelta(days=3)
        borrower = wei(a_debt(1, due_date=due), a_debt(2, due_date=due))
        soon = NOW + timedelta(hours=3)

        draft = draft_for(borrower, a_candidate(), a_candidate(instalment_id=2, expires_at=soon))

        assert draft.leaves_before == soon

    def test_leaves_before_the_permitted_hours_end_anywhere(self) -> None:
        due = TODAY + timedelta(days=3)
        borrower = wei(a_debt(1, due_date=due), other_zones=(ZoneInfo("Asia/Tokyo"),))

        draft = draft_for(borrower, a_candidate())

        # The evening comes an hour sooner to Tokyo than to Shanghai.
        assert draft.leaves_before == datetime(2026, 11, 23, 12, tzinfo=UTC)


class TestNewestStep:
    """After an outage a missed step is replaced by the next: never stacked."""

    def test_speaks_for_the_older_ones_of_its_instalment(self) -> None:
        borrower = wei(a_debt(due_date=TODAY - timedelta(days=3)))
        due_date = TODAY - timedelta(days=3)
        first = a_candidate(1, due_date=due_date, send_at=NOW - timedelta(days=2))
        second = a_candidate(3, due_date=due_date)

        plan = decide(borrower, candidates=[first, second], rules=LIMITS, now=NOW)

        assert plan.decisions[0].verdict == Skip("replaced_by_newer_step")
        assert plan.decisions[0].figures == {"newer": "step+3"}
        assert plan.decisions[1].verdict == Send(Channel.SMS)

    def test_leaves_the_older_one_alone_when_it_is_not_for_this_borrower(self) -> None:
        due_date = TODAY - timedelta(days=3)
        borrower = wei(a_debt(due_date=due_date), tier=RiskTier.LOW)
        first = a_candidate(1, due_date=due_date, send_at=NOW - timedelta(days=2))
        second = a_candidate(3, due_date=due_date, audience=Audience(frozenset({"high"})))

        plan = decide(borrower, candidates=[first, second], rules=LIMITS, now=NOW)

        assert [d.verdict for d in plan.decisions] == [Send(Channel.SMS), Skip("other_tier")]

    @pytest.mark.parametrize(("newest", "goes"), [(3, False), (1, True), (-1, True)])
    def test_speaks_for_the_older_ones_also_when_it_went_out_before(
        self, newest: int, goes: bool
    ) -> None:
        sent = a_candidate(newest, send_at=NOW + timedelta(days=newest - 8))
        others = [a_candidate(9, instalment_id=2), by_hand(9), a_candidate(-3, send_at=EARLY)]
        said = newest_spoken({}, sent=[sent, *others])
        borrower = wei(a_debt(due_date=TODAY - timedelta(days=7)), spoken=said)
        late = a_candidate(1, due_date=TODAY - timedelta(days=7), send_at=NOW - timedelta(days=7))

        expected = Send(Channel.SMS) if goes else Skip("replaced_by_newer_step")
        assert verdict(borrower, late) == expected

    def test_speaks_for_the_older_ones_also_after_a_lesson(self) -> None:
        due_date = TODAY - timedelta(days=3)
        sent = [a_lesson(), a_candidate(3, due_date=due_date)]
        borrower = wei(a_debt(due_date=due_date), spoken=newest_spoken({}, sent=sent))
        late = a_candidate(1, due_date=due_date, send_at=NOW - timedelta(days=2))

        assert verdict(borrower, late) == Skip("replaced_by_newer_step")

    def test_does_not_speak_for_what_a_person_asked_for(self) -> None:
        due_date = TODAY - timedelta(days=3)
        sent = [a_candidate(3, due_date=due_date, send_at=NOW + timedelta(days=1))]
        borrower = wei(a_debt(due_date=due_date), spoken=newest_spoken({}, sent=sent))

        assert verdict(borrower, by_hand(1, due_date=due_date)) == Send(Channel.SMS)


class TestByHand:
    BORROWER = wei(a_debt(due_date=TODAY - timedelta(days=2)), tier=RiskTier.LOW)

    def test_asks_neither_audience_nor_hold_out(self) -> None:
        candidate = by_hand(holdout_percent=Decimal(100))

        assert verdict(self.BORROWER, candidate) == Send(Channel.SMS)

    def test_keeps_to_the_contact_rules(self) -> None:
        written_to = replace(self.BORROWER, contacts=(NOW - timedelta(hours=1),))

        assert isinstance(verdict(written_to, by_hand()), Defer)

    def test_goes_first_and_answers_the_policys_text_of_the_same_kind(self) -> None:
        planned = a_candidate(1, due_date=TODAY - timedelta(days=2))
        asked = by_hand(template_id=999)

        draft = draft_for(self.BORROWER, planned, asked)

        assert draft.template_id == 999
        assert set(draft.reminder_ids) == {planned.reminder_id, asked.reminder_id}


class TestTone:
    @pytest.mark.parametrize(
        ("tier", "tone"),
        [
            (RiskTier.LOW, Tone.FRIENDLY),
            (RiskTier.MEDIUM, Tone.NEUTRAL),
            (RiskTier.HIGH, Tone.FIRM),
        ],
    )
    def test_follows_the_risk_tier(self, tier: RiskTier, tone: Tone) -> None:
        assert draft_for(wei(tier=tier), a_candidate()).tone is tone

    def test_is_the_steps_own_when_it_has_one(self) -> None:
        assert draft_for(wei(), a_candidate(tone_rule="firm")).tone is Tone.FIRM
