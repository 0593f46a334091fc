"""Amounts: decimals with two places, never floats."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def to_cents(amount: Decimal) -> Decimal:
    """`amount` with two places, half a cent rounded up (away from zero)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """`amount` for a text: two places, commas between thousands, no currency: `1,234.50`."""
    return f"{to_cents(amount):,.2f}"
