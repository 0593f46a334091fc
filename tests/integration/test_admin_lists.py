"""Lists in the admin find rows by index, and end before they become slow."""

import pytest
from django.urls import reverse

from reminders.admin.history import FILTERED_NEWEST
from tests.builders import a_customer, a_loan
from tests.integration.admin_site import signed_in
from tests.reminder_builders import a_message, a_reminder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def listed(model: str, **query: str) -> list[int]:
    """Ids on a page of the list, in its order."""
    response = signed_in().get(reverse(f"admin:{model}_changelist"), query)
    assert response.status_code == 200, response
    return [row.pk for row in response.context["cl"].result_list]


class TestSearch:
    def test_finds_by_each_of_its_fields(self) -> None:
        first, second = a_message(), a_message(reminder=a_reminder())

        assert listed("reminders_message", q=str(second.reference)) == [second.pk]
        assert listed("reminders_message", q=first.customer.customer_no) == [first.pk]
        assert listed("reminders_message", q="nobody") == []
        assert listed("reminders_message", q=" ") == [second.pk, first.pk]

    def test_finds_borrowers_as_the_staff_pages_do(self) -> None:
        wei = a_customer(name="王小伟", phone="+8613812345678")
        a_loan(customer=wei, loan_no="L-77")
        a_customer(name="李娜")

        for typed in ("小伟", "L-77", "13812345678"):
            assert listed("accounts_customer", q=typed) == [wei.pk]


class TestFilters:
    def test_offer_what_is_known_and_narrow(self) -> None:
        sent, lost = a_message(), a_message(reminder=a_reminder(), state="unknown")

        assert listed("reminders_message", state="unknown") == [lost.pk]
        assert listed("reminders_message", gateway="simulator") == [lost.pk, sent.pk]
        assert listed("reminders_message", state="of no kind") == [lost.pk, sent.pk]

    def test_look_at_the_newest_rows_alone(self) -> None:
        old = a_message(state="unknown")
        new = a_message(reminder=a_reminder(), state="unknown", pk=old.pk + FILTERED_NEWEST)

        assert listed("reminders_message", state="unknown") == [new.pk]


class TestPages:
    def test_end(self) -> None:
        a_message()
        address = reverse("admin:reminders_message_changelist")

        assert signed_in().get(address, {"p": "200"}).status_code == 200
        assert signed_in().get(address, {"p": "201"}).status_code == 302
