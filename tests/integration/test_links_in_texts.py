"""A template may hold a link: made for the one text, kept as a hash, and good for its borrower."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import Customer
from config.logs import WithoutLinks
from reminders.authoring.preview import preview_text
from reminders.core.links import HIDDEN, hash_of
from reminders.models import BorrowerLink, Message
from reminders.pipeline.opening import Opened, open_batch
from reminders.pipeline.planning import plan
from reminders.queries.borrower import person_of
from reminders.queries.outlook import outlook_for
from tests.builders import NOW, TODAY, a_customer, a_loan, an_instalment
from tests.clocks import set_clock
from tests.reminder_builders import BODY, a_policy, a_template

pytestmark = pytest.mark.django_db

BASE = "https://pay.example/b/"


@pytest.fixture(autouse=True)
def at_now(settings: Settings) -> None:
    set_clock(settings, NOW)
    settings.PUBLIC_URL = "https://pay.example"


def borrowers_with(body: str, *, many: int = 2) -> None:
    """So many who owe 100 yuan in three days, and are to be told now in these words."""
    a_template(key="before", body=body)
    a_policy(-3)
    for number in range(many):
        loan = a_loan(customer=a_customer(customer_no=f"C-{number}"), loan_no=f"L-00{number}")
        an_instalment(loan=loan, due_date=TODAY + timedelta(days=3))
    plan(now=NOW)


def opened() -> Opened:
    return open_batch(now=NOW, limit=100, gateway="simulator")


class TestTheText:
    def test_carries_a_link_of_its_own_and_keeps_it_as_a_hash(self) -> None:
        borrowers_with(BODY + " {link}")

        outgoing = opened().outgoing

        tokens = {item.message_id: item.text.body.split(BASE)[1] for item in outgoing}
        assert len(set(tokens.values())) == 2
        for item in outgoing:
            message = Message.objects.get(pk=item.message_id)
            link = BorrowerLink.objects.get(message=message)
            assert bytes(link.token_hash) == hash_of(tokens[message.pk])
            assert (link.customer, link.contact_point) == (message.customer, message.contact_point)
            assert message.body == item.text.body.replace(tokens[message.pk], HIDDEN)
            assert message.parts == item.text.parts == 2

    def test_opens_the_page_of_its_borrower(self) -> None:
        borrowers_with(BODY + " {link}", many=1)
        (item,) = opened().outgoing
        address = item.text.body.split("https://pay.example")[1]

        assert Client().get(address).status_code == 200
        assert Client().post(address, {"fact": "L000"}).status_code == 302

    def test_without_a_link_costs_no_statement(self) -> None:
        borrowers_with(BODY)

        with CaptureQueriesContext(connection) as seen:
            assert len(opened().outgoing) == 2

        assert not [query for query in seen if "borrowerlink" in query["sql"]]

    def test_with_links_costs_one_statement_for_all(self) -> None:
        borrowers_with(BODY + " {link}", many=3)

        with CaptureQueriesContext(connection) as seen:
            assert len(opened().outgoing) == 3

        assert len([query for query in seen if "borrowerlink" in query["sql"]]) == 1


class TestPreviews:
    def test_foretell_what_will_be_kept_and_make_no_link(self) -> None:
        borrowers_with(BODY + " {link}", many=1)
        customer = Customer.objects.get()

        seen = outlook_for(person_of(customer), now=NOW)

        assert not BorrowerLink.objects.exists()
        opened()
        assert Message.objects.get().body in str(seen)

    def test_of_a_template_show_how_long_it_gets(self) -> None:
        preview = preview_text("{link}", stage="before", language="zh-hans", sender=None)

        assert preview.text == BASE + HIDDEN


class TestLogs:
    @pytest.mark.parametrize(
        ("said", "args", "written"),
        [
            ("Not Found: %s", ("/b/abcDEF123/plan",), "Not Found: /b/***/plan"),
            ("GET /b/abcDEF123 HTTP/1.1", (), "GET /b/*** HTTP/1.1"),
            (
                "%(r)s from %(f)s",
                ({"r": "/b/x1", "f": "https://h/b/x1"},),
                "/b/*** from https://h/b/***",
            ),
            ("nothing of 100%%", (), "nothing of 100%%"),
        ],
    )
    def test_hide_the_secret(self, said: str, args: tuple[object, ...], written: str) -> None:
        record = logging.LogRecord("x", logging.INFO, "", 1, said, args, None)

        assert WithoutLinks().filter(record)

        assert record.getMessage() == written

    def test_are_written_through_it(self, settings: Settings) -> None:
        assert settings.LOGGING["handlers"]["stderr"]["filters"] == ["without_links"]
