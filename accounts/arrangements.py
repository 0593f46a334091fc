"""The arrangements behind holds, and what has come in towards them.

Note [Paid since it was given]
Money counts towards an arrangement from the instant at which it was given: `placed_at`, or
`from_at` where that is earlier (a promise of yesterday that is entered today). Where it begins
later, what the borrower pays before it begins was paid because of it and counts. It is the time
of the payment that matters and not of its booking, so that a late feed breaks no promise. Loans
in several currencies are added as they are: arrange them loan by loan.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from accounts.core.arrangements import Term
from accounts.core.vocabulary import HoldKind
from accounts.models import Hold, HoldTerm
from accounts.sql import statement


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The terms of a hold, soonest first, and what has come in towards them so far."""

    terms: tuple[Term, ...]
    paid: Decimal


def arrangements_of(holds: Iterable[Hold]) -> dict[int, Arrangement]:
    """The arrangement of each of these holds that is one, by id; two statements at most."""
    terms = _terms({hold.pk: hold for hold in holds})
    if not terms:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(statement("paid_towards_holds"), {"hold_ids": list(terms)})
        paid: dict[int, Decimal] = dict(cursor.fetchall())
    return {pk: Arrangement(tuple(own), paid.get(pk, Decimal(0))) for pk, own in terms.items()}


def _terms(holds: dict[int, Hold]) -> dict[int, list[Term]]:
    found: dict[int, list[Term]] = defaultdict(list)
    plans = [pk for pk, hold in holds.items() if hold.kind == HoldKind.PLAN.value]
    if plans:
        for row in HoldTerm.objects.filter(hold__in=plans).order_by("due_at"):
            found[row.hold_id].append(Term(row.due_at, row.amount))
    for pk, hold in holds.items():
        if hold.kind == HoldKind.PROMISE_TO_PAY.value and hold.amount and hold.until_at:
            found[pk].append(Term(hold.until_at, hold.amount))
    return found
