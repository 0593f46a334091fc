"""Promises to pay and plans: whether the payments keep them.

An arrangement is a list of terms: how much is to have come in by when, one after the other. It is
judged by the sum of the money alone, so a payment that was booked late, or came late and all
the same, mends what looked broken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Term:
    """`amount` more than by the terms before it is to have come in by `due_at`."""

    due_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Running:
    """Nothing is late. `missing` is what the next term that is not covered still lacks."""

    next_due_at: datetime
    missing: Decimal


@dataclass(frozen=True, slots=True)
class Kept:
    """All that was arranged has come in."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A term was not covered when it was due; `missing` is what it still lacks."""

    since: datetime
    missing: Decimal


Standing = Running | Kept | Broken


def standing(terms: Sequence[Term], *, paid: Decimal, now: datetime) -> Standing:
    """How an arrangement of at least one term stands at `now`; `paid` has come in towards it.

    A term is due at its instant: money has to be there by then, and from then on it is late.
    """
    wanted = Decimal(0)
    for term in in_order(terms):
        wanted += term.amount
        if paid < wanted:
            missing = wanted - paid
            if term.due_at <= now:
                return Broken(term.due_at, missing)
            return Running(term.due_at, missing)
    return Kept()


def in_order(terms: Sequence[Term]) -> list[Term]:
    """The terms by their instants."""
    return sorted(terms, key=lambda term: term.due_at)


def problem_of(terms: Sequence[Term], *, now: datetime) -> str:
    """What is wrong with the terms of a plan that is made now, or blank."""
    before = now
    for number, term in enumerate(terms, start=1):
        if term.amount <= 0 or term.amount != term.amount.quantize(Decimal("0.01")):
            return (
                f"term {number}: amount {term.amount} must be more than nothing and in whole cents"
            )
        if term.due_at <= now:
            return f"term {number}: {term.due_at.isoformat()} is over already"
        if term.due_at <= before:
            return f"term {number}: {term.due_at.isoformat()} is not after the term before it"
        before = term.due_at
    return ""
