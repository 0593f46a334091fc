"""Writes on accounts, each in one short transaction. Callers pass `now`.

Everything that changes an amount ends in `allocate`, so that Note [Paid amounts are derived]
holds at every commit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q

from accounts import addresses
from accounts.arrangements import arrangements_of
from accounts.core.arrangements import Running, Term, problem_of, standing
from accounts.core.vocabulary import Channel, HoldKind, Purpose
from accounts.models import (
    AddressChange,
    ConsentEvent,
    ContactPoint,
    Customer,
    Hold,
    HoldTerm,
    Loan,
    Payment,
    Staff,
)
from accounts.sql import statement

_CLOCKS_MAY_DIFFER = timedelta(days=1)


class OperationRefused(ValueError):
    """What was asked for cannot be; the text says what is wrong and what to do."""


class NotKnown(OperationRefused):
    """There is no such customer, loan, hold or address."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """How many rows an allocation changed."""

    instalments_changed: int = 0
    loans_credited: int = 0
    allocations_changed: int = 0

    def __add__(self, other: "Allocated") -> "Allocated":
        return Allocated(
            self.instalments_changed + other.instalments_changed,
            self.loans_credited + other.loans_credited,
            self.allocations_changed + other.allocations_changed,
        )


def allocate(*, loan_ids: Collection[int]) -> Allocated:
    """Recompute what each payment of these loans paid. Needs a transaction.

    The loans are locked in order of id, so that two payments for one loan wait for each other
    and two runs over many loans cannot deadlock. The lock leaves foreign-key checks alone.
    """
    if not loan_ids:
        return Allocated()
    ids = sorted(loan_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_loan WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids]
        )
        cursor.execute(
            statement("allocate_payments"),
            {"loan_ids": ids, "first_id": ids[0], "last_id": ids[-1]},
        )
        return Allocated(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payment, and whether this call was the one that recorded it."""

    payment: Payment
    is_new: bool


@transaction.atomic
def record_payment(
    *, payment_no: str, loan_no: str, amount: Decimal, paid_at: datetime, now: datetime
) -> Recorded:
    """Record a payment and allocate it: oldest instalment first, the rest kept as credit.

    Repeating a call changes nothing. Raises NotKnown for an unknown loan, OperationRefused for
    an amount that is not positive, a time in the future, or a number that stands for another
    payment.
    """
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise OperationRefused(
            f"payment {payment_no}: amount {amount} must be more than nothing and in whole cents"
        )
    if paid_at > now + _CLOCKS_MAY_DIFFER:
        raise OperationRefused(
            f"payment {payment_no}: {paid_at.isoformat()} lies in the future; "
            "record a payment when it has come in, and a promise as a hold"
        )
    loan = Loan.objects.select_for_update(no_key=True).filter(loan_no=loan_no).first()
    if loan is None:
        raise NotKnown(f"payment {payment_no}: there is no loan {loan_no}; import the loan first")
    payment, is_new = Payment.objects.get_or_create(
        payment_no=payment_no,
        defaults={"loan": loan, "amount": amount, "paid_at": paid_at, "recorded_at": now},
    )
    if (payment.loan_id, payment.amount, payment.paid_at) != (loan.pk, amount, paid_at):
        raise OperationRefused(
            f"payment {payment_no} is recorded already with another loan, amount or time; "
            "correct it by an import or use a new number"
        )
    if is_new:
        allocate(loan_ids=[loan.pk])
    return Recorded(payment, is_new)


