"""The scorecard: which tier, and why."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.core.scorecard import (
    Assessment,
    Figures,
    PastInstalment,
    Reason,
    Rules,
    assess,
    figures,
    late_days,
)
from accounts.core.vocabulary import RiskTier

TODAY = date(2026, 11, 23)
RULES = Rules()


def past(
    *, months_ago: int, days_late: int | None, grace_days: int = 0, paid: str | None = None
) -> PastInstalment:
    """An instalment of 100, settled `days_late` after its due date; None is open."""
    due_date = TODAY - timedelta(days=30 * months_ago)
    settled_on = None if days_late is None else due_date + timedelta(days=days_late)
    return PastInstalment(
        due_date=due_date,
        grace_days=grace_days,
        amount_due=Decimal(100),
        paid=Decimal(paid if paid is not None else "0" if settled_on is None else "100"),
        settled_on=settled_on,
        order=-months_ago,
    )


def judge(*lateness: int) -> Assessment:
    """Lateness of the instalments, newest first."""
    found = figures(
        [past(months_ago=n, days_late=days) for n, days in enumerate(lateness, start=1)],
        today=TODAY,
        window=6,
    )
    return assess(found, rules=RULES)


class TestLateDays:
    def test_is_nothing_when_settled_on_the_due_date_or_before(self) -> None:
        assert late_days(past(months_ago=1, days_late=-4), today=TODAY) == 0
        assert late_days(past(months_ago=1, days_late=0), today=TODAY) == 0

    def test_is_nothing_within_the_days_of_grace_and_counts_them_beyond(self) -> None:
        assert late_days(past(months_ago=1, days_late=3, grace_days=3), today=TODAY) == 0
        assert late_days(past(months_ago=1, days_late=4, grace_days=3), today=TODAY) == 4

    def test_runs_until_today_for_an_open_one(self) -> None:
        assert late_days(past(months_ago=1, days_late=None), today=TODAY) == 30


class TestFigures:
    def test_leaves_out_what_is_not_due_or_still_in_grace(self) -> None:
        found = figures(
            [
                past(months_ago=0, days_late=None),  # due today
                past(months_ago=-1, days_late=None),
                past(months_ago=1, days_late=None, grace_days=30),  # its last day of grace
            ],
            today=TODAY,
            window=6,
        )

        assert found.counted == 0

    def test_looks_at_the_newest_only(self) -> None:
        found = figures(
            [past(months_ago=n, days_late=n) for n in range(1, 9)], today=TODAY, window=6
        )

        assert (found.counted, found.longest_late_days, found.late_count) == (6, 6, 6)

    def test_is_nothing_for_nobody(self) -> None:
        found = figures([], today=TODAY, window=6)

        assert found == Figures(0, 0, 0, 0, 0, Decimal(0), Decimal(0))

    def test_adds_what_was_due_and_what_was_paid(self) -> None:
        found = figures(
            [past(months_ago=1, days_late=None, paid="50"), past(months_ago=2, days_late=0)],
            today=TODAY,
            window=6,
        )

        assert (found.amount_due, found.amount_paid) == (Decimal(200), Decimal(150))

    def test_compares_halves_and_leaves_the_middle_out(self) -> None:
        found = figures(
            [past(months_ago=n, days_late=days) for n, days in enumerate((9, 8, 100, 2, 1), 1)],
            today=TODAY,
            window=6,
        )

        assert (found.newer_late_days, found.older_late_days) == (17, 3)

    def test_prefers_the_later_row_of_equal_due_dates(self) -> None:
        first = past(months_ago=1, days_late=5)
        second = PastInstalment(first.due_date, 0, Decimal(100), Decimal(100), first.due_date, 9)

        assert figures([first, second], today=TODAY, window=1).late_count == 0


class TestAssess:
    def test_is_low_for_the_punctual(self) -> None:
        assert judge(0, -3, 0, -1, 0, 0) == Assessment(
            RiskTier.LOW, (Reason("punctual", RiskTier.LOW, 6, 0),)
        )

    def test_is_medium_for_the_unknown(self) -> None:
        assert judge() == Assessment(
            RiskTier.MEDIUM, (Reason("no_history", RiskTier.MEDIUM, 0, 1),)
        )

    def test_is_medium_for_who_was_late_once(self) -> None:
        assert judge(0, 0, 2, 0, 0, 0) == Assessment(
            RiskTier.MEDIUM, (Reason("late_count", RiskTier.MEDIUM, 1, 1),)
        )

    def test_is_high_for_who_was_late_often(self) -> None:
        result = judge(1, 1, 1, 0, 0, 0)

        assert result.tier is RiskTier.HIGH
        assert result.reasons == (Reason("late_count", RiskTier.HIGH, 3, 3),)

    def test_is_high_for_who_was_late_for_long(self) -> None:
        result = judge(0, 0, 0, 0, 0, 15)

        assert result.tier is RiskTier.HIGH
        assert Reason("longest_late_days", RiskTier.HIGH, 15, 15) in result.reasons

    @pytest.mark.parametrize(("days_late", "is_named"), [(2, False), (3, True), (14, True)])
    def test_names_a_lateness_of_three_days_or_more(self, days_late: int, is_named: bool) -> None:
        named = Reason("longest_late_days", RiskTier.MEDIUM, days_late, 3)

        assert (named in judge(days_late, 0, 0, 0, 0, 0).reasons) is is_named

    def test_looks_at_half_a_year_of_monthly_instalments(self) -> None:
        assert RULES.window_instalments == 6

    def test_names_the_trend_of_who_pays_later_and_later(self) -> None:
        result = judge(14, 8, 0, 0)

        assert Reason("trend", RiskTier.HIGH, Decimal("11.0"), 7) in result.reasons

    @pytest.mark.parametrize(("days_late", "is_trend"), [(7, True), (6, False)])
    def test_sees_a_trend_of_seven_days_more(self, days_late: int, is_trend: bool) -> None:
        result = judge(days_late, days_late, 0, 0)

        assert (Reason("trend", RiskTier.HIGH, Decimal("7.0"), 7) in result.reasons) is is_trend

    def test_sees_no_trend_in_less_than_four(self) -> None:
        assert all(reason.code != "trend" for reason in judge(14, 0, 0).reasons)

    def test_sees_no_trend_in_who_gets_better(self) -> None:
        assert all(reason.code != "trend" for reason in judge(0, 0, 14, 14).reasons)

    @pytest.mark.parametrize(
        ("amount_paid", "level", "value"),
        [
            ("998.99", RiskTier.MEDIUM, "0.998"),
            ("700.00", RiskTier.MEDIUM, "0.700"),
            ("699.99", RiskTier.HIGH, "0.699"),
            ("0", RiskTier.HIGH, "0.000"),
        ],
    )
    def test_names_the_share_paid_rounded_down(
        self, amount_paid: str, level: RiskTier, value: str
    ) -> None:
        found = Figures(1, 0, 0, 0, 0, Decimal(1000), Decimal(amount_paid))

        (reason,) = assess(found, rules=RULES).reasons

        assert (reason.code, reason.level, reason.value) == ("share_paid", level, Decimal(value))

    def test_is_content_with_a_share_at_the_threshold(self) -> None:
        found = Figures(1, 0, 0, 0, 0, Decimal(1000), Decimal(999))

        assert assess(found, rules=RULES).tier is RiskTier.LOW
