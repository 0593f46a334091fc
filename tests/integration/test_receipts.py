"""Receipts on a real database: early, late, doubled, in any order, unreadable, for nobody."""

import json
import uuid
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from reminders.gateways import receipts_json
from reminders.gateways.base import Accepted, Text
from reminders.models import Attempt, Message, RawReceipt, Receipt, Reminder
from reminders.pipeline.callbacks import store_raw
from reminders.pipeline.closing import close_batch
from reminders.pipeline.receipts import AppliedReceipts, apply_receipts
from reminders.pipeline.storing import Outgoing
from tests.builders import NOW
from tests.reminder_builders import a_message

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=2)
_events = count(1)


def said(message: Message | str, status: str = "delivered", **fields: Any) -> dict[str, Any]:
    """One statement in a callback, with an event of its own."""
    reference = message if isinstance(message, str) else str(message.reference)
    defaults = {"id": "sim-1", "code": status.upper(), "at": at(1), "event": f"e-{next(_events)}"}
    return {"reference": reference, "status": status} | defaults | fields


def at(minutes: float) -> str:
    """So many minutes after the message was opened, as gateways write it."""
    return (NOW + timedelta(minutes=minutes)).isoformat()


def arrives(*items: object, gateway: str = "simulator") -> int:
    """A callback with these statements is stored."""
    return store_raw(gateway=gateway, body=json.dumps({"receipts": items}), now=LATER)


def applied(*items: object, now: datetime = LATER) -> AppliedReceipts:
    """One callback with these statements, stored and applied."""
    arrives(*items)
    return apply_receipts(now=now, limit=100)


def fresh(message: Message) -> Message:
    """The message as the database has it now."""
    return Message.objects.get(pk=message.pk)


def without_the_mark(message: Message) -> dict[str, Any]:
    """Its columns but for the mark that it may have arrived after all."""
    columns = Message.objects.filter(pk=message.pk).values().get()
    return {name: value for name, value in columns.items() if name != "may_have_reached_at"}


class TestAReceipt:
    @pytest.mark.parametrize("state", ["sending", "waiting", "accepted", "unknown"])
    @pytest.mark.parametrize(
        ("status", "reason"), [("delivered", ""), ("undelivered", "UNDELIVERED")]
    )
    def test_ends_whatever_may_have_been_sent(self, state: str, status: str, reason: str) -> None:
        message = a_message(state=state)

        counts = applied(said(message, status))

        after = fresh(message)
        assert counts == AppliedReceipts(callbacks=1, applied=1)
        assert (after.state, after.reason) == (status, reason)
        assert (after.lease_until, after.ask_at) == (None, None)
        assert after.ended_at == NOW + timedelta(minutes=1)
        assert after.accepted_at is not None

    @pytest.mark.parametrize("state", ["delivered", "undelivered", "rejected", "cancelled"])
    @pytest.mark.parametrize("status", ["accepted", "delivered", "undelivered"])
    def test_changes_no_end_and_is_counted_as_late(self, state: str, status: str) -> None:
        message = a_message(state=state)
        before = without_the_mark(message)

        counts = applied(said(message, status))

        assert counts == AppliedReceipts(callbacks=1, late=1)
        assert without_the_mark(message) == before
        assert Receipt.objects.get().effect == "late"

    def test_is_stored_as_it_was_said(self) -> None:
        message = a_message()

        applied(said(message, code="DELIVRD", event="e"))

        receipt = Receipt.objects.get()
        assert (receipt.message, receipt.status, receipt.code) == (message, "delivered", "DELIVRD")
        assert (receipt.happened_at, receipt.received_at) == (NOW + timedelta(minutes=1), LATER)
        assert receipt.effect == "applied"

    def test_that_only_says_accepted_leaves_the_end_open(self) -> None:
        message = a_message(state="sending")

        applied(said(message, "accepted"))

        after = fresh(message)
        assert (after.state, after.ended_at, after.lease_until) == ("accepted", None, None)
        assert after.ask_at is not None

    @pytest.mark.parametrize(("minutes", "ended_at"), [(-999, NOW), (999, LATER), (None, LATER)])
    def test_with_a_wrong_clock_ends_it_between_sending_and_now(
        self, minutes: int | None, ended_at: datetime
    ) -> None:
        message = a_message()

        applied(said(message, at=None if minutes is None else at(minutes)))

        assert fresh(message).ended_at == ended_at

    def test_of_an_unknown_reference_is_kept(self) -> None:
        counts = applied(said(str(uuid.uuid4())), said("not-ours"))

        assert counts == AppliedReceipts(callbacks=1, unknown_reference=2)
        unknown = Receipt.objects.filter(message=None, effect="unknown_reference")
        assert unknown.count() == Receipt.objects.count() == 2

    def test_of_another_gateway_says_nothing_about_our_message(self) -> None:
        message = a_message(gateway="simulator")

        arrives(said(message), gateway="json_http")
        counts = apply_receipts(now=LATER, limit=10)

        assert counts == AppliedReceipts(callbacks=1, unknown_reference=1)
        assert fresh(message).state == "accepted"


