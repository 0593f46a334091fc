"""Finding a borrower by whatever an agent has at hand."""

import unicodedata
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
_BETWEEN_SYLLABLES = " '’-"


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
    its last four digits, an e-mail address, or a Chinese name in pinyin: in full, begun, or as its
    initials.

    Those whose number or name was given in full come first, in pinyin second. A fixed
    number of queries, whatever is found.
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
        pinyin = _typed(text)
        parts: list[QuerySet[Any, tuple[int]]] = [_customers_by_name(text).values_list("pk")]
        if text.isascii() and len(text) > _SHORT:
            parts += [
                Customer.objects.filter(_has_part("customer_no", text)).values_list("pk"),
                Loan.objects.filter(_has_part("loan_no", text)).values_list("customer"),
            ]
        if pinyin:
            parts.append(_customers_by_pinyin(text, pinyin=pinyin).values_list("pk"))
        with _by_index_alone():
            ids = _each_once(
                exact,
                _ids(_with_pinyin(f" {pinyin} ").values_list("pk"), limit=limit) if pinyin else [],
                _ids(*parts, limit=limit),
            )
    return _found(ids[:limit])


def _each_once(*lists: list[int]) -> list[int]:
    return list(dict.fromkeys(pk for ids in lists for pk in ids))


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


def _typed(text: str) -> str:
    """`text` as pinyin is stored: small letters alone, without tones, apostrophes, hyphens and
    spaces, ü as v; empty where it cannot be pinyin."""
    decomposed = unicodedata.normalize("NFD", text.lower()).replace("u\u0308", "v")
    letters = "".join(
        sign
        for sign in decomposed
        if sign not in _BETWEEN_SYLLABLES and unicodedata.category(sign) != "Mn"
    )
    return letters if letters.isascii() and letters.isalpha() else ""


def _with_pinyin(part: str) -> QuerySet[Customer]:
    """Borrowers in whose name in pinyin `part` occurs. That it is not empty says no more, but that
    an index over Chinese names alone will do."""
    return Customer.objects.exclude(name_pinyin="").filter(name_pinyin__contains=part)


def _customers_by_pinyin(text: str, *, pinyin: str) -> QuerySet[Customer]:
    """Borrowers in whose name in pinyin `pinyin` occurs, at its beginning where it is short; or,
    typed as several words that are no mere initials, all of them in any order: `wei wang`."""
    wanted = Q(name_pinyin__contains=pinyin if len(pinyin) > _SHORT else f" {pinyin}")
    words = [_typed(word) for word in text.split()]
    if len(words) > 1 and all(len(word) > _SHORT for word in words):
        in_any_order = Q()
        for word in words:
            in_any_order &= Q(name_pinyin__contains=word)
        wanted |= in_any_order
    return Customer.objects.exclude(name_pinyin="").filter(wanted)


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