@transaction.atomic
def place_hold(
    *,
    customer_id: int,
    kind: HoldKind | str,
    now: datetime,
    until_at: datetime | None = None,
    from_at: datetime | None = None,
    loan_id: int | None = None,
    reason: str = "",
    amount: Decimal | None = None,
    terms: Sequence[Term] = (),
    placed_by: Staff | None = None,
) -> Hold:
    """Leave a borrower, or one loan, in peace from `from_at` (default: now) until `until_at`.

    A plan may have `terms`; it ends with the last of them. What is arranged with terms, or promised
    with an `amount`, holds only as long as the payments keep it and something is still to come.

    Raises NotKnown for an unknown customer or a loan that is not theirs, OperationRefused for a
    hold that would be over before it begins, a promise without a date, and a plan whose terms
    make no sense or that overlaps with one that runs.
    """
    kind = HoldKind(kind)
    begins = from_at or now
    # Two plans at once: the second waits here and then finds the first.
    if not Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first():
        raise NotKnown(f"there is no customer with id {customer_id}")
    if loan_id is not None and not Loan.objects.filter(pk=loan_id, customer=customer_id).exists():
        raise NotKnown(f"customer {customer_id} has no loan with id {loan_id}")
    if terms:
        _refuse_bad_terms(terms, kind=kind, begins=begins, until_at=until_at, now=now)
        until_at = terms[-1].due_at
    if kind is HoldKind.PROMISE_TO_PAY and until_at is None:
        raise OperationRefused("a promise to pay needs the date by which the money is to come")
    if until_at is not None and until_at <= max(begins, now):
        raise OperationRefused(
            f"the hold would end at {until_at.isoformat()}, which is over already "
            f"or before it begins; choose a later end"
        )
    if amount is not None and amount <= 0:
        raise OperationRefused(f"a promised amount of {amount} is not more than nothing")
    hold = Hold(
        customer_id=customer_id,
        loan_id=loan_id,
        kind=kind.value,
        from_at=begins,
        until_at=until_at,
        reason=reason,
        amount=amount,
        placed_by=placed_by,
        placed_at=now,
    )
    if kind is HoldKind.PLAN:
        _refuse_a_second_plan(hold, now=now)
    hold.save(force_insert=True)
    HoldTerm.objects.bulk_create(
        HoldTerm(hold=hold, due_at=term.due_at, amount=term.amount) for term in terms
    )
    return hold


def _refuse_bad_terms(
    terms: Sequence[Term],
    *,
    kind: HoldKind,
    begins: datetime,
    until_at: datetime | None,
    now: datetime,
) -> None:
    if kind is not HoldKind.PLAN:
        raise OperationRefused("only a plan has terms; a promise has one amount and one date")
    problem = problem_of(terms, now=max(begins, now))
    if problem:
        raise OperationRefused(problem)
    if until_at not in (None, terms[-1].due_at):
        raise OperationRefused("a plan ends with its last term; leave its end out")


def _refuse_a_second_plan(plan: Hold, *, now: datetime) -> None:
    """Two plans that both run for a loan would ask for the same money twice."""
    others = Hold.objects.filter(
        Q(until_at=None) | Q(until_at__gt=plan.from_at),
        customer=plan.customer_id,
        kind=HoldKind.PLAN.value,
        released_at=None,
    )
    if plan.loan_id is not None:
        others = others.filter(Q(loan=None) | Q(loan=plan.loan_id))
    if plan.until_at is not None:
        others = others.filter(from_at__lt=plan.until_at)
    rows = list(others)
    arrangements = arrangements_of(rows)
    for row in rows:
        made = arrangements.get(row.pk)
        if made is None or isinstance(standing(made.terms, paid=made.paid, now=now), Running):
            raise OperationRefused(
                f"plan {row.pk} runs at the same time for the same loan; release it first"
            )


@transaction.atomic
def release_hold(
    *, hold_id: int, now: datetime, released_by: Staff | None = None, is_undone: bool = False
) -> Hold:
    """End a hold before its time, or take it back (`is_undone`) because it was a mistake. A second
    release changes nothing. Raises NotKnown."""
    hold = Hold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise NotKnown(f"there is no hold with id {hold_id}")
    if hold.released_at is None:
        hold.released_at, hold.released_by, hold.is_undone = now, released_by, is_undone
        hold.save(update_fields=["released_at", "released_by", "is_undone"])
    return hold


