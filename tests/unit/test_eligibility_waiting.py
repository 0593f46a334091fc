"""What a reminder may wait for: arrangements, payments, days of rest, hours of all zones."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.core.arrangements import Term
from accounts.core.vocabulary import Channel, HoldKind, Purpose
from reminders.core.calendar import Calendar
from reminders.core.eligibility import decide
from reminders.core.types import (
    ActiveHold,
    Borrower,
    Candidate,
    Decision,
    Defer,
    Expire,
    Send,
    Verdict,
)
from reminders.core.vocabulary import RestDays
from tests.decisions import (
    LIMITS,
    NOW,
    TODAY,
    TWO_DAYS_AGO,
    a_candidate,
    a_debt,
    decision,
    draft_for,
    verdict,
    wei,
)


class TestArrangements:
    """Held only as long as the payments keep what was arranged and something is still to come."""

    TONIGHT, TOMORROW = NOW + timedelta(hours=10), NOW + timedelta(days=1)
    PLAN = (Term(TONIGHT, Decimal(500)), Term(TOMORROW, Decimal(300)))

    def held(self, paid: int, *, until: datetime | None = None, **fields: Any) -> Borrower:
        hold = ActiveHold(HoldKind.PLAN, 10, until, self.PLAN, Decimal(paid))
        return wei(*fields.pop("debts", ()), holds=(hold,), **fields)

    def test_defer_until_the_next_term_is_due(self) -> None:
        found = decision(self.held(100), a_candidate())

        assert found.verdict == Defer(self.TONIGHT, "on_hold")
        assert found.figures == {
            "kind": "plan",
            "until": self.TONIGHT.isoformat(),
            "paid": "100",
            "missing": "400",
        }

    def test_defer_until_the_term_after_one_that_is_covered(self) -> None:
        assert verdict(self.held(500), a_candidate()) == Defer(self.TOMORROW, "on_hold")

    def test_end_no_later_than_their_hold(self) -> None:
        early = NOW + timedelta(hours=1)

        assert verdict(self.held(0, until=early), a_candidate()) == Defer(early, "on_hold")

    def test_that_are_kept_hold_nobody(self) -> None:
        assert verdict(self.held(800), a_candidate()) == Send(Channel.SMS)

    def test_that_are_broken_hold_nobody(self) -> None:
        found = verdict(self.held(499), a_candidate(), now=self.TONIGHT)

        assert found == Send(Channel.SMS)

    def test_beside_a_longer_hold_do_not_decide(self) -> None:
        plan = ActiveHold(HoldKind.PLAN, None, None, self.PLAN)
        dispute = ActiveHold(HoldKind.DISPUTE, None, self.TOMORROW)

        assert decision(wei(holds=(plan, dispute)), a_candidate()).figures["kind"] == "dispute"

    @pytest.mark.parametrize(("paid", "total"), [(0, 500), (800, 1500)])
    def test_leave_their_loan_out_of_the_total_while_they_run(self, paid: int, total: int) -> None:
        due = TODAY + timedelta(days=3)
        debts = (
            a_debt(1, due_date=due),
            a_debt(2, loan_id=11, due_date=due, outstanding=Decimal(500)),
        )

        draft = draft_for(self.held(paid, debts=debts), a_candidate(instalment_id=2))

        assert draft.amount == Decimal(total)


class TestLedger:
    """What is overdue by a ledger that is too old waits for the next feed."""

    STALE = NOW - timedelta(hours=36, seconds=1)

    def test_lets_pass_what_a_fresh_one_says(self) -> None:
        fed = wei(a_debt(due_date=TWO_DAYS_AGO), ledger_as_of=NOW - timedelta(hours=36))

        assert verdict(fed, self.overdue()) == Send(Channel.SMS)

    def overdue(self, **fields: Any) -> Candidate:
        return a_candidate(2, **fields)

    def test_defers_by_the_hour_when_it_is_old(self) -> None:
        found = decision(
            wei(a_debt(due_date=TWO_DAYS_AGO), ledger_as_of=self.STALE), self.overdue()
        )

        assert found.verdict == Defer(NOW + timedelta(hours=1), "ledger_stale")
        assert found.figures == {"ledger_as_of": self.STALE.isoformat(), "hours_max": 36}

    def test_expires_what_is_untrue_in_an_hour(self) -> None:
        last = self.overdue(expires_at=NOW + timedelta(hours=1))

        found = verdict(wei(a_debt(due_date=TWO_DAYS_AGO), ledger_as_of=self.STALE), last)

        assert found == Expire("ledger_stale")

    def test_holds_for_what_a_person_asks_for(self) -> None:
        asked = self.overdue(audience=None)

        found = verdict(wei(a_debt(due_date=TWO_DAYS_AGO), ledger_as_of=self.STALE), asked)

        assert found == Defer(NOW + timedelta(hours=1), "ledger_stale")

    def test_is_not_asked_before_or_on_the_due_date(self) -> None:
        found = decision(wei(ledger_as_of=self.STALE), a_candidate())

        assert found.verdict == Send(Channel.SMS)
        assert found.trace[8].figures == {"stage": "before"}

    def test_that_was_never_fed_is_not_old(self) -> None:
        found = decision(wei(a_debt(due_date=TWO_DAYS_AGO)), self.overdue())

        assert found.verdict == Send(Channel.SMS)
        assert found.trace[8].figures == {"ledger_as_of": None, "hours_max": 36}

    def test_is_not_asked_where_the_operator_wants_it_so(self) -> None:
        borrower = wei(a_debt(due_date=TWO_DAYS_AGO), ledger_as_of=self.STALE)
        off = replace(LIMITS, ledger_max_age_hours=0)

        plan = decide(borrower, candidates=[self.overdue()], rules=off, now=NOW)

        assert plan.decisions[0].verdict == Send(Channel.SMS)


class TestRestDays:
    """NOW is a Monday; here it is a holiday."""

    RESTING = replace(
        LIMITS,
        rest_days=RestDays.HOLIDAYS,
        calendar=Calendar("CN", {TODAY: "感恩节"}, years=frozenset({2026})),
    )
    TOMORROW = datetime(2026, 11, 24, 0, tzinfo=UTC)

    def decided(self, candidate: Candidate) -> Decision:
        borrower = wei(a_debt(due_date=candidate.due_date))
        return decide(borrower, candidates=[candidate], rules=self.RESTING, now=NOW).decisions[0]

    @pytest.mark.parametrize("purpose", [Purpose.COLLECTION, Purpose.SERVICE])
    def test_put_off_what_is_overdue(self, purpose: Purpose) -> None:
        """Also one that calls itself a service notice."""
        found = self.decided(a_candidate(2, purpose=purpose))

        assert found.verdict == Defer(self.TOMORROW, "rest_day")
        assert found.figures == {
            "purpose": purpose.value,
            "rest_days": "holidays",
            "day": "2026-11-23",
            "calendar_knows": True,
            "holiday": "感恩节",
            "until": self.TOMORROW.isoformat(),
        }

    @pytest.mark.parametrize("purpose", [Purpose.OFFER, Purpose.EDUCATION])
    def test_put_off_offers_and_education(self, purpose: Purpose) -> None:
        candidate = a_candidate(-3, purpose=purpose)
        willing = wei(allowed=frozenset({(Channel.SMS, purpose)}))

        plan = decide(willing, candidates=[candidate], rules=self.RESTING, now=NOW)

        assert plan.decisions[0].verdict == Defer(self.TOMORROW, "rest_day")

    def test_leave_service_notices_alone(self) -> None:
        assert self.decided(a_candidate(-3)).verdict == Send(Channel.SMS)

    def test_leave_credit_bureau_notices_alone(self) -> None:
        notice = a_candidate(5, purpose=Purpose.CREDIT_BUREAU)

        assert self.decided(notice).verdict == Send(Channel.SMS)

    def test_expire_what_is_untrue_by_then(self) -> None:
        last = a_candidate(2, expires_at=self.TOMORROW)

        assert self.decided(last).verdict == Expire("rest_day")

    def test_are_told_apart_from_days_of_an_unknown_year(self) -> None:
        found = decision(wei(a_debt(due_date=TWO_DAYS_AGO)), a_candidate(2))

        assert found.verdict == Send(Channel.SMS)
        assert found.trace[9].figures["calendar_knows"] is False


class TestSeveralZones:
    def test_defer_to_an_hour_that_all_permit(self) -> None:
        both = wei(other_zones=(ZoneInfo("Asia/Tokyo"),))
        evening = NOW.replace(hour=12)  # 20:00 in Shanghai, 21:00 in Tokyo

        found = verdict(both, a_candidate(), now=evening)

        assert found == Defer(datetime(2026, 11, 24, 0, tzinfo=UTC), "hours")

    def test_without_a_common_hour_are_asked_daily_until_it_expires(self) -> None:
        torn = wei(other_zones=(ZoneInfo("America/New_York"),))
        narrow = replace(LIMITS, latest=time(19))
        candidate = a_candidate()
        at = NOW
        seen: list[Verdict] = []
        while len(seen) < 5:
            found = decide(torn, candidates=[candidate], rules=narrow, now=at).decisions[0].verdict
            seen.append(found)
            if not isinstance(found, Defer):
                break
            at = found.until

        assert seen == [
            Defer(NOW + timedelta(days=1), "no_common_hours"),
            Expire("no_common_hours"),
        ]
