"""Nothing waits unseen: each limbo is counted, and whoever ends it does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Customer
from reminders.gateways.base import Gateway
from reminders.models import Attempt, EarlierText, Message, RawReceipt, Receipt, Reminder
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.sweeping import TOO_OLD, SweepCounts, sweep
from reminders.queries.limbo import LIMBOS, limbos
from tests.builders import NOW
from tests.integration.beside import beside
from tests.integration.phone_off import says
from tests.reminder_builders import a_message, a_reminder

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)
AGO = NOW - AN_HOUR


def planned(**fields: Any) -> Reminder:
    return a_reminder(**{"send_at": NOW - timedelta(days=3), "next_attempt_at": NOW} | fields)


def put_back(message: Message, **fields: Any) -> Message:
    """Its reminder is planned again."""
    message.reminders.update(**{"state": "planned", "next_attempt_at": NOW + AN_HOUR} | fields)
    return message


def raw(**fields: Any) -> RawReceipt:
    return RawReceipt.objects.create(
        **{"gateway": "simulator", "body": "{}", "received_at": AGO} | fields
    )


def sent_in_vain() -> None:
    message = put_back(a_message(state="undelivered"))
    EarlierText.objects.create(
        reminder=Reminder.objects.get(), message=message, number=1, planned_again_at=AGO
    )


def of_nobody() -> None:
    Receipt.objects.create(
        gateway="simulator",
        event="e",
        reference="x",
        status="delivered",
        happened_at=AGO,
        received_at=AGO,
        effect="unknown_reference",
    )


def left_open() -> None:
    message = a_message(state="sending", opened_at=AGO)
    Attempt.objects.update(opened_at=AGO)
    Message.objects.filter(pk=message.pk).update(state="delivered", lease_until=None, ended_at=NOW)


CASES: dict[str, Callable[[], object]] = {
    "reminder_not_looked_at": lambda: planned(next_attempt_at=AGO),
    "reminder_past_its_end": lambda: planned(expires_at=AGO, next_attempt_at=AGO),
    "reminder_put_off_beyond_its_end": lambda: planned(
        expires_at=AGO, next_attempt_at=NOW + AN_HOUR
    ),
    "reminder_to_be_sent_again": sent_in_vain,
    "message_past_its_lease": lambda: a_message(state="sending", lease_until=AGO),
    "message_waiting": lambda: put_back(a_message(state="waiting", opened_at=AGO)),
    "message_waiting_for_nobody": lambda: a_message(state="waiting", opened_at=AGO),
    "message_without_receipt": lambda: a_message(opened_at=AGO, ask_at=NOW + AN_HOUR),
    "message_asked_about": lambda: a_message(state="unknown", opened_at=AGO, ask_at=NOW + AN_HOUR),
    "message_not_asked_in_time": lambda: a_message(ask_at=AGO),
    "message_for_a_person": lambda: a_message(state="unknown", opened_at=AGO),
    "attempt_open_after_its_message": left_open,
    "receipt_not_read": raw,
    "receipt_put_off": lambda: raw(put_off_since=AGO),
    "receipt_unreadable": lambda: raw(applied_at=AGO, problem="?"),
    "receipt_of_nobody": of_nobody,
}


class TestCounting:
    def test_has_a_case_for_every_limbo(self) -> None:
        assert list(CASES) == [limbo.name for limbo in LIMBOS]

    @pytest.mark.parametrize("name", list(CASES))
    def test_sees_what_waits_and_since_when(self, name: str) -> None:
        assert not any(one.count for one in limbos(now=NOW))
        CASES[name]()

        found = {one.name: one for one in limbos(now=NOW)}[name]

        assert (found.count, found.oldest) == (1, AN_HOUR)

    def test_leaves_the_gateways_out_that_nobody_asks(self) -> None:
        a_message(gateway="json_http", ask_at=AGO)

        found = {one.name: one.count for one in limbos(now=NOW)}

        assert found["message_not_asked_in_time"] == 0
        assert found["message_without_receipt"] == 1


class TestSweeping:
    def test_expires_what_no_claim_looked_at(self, gateway: Gateway) -> None:
        quarter = NOW - timedelta(minutes=15)
        reminder = planned(expires_at=quarter, next_attempt_at=quarter)

        swept = sweep(now=NOW, gateway=gateway)

        reminder.refresh_from_db()
        assert swept == SweepCounts(expired=1)
        assert (reminder.state, reminder.reason) == ("expired", "too_late")
        assert reminder.detail is not None
        assert reminder.detail["true_until"].startswith("2026-11-23T01:45:00")

    def test_leaves_a_claim_the_time_to_do_so(self, gateway: Gateway) -> None:
        planned(expires_at=NOW - timedelta(minutes=14), next_attempt_at=AGO)

        assert sweep(now=NOW, gateway=gateway) == SweepCounts()

    def test_cancels_a_message_whose_reminders_it_expired(self, gateway: Gateway) -> None:
        yesterday = NOW - timedelta(days=1)
        message = put_back(
            a_message(state="waiting"), send_at=yesterday, expires_at=AGO, next_attempt_at=AGO
        )

        swept = sweep(now=NOW, gateway=gateway)

        message.refresh_from_db()
        assert (swept.expired, swept.cancelled) == (1, 1)
        assert (message.state, message.reason) == ("cancelled", "no_longer_wanted")

    def test_leaves_a_message_that_waits_with_a_reminder(self, gateway: Gateway) -> None:
        put_back(a_message(state="waiting"))

        assert sweep(now=NOW, gateway=gateway) == SweepCounts()

    def test_closes_an_attempt_whose_message_a_receipt_ended(self, gateway: Gateway) -> None:
        left_open()

        assert sweep(now=NOW, gateway=gateway).closed == 1

        attempt = Attempt.objects.get()
        assert (attempt.outcome, attempt.code) == ("unclear", "message_ended")
        assert attempt.closed_at == NOW

    def test_leaves_an_attempt_to_the_worker_that_may_still_close_it(
        self, gateway: Gateway
    ) -> None:
        left_open()
        Attempt.objects.update(opened_at=NOW - timedelta(minutes=5))

        assert sweep(now=NOW, gateway=gateway).closed == 0

    def test_gives_texts_to_a_person_although_the_gateways_file_has_a_fault(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        message = a_message(state="unknown", ask_at=NOW)

        def fails(references: object) -> None:
            raise KeyError("results")

        monkeypatch.setattr(gateway, "query", fails)

        assert sweep(now=NOW + TOO_OLD, gateway=gateway).still_open == 1
        message.refresh_from_db()
        assert (message.state, message.ask_at) == ("unknown", None)


@pytest.mark.django_db(transaction=True)
class TestAReceiptThatIsPutOff:
    def test_says_since_when_until_it_is_applied(self, gateway: Gateway) -> None:
        message = put_back(a_message(state="waiting"))
        says(message, "delivered")

        with transaction.atomic():
            Customer.objects.select_for_update(no_key=True).get()
            for minutes in (1, 2):
                at = NOW + timedelta(minutes=minutes)
                beside(lambda at=at: apply_receipts(now=at, limit=10)).result(timeout=15)  # type: ignore[misc]
        put_off = RawReceipt.objects.get()
        assert (put_off.put_off_since, put_off.applied_at) == (NOW + timedelta(minutes=1), None)

        apply_receipts(now=NOW + timedelta(minutes=3), limit=10)

        message.refresh_from_db()
        assert message.state == "delivered"
        assert not any(one.count for one in limbos(now=NOW) if one.name.startswith("receipt"))
