"""Arithmetic of what is due: days, buckets, penalty, and which payment paid what."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from accounts.core.money import ZERO, to_cents

CURRENT = "current"
"""The bucket of what is not overdue."""

BUCKET_EDGES = (30, 60, 90, 120, 150, 180)
"""Last day past due of M0, M1, …; what is beyond the last edge is `M6+`."""


def days_past_due(*, due_date: date, today: date) -> int:
    """Days since `due_date`: 0 on it, negative before. Both are dates where the borrower lives."""
    return (today - due_date).days


def bucket(dpd: int, *, edges: Sequence[int] = BUCKET_EDGES) -> str:
    """Name of the range that `dpd` days past due fall into: `current`, `M0`, `M1`, … `M6+`.

    M0 is 1 to 30 days by default. `edges` are the last days of the ranges, rising.
    """
    if dpd <= 0:
        return CURRENT
    for index, edge in enumerate(edges):
        if dpd <= edge:
            return f"M{index}"
    return f"M{len(edges)}+"


def penalty_interest(
    *,
    outstanding: Decimal,
    daily_rate: Decimal,
    due_date: date,
    grace_days: int,
    today: date,
) -> Decimal:
    """Penalty interest run up by `today` on an overdue amount, in cents, half a cent up.

    As Chinese consumer lenders commonly contract it: who pays within the days of grace counts as
    punctual and owes none; who does not owes it from the day after the due date, the days of
    grace included. Simple interest on what is outstanding now: an earlier part payment is not
    charged for the days before it, so the lender's own ledger may say more, never less.
    """
    overdue_days = days_past_due(due_date=due_date, today=today)
    if overdue_days <= grace_days:
        return ZERO
    return to_cents(outstanding * daily_rate * overdue_days)


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment as allocation sees it. `key` comes back in the result."""

    key: Hashable
    due_date: date
    seq: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as allocation sees it, known by its number."""

    payment_no: str
    paid_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a payment went to an instalment."""

    payment_no: str
    key: Hashable
    amount: Decimal


@dataclass(slots=True)
class Allocation:
    """What the payments of a loan paid.

    `paid` has an entry for every instalment, `settled_at` for those paid in full (the time of
    the payment that completed them), `credit` is what is over.
    """

    shares: list[Share] = field(default_factory=list)
    paid: dict[Hashable, Decimal] = field(default_factory=dict)
    settled_at: dict[Hashable, datetime] = field(default_factory=dict)
    credit: Decimal = ZERO


def allocate(*, instalments: Iterable[Due], payments: Iterable[Paid]) -> Allocation:
    """Lay the payments, in the order in which they came, on the oldest instalment first.

    This is the rule in its readable form; `accounts/sql/allocate_payments.sql` applies the same
    rule to many loans at once, and a property test holds the two equal.
    """
    waiting = sorted(instalments, key=lambda due: (due.due_date, due.seq))
    result = Allocation(paid={due.key: ZERO for due in waiting})
    index = 0
    for payment in sorted(payments, key=lambda paid: (paid.paid_at, paid.payment_no)):
        left = payment.amount
        while left > 0 and index < len(waiting):
            due = waiting[index]
            share = min(left, due.amount - result.paid[due.key])
            result.shares.append(Share(payment.payment_no, due.key, share))
            result.paid[due.key] += share
            left -= share
            if result.paid[due.key] == due.amount:
                result.settled_at[due.key] = payment.paid_at
                index += 1
        result.credit += left
    return result
