"""Cents."""

from decimal import Decimal

import pytest

from accounts.core.money import plain, to_cents


class TestToCents:
    @pytest.mark.parametrize(
        ("amount", "cents"),
        [
            ("0.005", "0.01"),
            ("0.0049", "0.00"),
            ("2.675", "2.68"),  # a float would say 2.67
            ("-0.005", "-0.01"),
            ("10", "10.00"),
        ],
    )
    def test_rounds_half_a_cent_away_from_zero(self, amount: str, cents: str) -> None:
        assert str(to_cents(Decimal(amount))) == cents


class TestPlain:
    def test_separates_thousands(self) -> None:
        assert plain(Decimal("1234567.5")) == "1,234,567.50"
