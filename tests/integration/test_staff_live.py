"""An open page of a borrower keeps itself up to date, and disturbs nobody who is reading."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.desk import write_note
from accounts.models import Customer, Hold
from accounts.operations import correct_address, mark_address_unusable
from reminders.models import Message
from reminders.queries.borrower import person_of
from reminders.queries.pulse import mark_of
from tests.builders import (
    NOW,
    TODAY,
    a_consent_event,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    an_instalment,
)
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_message, a_reminder, a_reply

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def wei() -> Customer:
    """Has an open instalment, a text that was accepted long ago, and a hold."""
    customer = a_customer(name="王伟", customer_no="C-77")
    loan = a_loan(customer=customer)
    reminder = a_reminder(instalment=an_instalment(loan=loan, due_date=TODAY))
    a_message(reminder=reminder, opened_at=NOW - timedelta(hours=1))
    a_hold(customer=customer)
    return customer


def mark_on(page: str) -> str:
    found = re.search(r"pulse/\?mark=([0-9a-f]{32})&", page)
    assert found is not None
    return found[1]


HAPPENS: dict[str, Callable[[Customer], object]] = {
    "a text": lambda wei: a_message(
        reminder=a_reminder(instalment=an_instalment(loan=wei.loans.get()))
    ),
    "a receipt": lambda wei: Message.objects.update(state="delivered", ended_at=NOW),
    "a decision": lambda wei: a_reminder(
        instalment=an_instalment(loan=wei.loans.get()),
        state="skipped",
        reason="on_hold",
        decided_at=NOW,
    ),
    "a payment": lambda wei: a_payment(loan=wei.loans.get(), amount="5.00"),
    "a new instalment": lambda wei: an_instalment(loan=wei.loans.get()),
    "a hold": lambda wei: a_hold(customer=wei),
    "a release": lambda wei: Hold.objects.update(released_at=NOW),
    "a refusal": lambda wei: a_consent_event(customer=wei),
    "another number": lambda wei: correct_address(
        customer_id=wei.pk, address="13900001111", region="CN", now=NOW
    ),
    "a dead number": lambda wei: mark_address_unusable(
        contact_point_id=wei.contact_points.get(is_current=True).pk, reason="dead", now=NOW
    ),
    "a reply": lambda wei: a_reply(customer=wei),
    "a note": lambda wei: write_note(
        customer_id=wei.pk, text="called", written_by=a_member_of_staff(), now=NOW
    ),
}


class TestTheMark:
    @pytest.mark.parametrize("what", HAPPENS)
    def test_is_another_after(self, wei: Customer, what: str) -> None:
        before = mark_of(person_of(wei))

        HAPPENS[what](wei)

        assert mark_of(person_of(wei)) != before

    def test_stays_while_others_have_news(self, wei: Customer) -> None:
        before = mark_of(person_of(wei))
        other = a_customer()
        a_loan(customer=other)

        for happen in HAPPENS.values():
            if happen not in (HAPPENS["a receipt"], HAPPENS["a release"]):
                happen(other)

        assert mark_of(person_of(wei)) == before


class TestThePage:
    def test_asks_again_where_nothing_is_new(self, desk: Desk, wei: Customer) -> None:
        page = desk.borrower(wei, show="payments")
        assert 'hx-trigger="every 15s"' in page
        mark = mark_on(page)

        again = desk.read("pulse", "C-77", mark=mark, show="payments")

        assert mark_on(again) == mark
        assert "show=payments" in again
        assert "data-changed" not in again

    def test_fetches_its_parts_when_something_is(self, desk: Desk, wei: Customer) -> None:
        mark = mark_on(desk.borrower(wei, **{"from": "promises"}))
        a_payment(loan=wei.loans.get(), amount="5.00")

        pulse = desk.read("pulse", "C-77", mark=mark, show="texts", **{"from": "promises"})

        assert 'hx-trigger="load"' in pulse
        assert 'hx-get="/staff/borrowers/C-77/?show=texts&amp;from=promises"' in pulse
        page = desk.borrower(wei, show="texts")
        for part in ("standing", "next", "history"):
            assert f'id="{part}"' in page
        assert mark_on(page) != mark

    def test_asks_sooner_while_a_text_is_on_its_way(self, desk: Desk, wei: Customer) -> None:
        Message.objects.update(opened_at=NOW)

        assert 'hx-trigger="every 3s"' in desk.borrower(wei)

    def test_keeps_asking_when_the_history_is_filtered(self, desk: Desk, wei: Customer) -> None:
        part = desk.read("timeline", "C-77", show="holds")

        assert "&amp;show=holds" in part
        assert 'hx-trigger="every 15s"' in part

    def test_rests_while_older_entries_are_read(self, desk: Desk, wei: Customer) -> None:
        for _ in range(25):
            a_hold(customer=wei, kind="dispute")
        found = re.search(r"before=([^#\"]+)#history", desk.borrower(wei))
        assert found is not None
        before = found[1].replace("%3A", ":").replace("%2B", "+")

        older = desk.read("timeline", "C-77", before=before)

        assert "Not updated while you read older entries." in older
        assert 'hx-swap-oob="true"' in older
        assert "every 15s" not in desk.borrower(wei, before=before)