class TestAnEarlyReceipt:
    def test_proves_that_the_open_attempt_was_accepted(self) -> None:
        message = a_message(state="sending")

        applied(said(message, id="sim-7"))

        attempt = Attempt.objects.get()
        assert (attempt.outcome, attempt.provider_id, attempt.closed_at) == (
            "accepted",
            "sim-7",
            LATER,
        )

    def test_proves_it_of_an_unclear_attempt(self) -> None:
        message = a_message(state="unknown")

        applied(said(message))

        attempt = Attempt.objects.get()
        assert (attempt.outcome, attempt.closed_at) == ("accepted", NOW)

    def test_is_not_undone_by_the_gateways_answer(self) -> None:
        message = a_message(state="sending")
        text = Text(str(message.reference), "+8613800138000", message.body, 1, False)
        outgoing = Outgoing(message.pk, Attempt.objects.get().pk, 1, text, NOW)

        applied(said(message))
        close_batch([(outgoing, Accepted("sim-1"))], now=LATER)

        assert fresh(message).state == "delivered"
        assert Attempt.objects.get().outcome == "accepted"


class TestAReceiptForAMessageThatWaits:
    def test_takes_its_reminder_out_of_the_queue(self) -> None:
        message = a_message(state="waiting")
        Reminder.objects.update(state="planned", reason="gateway_busy")

        applied(said(message))

        reminder = Reminder.objects.get()
        assert (reminder.state, reminder.reason, reminder.message) == ("messaged", "", message)

    def test_leaves_alone_a_reminder_that_was_decided_otherwise(self) -> None:
        message = a_message(state="waiting")
        Reminder.objects.update(state="skipped", reason="paid")

        applied(said(message))

        assert Reminder.objects.get().state == "skipped"


class TestDoubledReceipts:
    def test_in_one_callback_count_once(self) -> None:
        item = said(a_message())

        assert applied(item, item) == AppliedReceipts(callbacks=1, applied=1, doubled=1)
        assert Receipt.objects.count() == 1

    def test_in_two_callbacks_count_once(self) -> None:
        item = said(a_message())
        applied(item)

        assert applied(item) == AppliedReceipts(callbacks=1, doubled=1)
        assert Receipt.objects.count() == 1

    def test_that_come_long_after_change_nothing_again(self) -> None:
        message = a_message(state="sending")
        item = said(message, "accepted")
        applied(item)
        Message.objects.update(state="unknown", reason="no_receipt")

        assert applied(item) == AppliedReceipts(callbacks=1, doubled=1)
        assert fresh(message).state == "unknown"

    def test_with_events_of_their_own_are_late(self) -> None:
        message = a_message()

        assert applied(said(message), said(message)) == AppliedReceipts(
            callbacks=1, applied=1, late=1
        )

    def test_of_unknown_references_count_once(self) -> None:
        item = said("nobody")
        applied(item)

        assert applied(item, item) == AppliedReceipts(callbacks=1, doubled=2)


class TestADeadNumber:
    def test_is_written_to_no_more(self) -> None:
        message = a_message()

        applied(said(message, "undelivered", code="number_not_in_service"))

        point = fresh(message).contact_point
        assert (point.unusable_since, point.unusable_reason) == (LATER, "number_not_in_service")

    def test_is_not_concluded_from_an_ordinary_failure(self) -> None:
        message = a_message()

        applied(said(message, "undelivered", code="EXPIRED"))

        assert fresh(message).contact_point.unusable_since is None

    def test_is_not_believed_of_a_text_that_arrived(self) -> None:
        message = a_message(state="delivered")

        applied(said(message, "undelivered", code="number_not_in_service"))

        assert fresh(message).contact_point.unusable_since is None


