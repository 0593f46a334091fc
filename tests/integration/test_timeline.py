"""A history is read page by page, each entry once, however many share an instant."""

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db.models import Model

from accounts.models import (
    AddressChange,
    Allocation,
    ConsentEvent,
    Customer,
    Hold,
    Note,
    Payment,
)
from reminders.models import BorrowerReply
from reminders.queries.borrower import person_of
from reminders.queries.timeline import FILTERS, Cursor, Entry, Kind, timeline
from tests.builders import (
    NOW,
    a_consent_event,
    a_contact_point,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    an_instalment,
)
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_message, a_policy, a_reminder, a_reply

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def wei() -> Customer:
    return a_customer(name="王伟", customer_no="C-77")


def a_long_history(customer: Customer, *, entries: int) -> None:
    """Of every kind, many of them at the same instant."""
    policy = a_policy(-3)
    loan = a_loan(customer=customer)
    agent, point = (
        a_member_of_staff(username="mei"),
        a_contact_point(customer=customer, channel="email"),
    )
    for number in range(entries):
        at = NOW - timedelta(hours=number // 4)
        instalment = an_instalment(loan=loan, amount_due="10")
        a_message(reminder=a_reminder(instalment=instalment, policy=policy), opened_at=at)
        a_reminder(
            instalment=an_instalment(loan=loan, amount_due="10"),
            policy=policy,
            state="skipped",
            reason="paid",
            decided_at=at,
        )
        a_payment(loan=loan, amount="1", paid_at=at)
        a_hold(
            customer=customer,
            from_at=at,
            until_at=at + timedelta(days=1),
            placed_at=at,
            released_at=at,
        )
        a_consent_event(customer=customer, now=at)
        a_reply(customer=customer, said_at=at)
        Note.objects.create(customer=customer, text="called", written_by=agent, written_at=at)
        AddressChange.objects.create(
            customer=customer,
            channel="sms",
            point=point,
            point_was_current=True,
            made_by=agent,
            made_at=at,
            undone_at=at,
        )


ALONE: Mapping[type[Model], set[Kind]] = {
    Payment: {Kind.PAYMENT},
    Hold: {Kind.HOLD, Kind.HOLD_RELEASED},
    ConsentEvent: {Kind.CONSENT},
    BorrowerReply: {Kind.REPLY},
    Note: {Kind.NOTE},
    AddressChange: {Kind.NUMBER, Kind.NUMBER_SET_BACK},
}
"""What comes from each table beside texts and reminders."""


class TestPagesOfHistory:
    @pytest.mark.parametrize("show", list(FILTERS))
    def test_pages_hold_everything_once_and_in_order(self, wei: Customer, show: str) -> None:
        """See Note [Keyset pages]: also among entries of one instant."""
        a_long_history(wei, entries=9)
        person = person_of(wei)
        everything = timeline(person, now=NOW, show=show, size=1000).entries
        read: list[Entry] = []
        below: Cursor | None = None

        while True:
            page = timeline(person, now=NOW, show=show, size=4, below=below)
            read += page.entries
            below = page.older
            if below is None:
                break

        assert [(e.at, e.kind, e.id) for e in read] == [(e.at, e.kind, e.id) for e in everything]
        assert len({(e.kind, e.id) for e in read}) == len(read)
        assert [e.at for e in read] == sorted((e.at for e in read), reverse=True)

    def test_all_kinds_are_there(self, wei: Customer) -> None:
        a_long_history(wei, entries=2)

        entries = timeline(person_of(wei), now=NOW, size=100).entries

        assert len(entries) == 20  # two of each kind
        assert {entry.kind for entry in entries} == FILTERS["all"]

    @pytest.mark.parametrize("kept", ALONE, ids=lambda model: model.__name__)
    def test_each_kind_is_found_without_the_others(self, wei: Customer, kept: type[Model]) -> None:
        a_long_history(wei, entries=1)
        models: list[type[Model]] = [Allocation, *ALONE]
        for model in models:
            if model is not kept:
                model._base_manager.all().delete()

        entries = timeline(person_of(wei), now=NOW).entries

        assert {entry.kind for entry in entries} == ALONE[kept] | {Kind.MESSAGE, Kind.REMINDER}

    def test_the_address_of_a_page_survives_the_way_through_a_browser(self, wei: Customer) -> None:
        a_long_history(wei, entries=4)
        older = timeline(person_of(wei), now=NOW, size=3).older

        assert older is not None
        assert Cursor.read(str(older)) == older

    def test_older_entries_come_alone(self, desk: Desk, wei: Customer) -> None:
        a_long_history(wei, entries=3)
        page = desk.borrower(wei)
        more = re.search(r'hx-get="([^"]*before=[^"]*)"', page)
        assert more is not None

        part = desk.client.get(more[1].replace("&amp;", "&")).content.decode()

        assert "<html" not in part
        assert page.count('class="entry ') + part.count('class="entry ') == 30

    @pytest.mark.parametrize(
        "query",
        [
            {"before": "x"},
            {"before": "2026-11-23T02:00:00~f_message~1"},
            {"before": "2026-11-23T02:00:00+00:00~f_message~-1"},
            {"before": "2026-11-23T02:00:00+00:00~f_message~99999999999999999999"},
            {"show": "sales"},
        ],
    )
    def test_addresses_that_we_did_not_make_are_404(
        self, desk: Desk, wei: Customer, query: dict[str, str]
    ) -> None:
        assert desk.get("borrower", wei.customer_no, **query).status_code == 404
        assert desk.get("timeline", wei.customer_no, **query).status_code == 404
