"""Texts of unknown outcome are given to a person: the list, and what they find out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django.asserts import assertNumQueries

from accounts.models import Staff
from reminders.models import Attempt, Message, Reminder, Settlement
from reminders.pipeline.receipts import apply_receipts
from reminders.pipeline.settling import NotOpen, settle
from reminders.queries.unknown import PAGE, unknown_page
from tests.builders import NOW, a_customer, a_loan, a_member_of_staff, an_instalment
from tests.integration.desk import Desk, desk
from tests.integration.phone_off import says
from tests.reminder_builders import a_message, a_reminder

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(days=4)


def lost(*, customer_no: str = "C-1", **fields: Any) -> Message:
    """A text of which nobody heard again in three days."""
    loan = a_loan(customer=a_customer(customer_no=customer_no, name="王伟"))
    defaults = {"state": "unknown", "reason": "unresolved", "opened_at": LONG_AGO}
    return a_message(reminder=a_reminder(instalment=an_instalment(loan=loan)), **defaults | fields)


@pytest.fixture
def lin(desk: Desk) -> Staff:
    """Who sits at the desk, with the right to say what became of a text."""
    lin = Staff.objects.get(username="lin")
    lin.user_permissions.add(Permission.objects.get(codename="add_settlement"))
    return lin


class TestTheList:
    def test_shows_what_waits_for_a_person_and_where_to_look_it_up(self, desk: Desk) -> None:
        message = lost()
        Attempt.objects.update(code="read_timeout", provider_id="sim-77")

        page = desk.read("unknown")

        for words in ("王伟", "C-1", message.body, str(message.reference), "sim-77", "no answer"):
            assert words in page
        assert "nobody could say in three days" in page

    @pytest.mark.parametrize(
        "fields",
        [{"state": "unknown", "ask_at": NOW}, {"state": "accepted"}, {"state": "delivered"}],
    )
    def test_leaves_out_what_machines_still_work_on(
        self, desk: Desk, fields: dict[str, Any]
    ) -> None:
        lost(**fields)

        assert "No text waits for you" in desk.read("unknown")

    def test_goes_on_page_by_page_with_the_same_number_of_statements(self, desk: Desk) -> None:
        messages = [lost(customer_no=f"C-{number}") for number in range(PAGE + 3)]

        first = unknown_page()
        second = unknown_page(after=first.after)

        seen = [row.message.id for row in (*first.rows, *second.rows)]
        assert seen == [message.pk for message in messages]
        assert second.after == ""
        with assertNumQueries(7):
            unknown_page()

    @pytest.mark.parametrize("after", ["x", "-1", "9" * 30])
    def test_has_no_page_at_a_place_that_is_none(self, desk: Desk, after: str) -> None:
        assert desk.get("unknown", after=after).status_code == 404

    def test_is_counted_and_linked_on_the_first_page(self, desk: Desk) -> None:
        lost(), lost(customer_no="C-2")

        page = " ".join(desk.read("home").split())

        assert '<span>Outcome unknown</span> <span class="figure">2</span>' in page
        assert 'href="/staff/unknown/"' in page

    def test_is_for_staff_alone(self, client: Client) -> None:
        client.force_login(a_member_of_staff(groups=("editors",)))

        assert client.get("/staff/unknown/").status_code == 403


class TestSettling:
    @pytest.mark.parametrize(
        ("verdict", "state", "outcome"),
        [("arrived", "delivered", "accepted"), ("not_arrived", "undelivered", "unclear")],
    )
    def test_ends_the_text_with_who_said_so_and_why(
        self, desk: Desk, lin: Staff, verdict: str, state: str, outcome: str
    ) -> None:
        message = lost()

        response = desk.post(
            "settle_unknown", message.pk, verdict=verdict, note=" she read it out "
        )

        assert response.headers["Location"] == "/staff/unknown/"
        message.refresh_from_db()
        assert (message.state, message.reason) == (state, "settled_by_staff")
        assert message.ended_at is not None
        assert (message.accepted_at is not None) is (verdict == "arrived")
        settlement = Settlement.objects.get()
        assert (settlement.settled_by, settlement.note) == (lin, "she read it out")
        assert settlement.arrived is (verdict == "arrived")
        assert Attempt.objects.get().outcome == outcome
        assert Reminder.objects.get().state == "messaged", "nothing is sent again"
        assert "No text waits for you" in desk.read("unknown")
        history = desk.borrower(message.customer)
        assert "she read it out" in history
        assert "said by a colleague" in history

    def test_needs_the_right(self, desk: Desk) -> None:
        message = lost()

        response = desk.post("settle_unknown", message.pk, verdict="arrived", note="why")

        assert response.status_code == 403
        assert "It did not arrive" not in desk.read("unknown")
        message.refresh_from_db()
        assert message.state == "unknown"

    @pytest.mark.parametrize("data", [{"verdict": "arrived", "note": " "}, {"note": "why"}, {}])
    def test_needs_a_verdict_and_a_note(
        self, desk: Desk, lin: Staff, data: dict[str, object]
    ) -> None:
        message = lost()

        response = desk.post("settle_unknown", message.pk, **data)

        assert response.status_code == 422
        assert "wrong-note" in response.content.decode()
        assert not Settlement.objects.exists()

    def test_of_what_a_receipt_settled_meanwhile_changes_nothing(
        self, desk: Desk, lin: Staff
    ) -> None:
        message = lost()
        says(message, "delivered")
        apply_receipts(now=NOW, limit=10)

        response = desk.post("settle_unknown", message.pk, verdict="not_arrived", note="why")

        assert response.status_code == 302
        assert "settled already" in desk.read("unknown")
        message.refresh_from_db()
        assert (message.state, message.reason) == ("delivered", "")
        assert not Settlement.objects.exists()

    def test_of_what_never_was_is_not_found(self, desk: Desk, lin: Staff) -> None:
        assert desk.post("settle_unknown", 77, note="").status_code == 404

    @pytest.mark.parametrize("state", ["sending", "waiting", "accepted", "delivered"])
    def test_is_for_unknown_texts_alone(self, state: str) -> None:
        message = a_message(state=state)

        with pytest.raises(NotOpen):
            settle(
                message_id=message.pk,
                arrived=True,
                note="why",
                settled_by=a_member_of_staff(),
                now=NOW,
            )

    def test_is_not_for_what_the_gateway_is_still_asked_about(self) -> None:
        message = a_message(state="unknown", ask_at=NOW)

        with pytest.raises(NotOpen):
            settle(
                message_id=message.pk,
                arrived=True,
                note="why",
                settled_by=a_member_of_staff(),
                now=NOW,
            )

    def test_as_not_arrived_is_marked_when_a_receipt_knows_better(
        self, desk: Desk, lin: Staff
    ) -> None:
        message = lost()
        desk.post("settle_unknown", message.pk, verdict="not_arrived", note="never heard of it")
        says(message, "delivered")

        assert apply_receipts(now=NOW, limit=10).late == 1

        message.refresh_from_db()
        assert message.state == "undelivered"
        assert message.may_have_reached_at == NOW
