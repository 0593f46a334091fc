"""What is owed is parted into monthly terms."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.core.plans import MonthlyTerm, counts_for, monthly_terms

FIRST = date(2026, 11, 30)


class TestMonthlyTerms:
    def test_are_equal_where_the_amount_allows_it(self) -> None:
        assert monthly_terms(Decimal("1200.00"), count=2, first=FIRST) == (
            MonthlyTerm(date(2026, 11, 30), Decimal("600.00")),
            MonthlyTerm(date(2026, 12, 30), Decimal("600.00")),
        )

    def test_give_the_odd_cents_to_the_first_ones(self) -> None:
        amounts = [t.amount for t in monthly_terms(Decimal("100.01"), count=3, first=FIRST)]

        assert amounts == [Decimal("33.34"), Decimal("33.34"), Decimal("33.33")]

    @pytest.mark.parametrize("cents", [7, 100, 123_457, 99_999_999])
    @pytest.mark.parametrize("count", range(1, 8))
    def test_add_up_and_differ_by_a_cent_at_most(self, cents: int, count: int) -> None:
        total = Decimal(cents) / 100
        amounts = [term.amount for term in monthly_terms(total, count=count, first=FIRST)]

        assert sum(amounts) == total
        assert max(amounts) - min(amounts) <= Decimal("0.01")
        assert len(amounts) == count

    def test_fall_on_the_last_day_of_a_shorter_month_and_return_to_their_own(self) -> None:
        terms = monthly_terms(Decimal(400), count=4, first=date(2027, 12, 31))

        assert [term.due_date for term in terms] == [
            date(2027, 12, 31),
            date(2028, 1, 31),
            date(2028, 2, 29),  # a leap year
            date(2028, 3, 31),
        ]

    @pytest.mark.parametrize(
        ("total", "count"), [("100.00", 0), ("0.02", 3), ("-5.00", 2), ("10.005", 2)]
    )
    def test_refuse_what_cannot_be_parted(self, total: str, count: int) -> None:
        refusal = f"^{total} cannot be parted into {count} terms of whole cents$"
        with pytest.raises(ValueError, match=refusal):
            monthly_terms(Decimal(total), count=count, first=FIRST)


class TestCountsFor:
    def test_go_from_two_to_the_most(self) -> None:
        assert list(counts_for(Decimal("100.00"), most=4)) == [2, 3, 4]

    def test_are_none_where_one_is_the_most(self) -> None:
        assert list(counts_for(Decimal("100.00"), most=1)) == []

    def test_never_come_to_less_than_a_cent_each(self) -> None:
        assert list(counts_for(Decimal("0.03"), most=6)) == [2, 3]
