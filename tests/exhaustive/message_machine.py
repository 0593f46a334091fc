"""The life of a message as a machine: everything that can happen to one, done to many at once.

Each event is done by the product's own functions on real rows; groups of thousands go through
each in one call. What should come of it stands in `test_message_machine`.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import count
from types import SimpleNamespace
from typing import Any, Literal, cast

from django.db import connection, transaction

from accounts import addresses
from accounts.models import ContactPoint, Customer, Instalment, Loan
from reminders.gateways.base import (
    Accepted,
    Busy,
    Gateway,
    Outcome,
    Rejected,
    Status,
    Text,
    Unclear,
)
from reminders.models import Attempt, Message, Reminder
from reminders.pipeline import sweeping
from reminders.pipeline.closing import close_batch
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from reminders.pipeline.statements import Statement, apply_statements
from reminders.pipeline.storing import Outgoing
from reminders.sql import statement
from tests.builders import NOW, TODAY
from tests.reminder_builders import a_policy

STEP = timedelta(seconds=20)
"""From one event to the next: longer than a busy gateway is left alone, and so short that a
lease lapses only where the event says so."""


class Event(StrEnum):
    """What can happen to a message."""

    # The gateway's answer to the newest call, and one to the call before it that comes late.
    ACCEPTED = "answer accepted"
    REJECTED = "answer rejected"
    BUSY = "answer busy"
    UNCLEAR = "answer unclear"
    LATE_ACCEPTED = "late answer accepted"
    LATE_REJECTED = "late answer rejected"
    LATE_BUSY = "late answer busy"
    LATE_UNCLEAR = "late answer unclear"
    # A receipt, and what the gateway says when it is asked.
    RECEIPT_ACCEPTED = "receipt accepted"
    RECEIPT_DELIVERED = "receipt delivered"
    RECEIPT_UNDELIVERED = "receipt undelivered"
    TOLD_ACCEPTED = "told accepted"
    TOLD_DELIVERED = "told delivered"
    TOLD_UNDELIVERED = "told undelivered"
    NEVER_SEEN = "told never seen"
    NEVER_SEEN_BY_A_LIAR = "told never seen, by one that does not honour references"
    TOLD_NOTHING = "told nothing"
    TOLD_NOTHING_FOR_DAYS = "told nothing, and it is too old"
    # Ours.
    LAPSED = "lease lapsed"
    CLAIMED = "claimed"
    PAID_AND_CLAIMED = "paid and claimed"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as its rows say: its state, its attempts from first to last, its reminder, and
    whether a phone may have it although it had ended."""

    state: str
    attempts: tuple[str, ...]
    reminder: str
    has_reached: bool = False
    is_asked_about: bool = field(default=False, compare=False)


Path = tuple[Event, ...]


