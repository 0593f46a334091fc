"""Notes for colleagues, and taking back what was just done."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.core.vocabulary import HoldKind
from accounts.desk import set_address_back, write_note
from accounts.models import AddressChange, ContactPoint, Customer, Hold, Note, Staff
from accounts.models.desk import NOTE_MAX
from accounts.operations import (
    NotKnown,
    OperationRefused,
    correct_address,
    mark_address_unusable,
    place_hold,
)
from reminders.core.undo import UNDO_FOR, What, Why
from reminders.pipeline.undoing import CannotUndo, undo
from reminders.queries.borrower import person_of
from reminders.queries.evidence import evidence_of
from reminders.queries.notes import SHOWN
from tests.builders import NOW, a_customer, a_loan, a_member_of_staff, an_instalment
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_campaign, a_lesson_for, a_link, a_message, a_reminder, a_reply

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

OLD, NEW = "+8613812345678", "+8613900001111"


@pytest.fixture
def wei() -> Customer:
    return a_customer(name="王伟", customer_no="C-77", phone=OLD)


@pytest.fixture
def mei() -> Staff:
    return a_member_of_staff(username="mei")


def taken_back(what: What, row_id: int, *, by: Staff, customer: Customer, **fields: Any) -> None:
    at = fields.get("now", NOW + timedelta(minutes=1))
    undo(what=what, row_id=row_id, customer_id=customer.pk, undone_by=by, now=at)


def why_not(what: What, row_id: int, *, by: Staff, customer: Customer, **fields: Any) -> Why:
    with pytest.raises(CannotUndo) as refused:
        taken_back(what, row_id, by=by, customer=customer, **fields)
    return refused.value.why


class TestNotes:
    def test_are_kept_with_who_and_when(self, desk: Desk, wei: Customer) -> None:
        desk.post("note", "C-77", text="  works nights,\ncall after four  ")

        note = Note.objects.get()
        assert note.text == "works nights,\ncall after four"
        assert (note.customer, note.written_by.username) == (wei, "lin")
        page = desk.borrower(wei)
        assert page.count("call after four") == 3  # the card, the history, and what may be undone
        assert "call after four" in desk.read("timeline", "C-77", show="notes")
        assert "call after four" not in desk.read("timeline", "C-77", show="payments")

    @pytest.mark.parametrize("text", ["", "   ", "x" * (NOTE_MAX + 1)])
    def test_say_something_and_are_short(self, desk: Desk, wei: Customer, text: str) -> None:
        response = desk.post("note", "C-77", text=text)

        assert response.status_code == 422
        assert not Note.objects.exists()

    def test_are_refused_by_the_operation_as_well(self, wei: Customer, mei: Staff) -> None:
        for text in ("", "a\0b", "x" * (NOTE_MAX + 1)):
            with pytest.raises(OperationRefused):
                write_note(customer_id=wei.pk, text=text, written_by=mei, now=NOW)
        with pytest.raises(NotKnown):
            write_note(customer_id=0, text="hello", written_by=mei, now=NOW)

    def test_show_words_as_words(self, desk: Desk, wei: Customer) -> None:
        desk.post("note", "C-77", text="<script>alert(1)</script> 🙂")

        assert "<script>alert" not in desk.borrower(wei)
        assert "🙂" in desk.borrower(wei)

    def test_are_in_the_evidence(self, desk: Desk, wei: Customer, mei: Staff) -> None:
        write_note(customer_id=wei.pk, text="asked for a copy", written_by=mei, now=NOW)

        assert "asked for a copy" in desk.read("evidence", "C-77")
        person = person_of(wei)
        evidence = evidence_of(person, now=NOW, made_by="lin", clock=person.clock)
        assert "asked for a copy" in evidence.document

    def test_stand_beside_the_loans_up_to_a_few(self, desk: Desk, wei: Customer) -> None:
        for number in range(SHOWN + 1):
            desk.post("note", "C-77", text=f"note-{number}.")

        card = desk.borrower(wei).split('id="notes"')[1].split("</section>")[0]

        assert f"note-{SHOWN}." in card
        assert "note-0." not in card


class TestUndo:
    def test_is_offered_for_some_minutes_to_who_did_it(self, desk: Desk, wei: Customer) -> None:
        other = place_hold(
            customer_id=wei.pk, kind=HoldKind.DISPUTE, now=NOW, placed_by=a_member_of_staff()
        )
        desk.post("hold", "C-77", kind="hardship", reason="")
        hold = Hold.objects.exclude(pk=other.pk).get()

        page = desk.borrower(wei)

        assert reverse("staff:undo", args=["C-77", "hold", hold.pk]) in page
        assert page.count('class="undo"') == 1
        Hold.objects.update(placed_at=NOW - UNDO_FOR - timedelta(seconds=2))
        assert 'class="undo"' not in desk.borrower(wei)

    def test_of_a_hold_releases_it_as_taken_back(self, desk: Desk, wei: Customer) -> None:
        desk.post("hold", "C-77", kind="hardship", reason="")
        hold = Hold.objects.get()

        desk.post("undo", "C-77", "hold", hold.pk)

        hold.refresh_from_db()
        assert hold.is_undone
        assert hold.released_by == hold.placed_by
        page = desk.borrower(wei)
        assert "The hold is taken back" in page
        assert "Hold taken back:" in page
        assert 'class="undo"' not in page

    def test_of_a_note_leaves_nothing(self, desk: Desk, wei: Customer) -> None:
        desk.post("note", "C-77", text="meant for somebody else")

        desk.post("undo", "C-77", "note", Note.objects.get().pk)

        assert "meant for somebody else" not in desk.borrower(wei)
        assert not Note.objects.exists()

    def test_of_a_number_writes_to_the_old_one_again(self, desk: Desk, wei: Customer) -> None:
        old = wei.contact_points.get()
        desk.post("number", "C-77", address=NEW)
        assert "Number corrected:" in desk.borrower(wei)

        desk.post("undo", "C-77", "number", AddressChange.objects.get().pk)

        assert wei.contact_points.get(is_current=True) == old
        page = desk.borrower(wei)
        assert "Texts go to the number before again." in page
        assert "Number set back:" in page

    def test_what_is_no_thing_is_not_there(self, desk: Desk, wei: Customer) -> None:
        assert desk.post("undo", "C-77", "payment", 1).status_code == 404
        assert desk.get("undo", "C-77", "note", 1).status_code == 405

    def test_says_why_not(self, desk: Desk, wei: Customer, mei: Staff) -> None:
        note = write_note(customer_id=wei.pk, text="mine", written_by=mei, now=NOW)

        desk.post("undo", "C-77", "note", note.pk)

        assert "It stays as it is. It is not there any more" in desk.borrower(wei)
        assert Note.objects.exists()


class TestRefusals:
    @pytest.fixture
    def hold(self, wei: Customer, mei: Staff) -> Hold:
        return place_hold(customer_id=wei.pk, kind=HoldKind.DISPUTE, now=NOW, placed_by=mei)

    @pytest.fixture
    def change(self, wei: Customer, mei: Staff) -> AddressChange:
        correct_address(customer_id=wei.pk, address=NEW, region="CN", now=NOW, made_by=mei)
        return AddressChange.objects.get()

    def test_after_the_time(self, wei: Customer, mei: Staff, hold: Hold) -> None:
        late = NOW + UNDO_FOR + timedelta(seconds=1)

        why = why_not(What.HOLD, hold.pk, by=mei, customer=wei, now=late)

        assert why is Why.TOO_LATE
        taken_back(What.HOLD, hold.pk, by=mei, customer=wei, now=NOW + UNDO_FOR)

    def test_to_others_and_of_others(self, wei: Customer, mei: Staff, hold: Hold) -> None:
        for by, customer in ((a_member_of_staff(), wei), (mei, a_customer())):
            assert why_not(What.HOLD, hold.pk, by=by, customer=customer) is Why.NOT_THERE
        for what in (What.NOTE, What.NUMBER):
            assert why_not(what, 1, by=mei, customer=wei) is Why.NOT_THERE

    def test_twice(self, wei: Customer, mei: Staff, hold: Hold) -> None:
        taken_back(What.HOLD, hold.pk, by=mei, customer=wei)

        assert why_not(What.HOLD, hold.pk, by=mei, customer=wei) is Why.NOT_THERE

    @pytest.mark.parametrize("of_another_loan", [False, True])
    def test_of_a_hold_that_ended_a_reminder(
        self, wei: Customer, mei: Staff, *, of_another_loan: bool
    ) -> None:
        held, other = a_loan(customer=wei), a_loan(customer=wei)
        hold = place_hold(
            customer_id=wei.pk, kind=HoldKind.DISPUTE, now=NOW, loan_id=held.pk, placed_by=mei
        )
        a_reminder(
            instalment=an_instalment(loan=other if of_another_loan else held),
            state="skipped",
            reason="on_hold",
            decided_at=NOW + timedelta(seconds=5),
        )

        if of_another_loan:
            taken_back(What.HOLD, hold.pk, by=mei, customer=wei)
        else:
            assert why_not(What.HOLD, hold.pk, by=mei, customer=wei) is Why.REMINDER_ENDED

    def test_of_a_hold_on_a_loan_that_ended_a_campaigns_reminder(
        self, wei: Customer, mei: Staff
    ) -> None:
        hold = place_hold(
            customer_id=wei.pk,
            kind=HoldKind.DISPUTE,
            now=NOW,
            loan_id=a_loan(customer=wei).pk,
            placed_by=mei,
        )
        a_lesson_for(
            wei,
            campaign=a_campaign(),
            state="skipped",
            reason="on_hold",
            decided_at=NOW + timedelta(seconds=5),
        )

        assert why_not(What.HOLD, hold.pk, by=mei, customer=wei) is Why.REMINDER_ENDED

    def test_of_a_plan_that_was_agreed_to(self, wei: Customer, mei: Staff, hold: Hold) -> None:
        a_reply(customer=wei, kind="plan_asked", hold=hold)

        assert why_not(What.HOLD, hold.pk, by=mei, customer=wei) is Why.PLAN_AGREED

    def test_of_a_number_that_was_written_to(
        self, wei: Customer, mei: Staff, change: AddressChange
    ) -> None:
        reminder = a_reminder(instalment=an_instalment(loan=a_loan(customer=wei)))
        a_message(reminder=reminder, contact_point=change.point, opened_at=NOW)

        assert why_not(What.NUMBER, change.pk, by=mei, customer=wei) is Why.TEXT_OPENED
        assert change.point.is_current

    def test_of_a_number_that_a_link_was_made_for(
        self, wei: Customer, mei: Staff, change: AddressChange
    ) -> None:
        a_link(customer=wei, contact_point=change.point)

        assert why_not(What.NUMBER, change.pk, by=mei, customer=wei) is Why.LINK_MADE

    def test_of_a_number_that_was_changed_or_marked_since(
        self, wei: Customer, mei: Staff, change: AddressChange
    ) -> None:
        mark_address_unusable(contact_point_id=change.point_id, reason="dead", now=NOW)
        assert why_not(What.NUMBER, change.pk, by=mei, customer=wei) is Why.CHANGED_SINCE

        correct_address(customer_id=wei.pk, address="+8613700000001", region="CN", now=NOW)

        assert why_not(What.NUMBER, change.pk, by=mei, customer=wei) is Why.CHANGED_SINCE


class TestSettingBack:
    def test_a_mark_that_was_taken_away_comes_back(self, wei: Customer, mei: Staff) -> None:
        point = wei.contact_points.get()
        mark_address_unusable(contact_point_id=point.pk, reason="dead", now=NOW)
        correct_address(customer_id=wei.pk, address=OLD, region="CN", now=NOW, made_by=mei)
        change = AddressChange.objects.get()

        taken_back(What.NUMBER, change.pk, by=mei, customer=wei)
        set_address_back(change_id=change.pk, now=NOW)  # a second time changes nothing

        point.refresh_from_db()
        assert (point.is_current, point.unusable_reason) == (True, "dead")

    def test_a_number_used_before_is_history_again(self, wei: Customer, mei: Staff) -> None:
        correct_address(customer_id=wei.pk, address=NEW, region="CN", now=NOW)
        correct_address(customer_id=wei.pk, address=OLD, region="CN", now=NOW, made_by=mei)

        taken_back(What.NUMBER, AddressChange.objects.get(made_by=mei).pk, by=mei, customer=wei)

        masked = ContactPoint.objects.get(customer=wei, is_current=True).address_masked
        assert masked == "+86 139****1111"

    def test_what_changes_nothing_leaves_no_trace(self, wei: Customer) -> None:
        correct_address(customer_id=wei.pk, address=OLD, region="CN", now=NOW)

        assert not AddressChange.objects.exists()

    def test_of_what_is_not_there(self) -> None:
        with pytest.raises(NotKnown):
            set_address_back(change_id=0, now=NOW)
