"""Receipts beside other workers: two that apply, one that dispatches, one that closes."""

import json
import random
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Customer
from reminders.gateways import receipts_json
from reminders.gateways.base import Accepted, Text
from reminders.models import Attempt, Message, RawReceipt, Receipt, Reminder
from reminders.pipeline import receipts
from reminders.pipeline.callbacks import store_raw
from reminders.pipeline.closing import close_batch
from reminders.pipeline.receipts import AppliedReceipts, apply_receipts
from reminders.pipeline.storing import Outgoing
from tests.builders import NOW
from tests.reminder_builders import a_message

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(minutes=2)


def arrives(*references: object, event: str = "e") -> int:
    """A callback that says that these were delivered."""
    items = [{"reference": str(r), "status": "delivered", "event": event} for r in references]
    return store_raw(gateway="simulator", body=json.dumps({"receipts": items}), now=LATER)


def many_sending(count: int) -> list[Message]:
    """Messages in flight, all like the first."""
    first = a_message(state="sending")
    messages = Message.objects.bulk_create(
        Message(
            **{
                field.attname: getattr(first, field.attname)
                for field in Message._meta.concrete_fields
                if field.attname not in {"id", "reference"}
            },
            reference=uuid.uuid4(),
        )
        for _ in range(count)
    )
    Attempt.objects.bulk_create(
        Attempt(message=message, number=1, gateway="simulator", opened_at=NOW)
        for message in messages
    )
    return messages


def together(*work: Callable[[], object]) -> list[object]:
    """Do all of it at once, each on a connection of its own; what each returned."""
    barrier = threading.Barrier(len(work))

    def one(job: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=10)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def outgoing(messages: Sequence[Message]) -> list[Outgoing]:
    """These messages as dispatch holds them while it calls the gateway."""
    attempts = dict(Attempt.objects.values_list("message", "pk"))
    return [
        Outgoing(m.pk, attempts[m.pk], 1, Text(str(m.reference), "", "", 1, False), NOW)
        for m in messages
    ]


class TestTwoWorkers:
    def test_share_the_callbacks(self) -> None:
        messages = many_sending(40)
        for message in messages:
            arrives(message.reference)

        counts = together(*[lambda: apply_receipts(now=LATER, limit=1_000)] * 3)

        total = sum((c for c in counts if isinstance(c, AppliedReceipts)), AppliedReceipts())
        assert total == AppliedReceipts(callbacks=40, applied=40)
        assert Receipt.objects.filter(effect="applied").count() == 40

    def test_that_bring_the_same_in_another_order_count_it_once(self) -> None:
        dice = random.Random(7)
        for round_ in range(10):
            references = [m.reference for m in many_sending(20)] + [uuid.uuid4() for _ in "1234"]
            for _ in range(4):
                arrives(*dice.sample(references, k=24), event=str(round_))

            # One callback at a time each, so that they meet on the same messages.
            counts = together(*[lambda: apply_receipts(now=LATER, limit=1)] * 4)

            total = sum((c for c in counts if isinstance(c, AppliedReceipts)), AppliedReceipts())
            total += apply_receipts(now=LATER, limit=100)
            assert (total.callbacks, total.applied, total.unknown_reference) == (4, 20, 4)
            assert total.doubled == 72

    def test_that_bring_the_same_unknown_references_do_not_block_each_other(self) -> None:
        dice = random.Random(7)
        for _round in range(3):
            references = [uuid.uuid4() for _ in range(2_000)]
            for _ in range(3):
                items = [
                    {
                        "reference": str(reference),
                        "status": "delivered",
                        "event": "e",
                        "at": (NOW + timedelta(seconds=dice.randrange(60))).isoformat(),
                    }
                    for reference in references
                ]
                store_raw(gateway="simulator", body=json.dumps({"receipts": items}), now=LATER)

            counts = together(*[lambda: apply_receipts(now=LATER, limit=1)] * 3)

            total = sum((c for c in counts if isinstance(c, AppliedReceipts)), AppliedReceipts())
            assert total == AppliedReceipts(callbacks=3, unknown_reference=2_000, doubled=4_000)

    def test_leave_a_callback_that_is_refused_to_whoever_holds_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing else is given up in its place."""
        monkeypatch.setattr(receipts_json, "CODE_CHARACTERS_MAX", 200)
        bad, good = a_message(), a_message()
        item = {"reference": str(bad.reference), "status": "delivered", "code": "x" * 100}
        culprit = store_raw(gateway="simulator", body=json.dumps({"receipts": [item]}), now=LATER)
        arrives(good.reference)
        let_go = threading.Event()

        def hold() -> None:
            with transaction.atomic():
                RawReceipt.objects.select_for_update().get(pk=culprit)
                held.set()
                let_go.wait(timeout=10)
            connection.close()

        held = threading.Event()
        holder = threading.Thread(target=hold)

        def give_up_late(**options: Any) -> Any:
            holder.start()
            assert held.wait(timeout=10)
            return give_up(**options)

        give_up = receipts._give_up
        monkeypatch.setattr(receipts, "_give_up", give_up_late)
        try:
            counts = apply_receipts(now=LATER, limit=10)
        finally:
            let_go.set()
            holder.join(timeout=10)

        assert counts == AppliedReceipts(callbacks=1, applied=1)
        assert Message.objects.get(pk=good.pk).state == "delivered"
        assert RawReceipt.objects.get(applied_at=None).pk == culprit


class TestBesideDispatch:
    def test_overtaking_the_gateways_answer_ends_in_delivered(self) -> None:
        dice = random.Random(7)
        for round_ in range(10):
            messages = many_sending(100)
            answers = [(o, Accepted("sim-1")) for o in outgoing(messages)]
            dice.shuffle(answers)
            for start in range(0, 100, 25):
                arrives(*[m.reference for m in messages[start : start + 25]], event=str(round_))

            together(
                partial(close_batch, answers, now=LATER),
                partial(apply_receipts, now=LATER, limit=100),
            )

            ours = Message.objects.filter(pk__in=[m.pk for m in messages])
            assert set(ours.values_list("state", flat=True)) == {"delivered"}
            assert set(
                Attempt.objects.filter(message__in=messages).values_list("outcome", flat=True)
            ) == {"accepted"}

    def test_waits_for_a_claim_that_is_deciding_on_the_borrower(self) -> None:
        message = a_message(state="waiting")
        Reminder.objects.update(state="planned", reason="gateway_busy")
        other = a_message()
        raw_id = arrives(message.reference)
        arrives(other.reference)

        with transaction.atomic():
            # As claim_due.sql does it.
            list(Customer.objects.select_for_update(no_key=True).filter(pk=message.customer_id))
            (counts,) = together(lambda: apply_receipts(now=LATER, limit=100))

        assert counts == AppliedReceipts(callbacks=1, applied=1, put_off=1)
        assert Message.objects.get(pk=other.pk).state == "delivered"
        assert Message.objects.get(pk=message.pk).state == "waiting"
        assert RawReceipt.objects.get(applied_at=None).pk == raw_id

        assert apply_receipts(now=LATER, limit=100) == AppliedReceipts(callbacks=1, applied=1)
        assert Message.objects.get(pk=message.pk).state == "delivered"
        assert Reminder.objects.get(message=message).state == "messaged"