class Machine:
    """As many messages as there are paths, each about to take its own."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.now = NOW
        self._paths = paths
        self._events = count()
        a_policy(-3)
        _borrowers(len(paths))
        plan(now=self.now)
        opened = open_batch(now=self.now, limit=len(paths), gateway="simulator")
        with connection.cursor() as cursor:
            # Nobody else sees these rows, so nobody counts them for the planner of queries.
            cursor.execute("ANALYZE")
        self._messages = sorted(item.message_id for item in opened.outgoing)
        assert len(self._messages) == len(paths)

    def step(self, index: int) -> None:
        """Do the event number `index` of every path that has one."""
        self.now += STEP
        groups: dict[Event, list[int]] = defaultdict(list)
        for pk, path in zip(self._messages, self._paths, strict=True):
            if index < len(path):
                groups[path[index]].append(pk)
        for event, ids in sorted(groups.items()):
            _DO[event](self, ids)

    def seen(self) -> list[Seen]:
        """All messages, in the order of the paths."""
        attempts: dict[int, list[str]] = defaultdict(list)
        for pk, outcome in Attempt.objects.order_by("number").values_list("message", "outcome"):
            attempts[pk].append(outcome)
        reminders = dict(Reminder.objects.values_list("message", "state"))
        rows = {
            pk: (state, reached_at is not None, ask_at is not None)
            for pk, state, reached_at, ask_at in Message.objects.values_list(
                "pk", "state", "may_have_reached_at", "ask_at"
            )
        }
        return [
            Seen(state, tuple(attempts[pk]), reminders[pk], has_reached, is_asked_about)
            for pk in self._messages
            for state, has_reached, is_asked_about in [rows[pk]]
        ]

    def answer(self, ids: Iterable[int], outcome: Outcome, *, late: bool) -> None:
        """The gateway's answer to the newest call, or to the one before it where there is one."""
        calls: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in Attempt.objects.filter(message__in=ids).order_by("-number"):
            calls[attempt.message_id].append(attempt)
        index = 1 if late else 0
        answered = [found[index] for found in calls.values() if len(found) > index]
        references = self._references(calls)
        close_batch(
            [
                (
                    Outgoing(
                        call.message_id,
                        call.pk,
                        call.number,
                        Text(references[call.message_id], "+8613800000000", "…", 1, False),
                        NOW,
                    ),
                    outcome,
                )
                for call in answered
            ],
            now=self.now,
        )

    def receive(
        self, ids: Iterable[int], status: Literal["accepted", "delivered", "undelivered"]
    ) -> None:
        """A receipt for each."""
        told = [
            Statement("simulator", self._status(reference, status), self.now, raw_id=0)
            for reference in self._references(ids).values()
        ]
        with transaction.atomic():
            apply_statements(told, now=self.now)

    def tell(self, ids: Iterable[int], status: Any, *, honours_references: bool = True) -> None:
        """What the gateway said when asked; None for nothing."""
        references = list(self._references(ids).values())
        statuses = [self._status(reference, status) for reference in references] if status else []
        # Storing an answer needs to know no more of a gateway than this.
        gateway = cast(Gateway, SimpleNamespace(honours_references=honours_references))
        sweeping._store(statuses, references=references, lapsed=0, gateway=gateway, now=self.now)

    def grow_old(self, ids: Iterable[int]) -> None:
        """These were opened so long ago that nobody asks about them any more."""
        opened_at = self.now - sweeping.TOO_OLD
        Message.objects.filter(pk__in=ids).update(opened_at=opened_at)
        self.tell(ids, None)

    def never_seen(self, ids: Sequence[int], *, honours_references: bool) -> None:
        """The gateway never saw them, and says so late enough to be believed."""
        opened_at = self.now - sweeping.NEVER_SEEN_BELIEVED_AFTER
        young = Message.objects.filter(pk__in=ids, opened_at__gt=opened_at)
        young.update(opened_at=opened_at)
        Attempt.objects.filter(message__in=ids, closed_at__gt=opened_at).update(closed_at=opened_at)
        self.tell(ids, "not_found", honours_references=honours_references)

    def lapse(self, ids: Iterable[int]) -> None:
        """Their leases run out, where they have one."""
        held = Message.objects.filter(pk__in=ids, state="sending")
        held.update(lease_until=self.now - timedelta(seconds=1))
        clock: dict[str, Any] = {
            "now": self.now,
            "believed_after": sweeping.NEVER_SEEN_BELIEVED_AFTER,
        }
        with connection.cursor() as cursor:
            cursor.execute(statement("lapse_leases"), clock)

    def claim(self, ids: Sequence[int]) -> None:
        """Their borrowers are looked at again."""
        customers = list(Message.objects.filter(pk__in=ids).values_list("customer", flat=True))
        open_batch(now=self.now, limit=len(customers), gateway="simulator", only=customers)

    def pay(self, ids: Iterable[int]) -> None:
        """Their borrowers have paid."""
        owed = Reminder.objects.filter(message__in=ids).values_list("instalment", flat=True)
        Instalment.objects.filter(pk__in=list(owed)).update(
            paid=Decimal("100.00"), settled_at=self.now
        )

    def _references(self, ids: Iterable[int]) -> dict[int, str]:
        rows = Message.objects.filter(pk__in=list(ids)).values_list("pk", "reference")
        return {pk: str(reference) for pk, reference in rows}

    def _status(self, reference: str, status: Any) -> Status:
        return Status(reference, status, "", self.now, f"event-{next(self._events)}")