@transaction.atomic
def record_consent(
    *,
    customer_id: int,
    granted: bool,
    source: str,
    now: datetime,
    channel: Channel | str = "",
    purpose: Purpose | str = "",
    happened_at: datetime | None = None,
) -> ConsentEvent:
    """Add what a borrower allowed or refused; blank channel or purpose means all of them.

    A statement is evidence and is always kept, also when it changes nothing. Raises NotKnown,
    and ValueError for a channel or purpose that does not exist.
    """
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotKnown(f"there is no customer with id {customer_id}")
    return ConsentEvent.objects.create(
        customer_id=customer_id,
        channel=Channel(channel).value if channel else "",
        purpose=Purpose(purpose).value if purpose else "",
        granted=granted,
        source=source,
        happened_at=happened_at or now,
        recorded_at=now,
    )


@transaction.atomic
def write_in(*, customer_id: int, language: str, now: datetime) -> None:
    """Write to a borrower in `language` from now on. A later book that says otherwise is obeyed.

    Raises NotKnown.
    """
    changed = Customer.objects.filter(pk=customer_id).update(language=language, updated_at=now)
    if not changed:
        raise NotKnown(f"there is no customer with id {customer_id}")


@transaction.atomic
def correct_address(
    *,
    customer_id: int,
    address: str,
    region: str,
    now: datetime,
    channel: Channel | str = Channel.SMS,
    made_by: Staff | None = None,
) -> ContactPoint:
    """Make `address` the one that is written to on its channel; the old one is kept as history,
    and who changed it, `made_by`, as well.

    Correcting to an address that was marked unusable takes the mark away: somebody vouches for
    it anew. Raises NotKnown, and addresses.BadAddress for what is no address.
    """
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if customer is None:
        raise NotKnown(f"there is no customer with id {customer_id}")
    kind = Channel(channel)
    text = addresses.canonical(
        address, channel=kind, region=region, made_up_allowed=customer.is_demonstration
    )
    sealed = addresses.seal(text, channel=kind)
    theirs = ContactPoint.objects.filter(customer=customer, channel=kind.value)
    replaced = theirs.filter(is_current=True).exclude(address_hash=sealed.hash).first()
    if replaced is not None:
        theirs.filter(pk=replaced.pk).update(is_current=False)
    before = theirs.filter(address_hash=sealed.hash).first()
    point, _ = theirs.update_or_create(
        address_hash=sealed.hash,
        defaults={"is_current": True, "unusable_since": None, "unusable_reason": ""},
        create_defaults={
            "customer": customer,
            "channel": kind.value,
            "address_encrypted": sealed.encrypted,
            "address_masked": sealed.masked,
            "is_current": True,
            "created_at": now,
        },
    )
    if replaced or before is None or not before.is_current or before.unusable_since:
        AddressChange.objects.create(
            customer=customer,
            channel=kind.value,
            point=point,
            point_was_current=before is not None and before.is_current,
            was_unusable_since=before.unusable_since if before else None,
            was_unusable_reason=before.unusable_reason if before else "",
            replaced=replaced,
            made_by=made_by,
            made_at=now,
        )
    return point


@transaction.atomic
def mark_address_unusable(*, contact_point_id: int, reason: str, now: datetime) -> ContactPoint:
    """Write to this address no more, because of `reason` (a code such as `wrong_number`).

    The first reason stands. Raises NotKnown, and OperationRefused without a reason.
    """
    if not reason:
        raise OperationRefused("say why the address is unusable, for example wrong_number")
    # Not the strongest lock: a claim that stores messages to this address need not wait for it.
    points = ContactPoint.objects.select_for_update(no_key=True)
    point = points.filter(pk=contact_point_id).first()
    if point is None:
        raise NotKnown(f"there is no contact point with id {contact_point_id}")
    if point.unusable_since is None:
        point.unusable_since, point.unusable_reason = now, reason
        point.save(update_fields=["unusable_since", "unusable_reason"])
    return point


def reallocate_all(*, slice_size: int = 5_000) -> Allocated:
    """Recompute the allocation of every loan, slice by slice; nothing changes where all is well."""
    total, after = Allocated(), 0
    while True:
        ids = list(
            Loan.objects.filter(pk__gt=after)
            .order_by("pk")
            .values_list("pk", flat=True)[:slice_size]
        )
        if not ids:
            return total
        with transaction.atomic():
            total += allocate(loan_ids=ids)
        after = ids[-1]