class TestContradictions:
    @pytest.mark.parametrize("turned", [False, True])
    def test_in_one_round_are_taken_in_the_order_in_which_they_happened(self, turned: bool) -> None:
        message = a_message()
        items = [said(message, "delivered", at=at(1)), said(message, "undelivered", at=at(2))]

        counts = applied(*(items[::-1] if turned else items))

        assert counts == AppliedReceipts(callbacks=1, applied=1, late=1)
        assert fresh(message).state == "delivered"


class TestUnreadableCallbacks:
    def test_are_noted_and_block_nobody(self) -> None:
        message = a_message()
        bad = RawReceipt.objects.create(gateway="simulator", body="nonsense", received_at=LATER)
        gone = RawReceipt.objects.create(gateway="retired", body="{}", received_at=LATER)
        half = arrives({"status": "delivered"}, said(message), {"reference": "\0"})

        counts = apply_receipts(now=LATER, limit=10)

        assert counts == AppliedReceipts(callbacks=3, applied=1, unreadable=4)
        assert fresh(message).state == "delivered"
        problems = dict(RawReceipt.objects.values_list("pk", "problem"))
        assert "not JSON" in problems[bad.pk]
        assert "no gateway 'retired'" in problems[gone.pk]
        assert problems[half].count("\n") == 1
        assert not RawReceipt.objects.filter(applied_at=None).exists()

    def test_with_very_many_problems_keep_their_note_short(self) -> None:
        raw_id = arrives(*[None] * 5_000)

        apply_receipts(now=LATER, limit=10)

        assert RawReceipt.objects.get(pk=raw_id).problem.endswith("and 4980 more")

    def test_that_the_database_refuses_stay_behind_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A gateway's file that lets through what no column can hold: a fault of ours.
        monkeypatch.setattr(receipts_json, "CODE_CHARACTERS_MAX", 200)
        first, third = a_message(), a_message()
        arrives(said(first))
        culprit = arrives(said(a_message(), code="x" * 100))
        arrives(said(third))

        counts = apply_receipts(now=LATER, limit=10)

        assert counts == AppliedReceipts(callbacks=3, applied=2, unreadable=1)
        assert (fresh(first).state, fresh(third).state) == ("delivered", "delivered")
        assert RawReceipt.objects.get(pk=culprit).problem == "DataError while applying"


class TestApplying:
    def test_nothing_is_nothing(self) -> None:
        assert apply_receipts(now=LATER, limit=10) == AppliedReceipts()

    def test_ends_at_the_limit_and_goes_on_the_next_time(self) -> None:
        for _ in range(3):
            arrives(said(a_message()))

        assert apply_receipts(now=LATER, limit=2).callbacks == 2
        assert apply_receipts(now=LATER, limit=2).callbacks == 1
        assert apply_receipts(now=LATER, limit=2).callbacks == 0

    def test_reads_many_callbacks_with_few_statements(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(30):
            arrives(said(a_message()), said("nobody"))

        with django_assert_max_num_queries(12):
            counts = apply_receipts(now=LATER, limit=100)

        assert counts == AppliedReceipts(callbacks=30, applied=30, unknown_reference=30)

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data())
    def test_leads_to_the_same_end_in_any_order(self, data: st.DataObject, db: None) -> None:
        """Any permutation and duplication, in any callbacks, applied in any rounds."""
        with transaction.atomic():
            state = data.draw(st.sampled_from(["sending", "waiting", "accepted", "unknown"]))
            end = data.draw(st.sampled_from(["delivered", "undelivered"]))
            code = "number_not_in_service"
            message = a_message(state=state)
            items = [said(message, "accepted"), said(message, end, code=code), said("nobody")]
            items += [said(message, end, code=code, at=at(3))]
            order = data.draw(st.permutations(items * 2))
            before = Receipt.objects.count()

            for item in order:
                arrives(item)
                if data.draw(st.booleans()):
                    apply_receipts(now=LATER, limit=100)
            apply_receipts(now=LATER, limit=100)

            after = fresh(message)
            assert (after.state, after.reason) == (end, code if end == "undelivered" else "")
            assert (after.contact_point.unusable_since is None) is (end == "delivered")
            assert Receipt.objects.count() - before == 4
            outcome = "busy" if state == "waiting" else "accepted"
            assert message.attempts.get().outcome == outcome
            transaction.set_rollback(True)
