"""Days, buckets, penalty, and the rule of allocation."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.instalments import (
    Due,
    Paid,
    Share,
    allocate,
    bucket,
    days_past_due,
    penalty_interest,
)

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def due(key: str, *, on: date, amount: str, seq: int = 1) -> Due:
    return Due(key, on, seq, Decimal(amount))


def paid(number: str, *, amount: str, days: int = 0) -> Paid:
    return Paid(number, DAY + timedelta(days=days), Decimal(amount))


class TestDaysPastDue:
    @pytest.mark.parametrize(
        ("today", "days"),
        [
            (date(2028, 2, 28), -1),
            (date(2028, 2, 29), 0),
            (date(2028, 3, 1), 1),  # the day after the 29th of a leap year
            (date(2029, 2, 28), 365),
        ],
    )
    def test_counts_calendar_days(self, today: date, days: int) -> None:
        assert days_past_due(due_date=date(2028, 2, 29), today=today) == days


class TestBucket:
    @pytest.mark.parametrize(
        ("dpd", "name"),
        [
            (-3, "current"),
            (0, "current"),
            (1, "M0"),
            (30, "M0"),
            (31, "M1"),
            (60, "M1"),
            (61, "M2"),
            (90, "M2"),
            (91, "M3"),
            (120, "M3"),
            (121, "M4"),
            (150, "M4"),
            (151, "M5"),
            (180, "M5"),
            (181, "M6+"),
            (4000, "M6+"),
        ],
    )
    def test_names_the_range(self, dpd: int, name: str) -> None:
        assert bucket(dpd) == name

    def test_takes_other_edges(self) -> None:
        assert [bucket(dpd, edges=(7, 14)) for dpd in (7, 8, 15)] == ["M0", "M1", "M2+"]


class TestPenaltyInterest:
    def penalty(self, *, today: date, grace_days: int = 0, outstanding: str = "1000") -> str:
        amount = penalty_interest(
            outstanding=Decimal(outstanding),
            daily_rate=Decimal("0.0005"),
            due_date=date(2026, 11, 1),
            grace_days=grace_days,
            today=today,
        )
        return str(amount)

    def test_is_nothing_on_the_due_date(self) -> None:
        assert self.penalty(today=date(2026, 11, 1)) == "0.00"

    def test_starts_the_day_after(self) -> None:
        assert self.penalty(today=date(2026, 11, 2)) == "0.50"

    def test_is_nothing_within_the_days_of_grace(self) -> None:
        assert self.penalty(today=date(2026, 11, 4), grace_days=3) == "0.00"

    def test_counts_the_days_of_grace_once_they_have_passed(self) -> None:
        assert self.penalty(today=date(2026, 11, 5), grace_days=3) == "2.00"

    def test_rounds_half_a_cent_up(self) -> None:
        # 123.50 x 0.0005 x 2 = 0.1235, 125.00 x 0.0005 x 2 = 0.125
        assert self.penalty(today=date(2026, 11, 3), outstanding="123.50") == "0.12"
        assert self.penalty(today=date(2026, 11, 3), outstanding="125.00") == "0.13"


class TestAllocate:
    def test_pays_the_oldest_due_date_first_and_the_lower_number_on_one_day(self) -> None:
        result = allocate(
            instalments=[
                due("newest", on=date(2026, 3, 1), amount="10", seq=1),
                due("second", on=date(2026, 2, 1), amount="10", seq=3),
                due("first", on=date(2026, 2, 1), amount="10", seq=2),
            ],
            payments=[paid("P1", amount="15")],
        )

        assert result.shares == [
            Share("P1", "first", Decimal(10)),
            Share("P1", "second", Decimal(5)),
        ]
        assert result.settled_at == {"first": DAY}
        assert result.credit == 0

    def test_takes_payments_in_the_order_in_which_they_came(self) -> None:
        result = allocate(
            instalments=[due("one", on=date(2026, 2, 1), amount="10")],
            payments=[paid("P9", amount="4", days=1), paid("P2", amount="6", days=2)],
        )

        assert [share.payment_no for share in result.shares] == ["P9", "P2"]
        assert result.settled_at["one"] == DAY + timedelta(days=2)

    def test_orders_payments_of_one_instant_by_number(self) -> None:
        result = allocate(
            instalments=[due("one", on=date(2026, 2, 1), amount="10")],
            payments=[paid("P2", amount="10"), paid("P10", amount="10")],
        )

        assert [share.payment_no for share in result.shares] == ["P10"]
        assert result.credit == 10

    def test_keeps_the_rest_as_credit(self) -> None:
        result = allocate(instalments=[], payments=[paid("P1", amount="7.50")])

        assert (result.shares, result.credit) == ([], Decimal("7.50"))

    @given(
        dues=st.lists(st.integers(1, 500), max_size=8),
        sums=st.lists(st.integers(1, 800), max_size=8),
    )
    def test_loses_and_invents_no_money(self, dues: list[int], sums: list[int]) -> None:
        result = allocate(
            instalments=[
                due(str(n), on=date(2026, 1, 1), amount=str(amount), seq=n)
                for n, amount in enumerate(dues)
            ],
            payments=[paid(f"P{n}", amount=str(amount)) for n, amount in enumerate(sums)],
        )

        shared = sum(share.amount for share in result.shares)
        assert shared + result.credit == sum(sums)
        assert sum(result.paid.values()) == shared == min(sum(dues), sum(sums))
        assert (result.credit > 0) <= (shared == sum(dues))
        assert all(result.paid[key] == Decimal(dues[int(str(key))]) for key in result.settled_at)
