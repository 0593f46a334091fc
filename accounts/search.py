"""Finding a borrower by whatever an agent has at hand."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Right

from accounts import addresses
from accounts.characters import OtherCharacters
from accounts.core.vocabulary import Channel
from accounts.models import ContactPoint, Customer, Loan

_LAST_DIGITS = 4
_SHORT = 2


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A borrower in a list of search results."""

    id: int
    customer_no: str
    name: str
    phone_masked: str
    tier: str
    loan_nos: tuple[str, ...]
    is_demonstration: bool


def find_customers(text: str, *, limit: int = 20) -> list[FoundCustomer]:
    """Borrowers whom `text` may mean: words or parts of words of a name in any order, a number of a
    customer or of a loan or a part of one, a phone number in any notation (also one used before),
    its last four digits, or an e-mail address.

    Those whose number or name was given in full come first. A fixed number of queries, whatever is
    found.
    """
    text = " ".join(text.split())
    if not text or "\0" in text:
        return []
    # Unions, since one condition with "or" over three tables would read every customer.
    exact = _ids(
        Customer.objects.filter(customer_no=text).values_list("pk"),
        Customer.objects.filter(name=text).values_list("pk"),
        Loan.objects.filter(loan_no=text).values_list("customer"),
        _customers_by_address(text).values_list("customer"),
        limit=limit,
    )
    ids = exact
    if len(exact) < limit:
        parts: list[QuerySet[Any, tuple[int]]] = [_customers_by_name(text).values_list("pk")]
        if text.isascii() and len(text) > _SHORT:
            parts += [
                Customer.objects.filter(_has_part("customer_no", text)).values_list("pk"),
                Loan.objects.filter(_has_part("loan_no", text)).values_list("customer"),
            ]
        known = set(exact)
        with _by_index_alone():
            ids = exact + [pk for pk in _ids(*parts, limit=limit) if pk not in known]
    return _found(ids[:limit])


@contextmanager
def _by_index_alone() -> Iterator[None]:
    """Where the planner takes a part for common, it would read the table until it has seen enough;
    where it was mistaken, that is all of it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


def _ids(*parts: QuerySet[Any, tuple[int]], limit: int) -> list[int]:
    """Up to `limit` ids of each part, in order and each once."""
    first, *others = (part[:limit] for part in parts)
    return sorted({pk for (pk,) in (first.union(*others) if others else first)})


def _customers_by_name(text: str) -> QuerySet[Any]:
    """Borrowers in whose names all words of `text` occur. See Note [Characters and trigrams]."""
    rows = Customer.objects.alias(others=OtherCharacters("name"))
    wanted = Q()
    for word in text.split():
        others = sorted({character for character in word.lower() if not character.isascii()})
        if others:
            wanted &= Q(others__contains=others, name__icontains=word)
        else:
            wanted &= _has_part("name", word)
    return rows.filter(wanted)


def _has_part(field: str, part: str) -> Q:
    """That `part`, in ASCII, occurs in `field`; a short one only at the beginning of a word, for
    trigrams find three letters or the edge of a word."""
    if len(part) > _SHORT:
        return Q(**{f"{field}__icontains": part})
    return Q(**{f"{field}__istartswith": part}) | Q(**{f"{field}__icontains": f" {part}"})


def _customers_by_address(text: str) -> QuerySet[ContactPoint]:
    hashes = addresses.possible_hashes(text, region=settings.DEFAULT_REGION)
    wanted = Q(address_hash__in=hashes)
    points = ContactPoint.objects.all()
    if len(text) == _LAST_DIGITS and text.isascii() and text.isdigit():
        points = points.alias(last=Right("address_masked", _LAST_DIGITS))
        wanted |= Q(last=text, channel=Channel.SMS.value)
    return points.filter(wanted)


def _found(ids: list[int]) -> list[FoundCustomer]:
    phone = ContactPoint.objects.filter(
        customer=OuterRef("pk"), channel=Channel.SMS.value, is_current=True
    ).values("address_masked")
    customers = (
        Customer.objects.filter(pk__in=ids)
        .annotate(phone=Subquery(phone[:1]), tier=F("risk__tier"))
        .in_bulk()
    )
    loan_nos: dict[int, list[str]] = defaultdict(list)
    for loan in Loan.objects.filter(customer__in=ids).order_by("opened_on", "loan_no"):
        loan_nos[loan.customer_id].append(loan.loan_no)
    return [
        FoundCustomer(
            id=customer.pk,
            customer_no=customer.customer_no,
            name=customer.name,
            phone_masked=customer.phone or "",
            tier=customer.tier or "",
            loan_nos=tuple(loan_nos[customer.pk]),
            is_demonstration=customer.is_demonstration,
        )
        for customer in (customers[pk] for pk in ids)
    ]