def _pay_and_claim(machine: Machine, ids: Sequence[int]) -> None:
    machine.pay(ids)
    machine.claim(ids)


_DO: dict[Event, Callable[[Machine, list[int]], None]] = {
    Event.ACCEPTED: lambda m, ids: m.answer(ids, Accepted("number"), late=False),
    Event.REJECTED: lambda m, ids: m.answer(ids, Rejected("refused"), late=False),
    Event.BUSY: lambda m, ids: m.answer(ids, Busy("throttled"), late=False),
    Event.UNCLEAR: lambda m, ids: m.answer(ids, Unclear("timeout"), late=False),
    Event.LATE_ACCEPTED: lambda m, ids: m.answer(ids, Accepted("number"), late=True),
    Event.LATE_REJECTED: lambda m, ids: m.answer(ids, Rejected("refused"), late=True),
    Event.LATE_BUSY: lambda m, ids: m.answer(ids, Busy("throttled"), late=True),
    Event.LATE_UNCLEAR: lambda m, ids: m.answer(ids, Unclear("timeout"), late=True),
    Event.RECEIPT_ACCEPTED: lambda m, ids: m.receive(ids, "accepted"),
    Event.RECEIPT_DELIVERED: lambda m, ids: m.receive(ids, "delivered"),
    Event.RECEIPT_UNDELIVERED: lambda m, ids: m.receive(ids, "undelivered"),
    Event.TOLD_ACCEPTED: lambda m, ids: m.tell(ids, "accepted"),
    Event.TOLD_DELIVERED: lambda m, ids: m.tell(ids, "delivered"),
    Event.TOLD_UNDELIVERED: lambda m, ids: m.tell(ids, "undelivered"),
    Event.NEVER_SEEN: lambda m, ids: m.never_seen(ids, honours_references=True),
    Event.NEVER_SEEN_BY_A_LIAR: lambda m, ids: m.never_seen(ids, honours_references=False),
    Event.TOLD_NOTHING: lambda m, ids: m.tell(ids, None),
    Event.TOLD_NOTHING_FOR_DAYS: lambda m, ids: m.grow_old(ids),
    Event.LAPSED: lambda m, ids: m.lapse(ids),
    Event.CLAIMED: lambda m, ids: m.claim(ids),
    Event.PAID_AND_CLAIMED: _pay_and_claim,
}


def _borrowers(number: int) -> None:
    """Borrowers who owe an instalment each, due in three days; many at once."""
    at = {"created_at": NOW, "updated_at": NOW}
    name = uuid.uuid4().hex[:8]
    customers = Customer.objects.bulk_create(
        Customer(
            customer_no=f"C-{name}-{n}",
            name="王伟",
            language="zh-hans",
            timezone="Asia/Shanghai",
            **at,
        )
        for n in range(number)
    )
    sealed = [addresses.seal(f"+86138{n:08d}", channel="sms") for n in range(number)]
    ContactPoint.objects.bulk_create(
        ContactPoint(
            customer=customer,
            channel="sms",
            address_encrypted=address.encrypted,
            address_hash=address.hash,
            address_masked=address.masked,
            created_at=NOW,
        )
        for customer, address in zip(customers, sealed, strict=True)
    )
    loans = Loan.objects.bulk_create(
        Loan(
            loan_no=f"L-{customer.customer_no}",
            customer=customer,
            product="cash",
            principal=Decimal("100.00"),
            currency="CNY",
            opened_on=TODAY,
            **at,
        )
        for customer in customers
    )
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            seq=1,
            due_date=TODAY + timedelta(days=3),
            amount_due=Decimal("100.00"),
        )
        for loan in loans
    )
