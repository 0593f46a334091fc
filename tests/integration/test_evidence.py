"""The evidence about one borrower: complete, in order, masked, and safe to open."""

import hashlib
import html
import json
import re
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils.html import escape
from pytest_django.fixtures import Settings

from accounts.models import Customer
from reminders.gateways.base import Gateway
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.queries.borrower import person_of
from reminders.queries.evidence import evidence_of
from tests.builders import (
    NOW,
    TODAY,
    a_contact_point,
    a_customer,
    a_hold,
    a_loan,
    a_payment,
    an_instalment,
)
from tests.clocks import set_clock
from tests.integration.desk import Desk
from tests.integration.desk import desk as desk
from tests.reminder_builders import a_policy, a_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def wei(gateway: Gateway) -> Customer:
    """Was sent one text, is in dispute since, and paid a part."""
    a_policy(-3, 0)
    customer = a_customer(customer_no="C/7", name="<b>伟</b> 🙂 \u202eabc")
    instalment = an_instalment(
        loan=a_loan(customer=customer), due_date=TODAY + timedelta(days=3), amount_due="100.00"
    )
    plan(now=NOW)
    dispatch(now=NOW, gateway=gateway)
    a_hold(customer=customer, reason="says it is not theirs")
    a_payment(loan=instalment.loan, amount="30.00")
    a_reply(customer=customer, comment="paid at the <counter>")
    return customer


class TestFile:
    def test_holds_all_that_happened_oldest_first(self, desk: Desk, wei: Customer) -> None:
        response = desk.get("evidence_file", wei.customer_no)

        assert response["Content-Disposition"].startswith('attachment; filename="evidence-c7-')
        document = json.loads(response.content)
        message = wei.messages.get()
        assert document["format"] == "duecourse-evidence/1"
        assert document["made_by"] == "lin"
        at = [one["at"] for one in document["history"]]
        assert at == sorted(at)
        assert {one["kind"] for one in document["history"]} >= {
            "message",
            "hold",
            "payment",
            "reply",
        }
        (text,) = (one for one in document["history"] if one["kind"] == "message")
        assert text["message"]["body"] == message.body
        assert text["message"]["reference"] == str(message.reference)
        assert text["message"]["attempts"][0]["provider_id"]
        (asked,) = text["asked"].values()
        assert asked[0]["rule"] == "still_true"
        assert all(rule["passed"] for rule in asked)

    def test_a_long_history_is_there_whole(self, desk: Desk, wei: Customer) -> None:
        loan = wei.loans.get()
        for number in range(450):
            a_payment(loan=loan, payment_no=f"P-{number}", amount="0.01")

        document = json.loads(desk.get("evidence_file", wei.customer_no).content)

        assert sum(one["kind"] == "payment" for one in document["history"]) == 451

    def test_tells_every_event_on_both_clocks(self, desk: Desk, wei: Customer) -> None:
        Customer.objects.update(timezone="America/Denver")

        document = json.loads(desk.get("evidence_file", wei.customer_no).content)

        assert document["zones"] == {"borrower": "America/Denver", "lender": "Asia/Shanghai"}
        for one in document["history"]:
            assert one["at_borrower"].endswith("-07:00")
            assert one["at_lender"].endswith("+08:00")
            instants = {datetime.fromisoformat(one[name]) for name in _INSTANTS}
            assert len(instants) == 1


class TestPaperAndFile:
    """Note [Paper and file of one viewing]."""

    def test_the_link_gives_the_file_whose_fingerprint_the_page_prints(
        self, desk: Desk, wei: Customer, settings: Settings
    ) -> None:
        page = desk.read("evidence", wei.customer_no)
        set_clock(settings, NOW + timedelta(days=40))

        response = desk.client.get(_file_of(page))

        assert hashlib.sha256(response.content).hexdigest() in page
        name = response["Content-Disposition"].split('"')[1]
        assert f"SHA-256 of the file {name}" in page

    def test_is_named_after_the_day_that_the_page_shows(
        self, desk: Desk, wei: Customer, settings: Settings
    ) -> None:
        set_clock(settings, datetime(2026, 11, 27, 18, 30, tzinfo=ZoneInfo("UTC")))

        page = desk.read("evidence", wei.customer_no)

        assert "As of 28 Nov 2026, 02:30:0" in page
        assert "evidence-c7-2026-11-28.json" in page

    def test_says_so_when_something_was_added_since(self, desk: Desk, wei: Customer) -> None:
        page = desk.read("evidence", wei.customer_no)
        a_payment(loan=wei.loans.get(), payment_no="P-late", amount="1.00")

        response = desk.client.get(_file_of(page))

        assert response.status_code == 409
        assert "Not the file of that page any more" in response.content.decode()
        assert "Content-Disposition" not in response

    def test_is_of_that_borrower_alone_and_of_a_page_that_was_shown(
        self, desk: Desk, wei: Customer
    ) -> None:
        link = _file_of(desk.read("evidence", wei.customer_no))
        a_customer(customer_no="other")

        assert desk.client.get(link.replace("C/7", "other")).status_code == 404
        assert desk.client.get(link[:-1] + "~").status_code == 404
        assert desk.get("evidence_file", wei.customer_no, viewed="").status_code == 404

    def test_can_be_printed_by_a_button_that_hides_without_scripts(
        self, desk: Desk, wei: Customer
    ) -> None:
        page = desk.read("evidence", wei.customer_no)

        assert '<button type="button" data-print hidden>' in page
        assert "evidence.js" in page


_INSTANTS = ("at", "at_borrower", "at_lender")


def _file_of(page: str) -> str:
    (link,) = re.findall(r'href="([^"]*evidence\.json[^"]*)"', page)
    return html.unescape(str(link))


class TestPage:
    def test_shows_the_text_and_escapes_what_people_typed(self, desk: Desk, wei: Customer) -> None:
        page = desk.read("evidence", wei.customer_no)

        assert escape(wei.messages.get().body) in page
        assert "says it is not theirs" in page
        assert "Says they have paid" in page
        assert "paid at the &lt;counter&gt;" in page
        assert "&lt;b&gt;" in page
        assert "<b>" not in page

    def test_tells_times_on_the_borrowers_clock_and_on_the_lenders(
        self, desk: Desk, wei: Customer
    ) -> None:
        Customer.objects.update(timezone="America/Denver")
        message = wei.messages.get()
        at = datetime(2026, 11, 27, 18, 28, 21, tzinfo=ZoneInfo("UTC"))
        wei.messages.update(opened_at=at)
        message.attempts.update(opened_at=at, closed_at=at + timedelta(seconds=1))

        page = desk.read("evidence", wei.customer_no)

        words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
        assert "27 Nov 2026 11:28:21 America/Denver (28 Nov 2026 02:28:21 Asia/Shanghai)" in words
        assert (
            "27 Nov 2026 11:28:21–11:28:22 America/Denver "
            "(28 Nov 2026 02:28:21–02:28:22 Asia/Shanghai)" in words
        )

    def test_tells_a_time_once_where_both_are_of_one_zone(self, desk: Desk, wei: Customer) -> None:
        page = desk.read("evidence", wei.customer_no)

        assert "(Asia/Shanghai), drawn up" in page
        assert page.count("(23 Nov") == 0

    def test_masks_addresses(self, desk: Desk, wei: Customer) -> None:
        wei.contact_points.update(is_current=False)
        a_contact_point(customer=wei, address="+8613900001234")

        page = desk.read("evidence", wei.customer_no)

        assert "13900001234" not in page
        assert "1234" in page

    def test_of_nobody_is_404(self, desk: Desk) -> None:
        assert desk.get("evidence", "nobody").status_code == 404
        assert desk.get("evidence_file", "nobody").status_code == 404


class TestCommand:
    def test_writes_one_file_that_needs_nothing_else(self, wei: Customer, tmp_path: Path) -> None:
        path = tmp_path / "evidence.html"
        said = StringIO()

        call_command(
            "export_evidence", wei.customer_no, output=path, language="zh-hans", stderr=said
        )

        page = path.read_text(encoding="utf-8")
        assert escape(wei.messages.get().body) in page
        assert "<style>" in page
        assert "href=" not in page
        fingerprint = said.getvalue().split()[-1]
        assert fingerprint in page
        beside = tmp_path / "evidence.html.json"
        assert hashlib.sha256(beside.read_bytes()).hexdigest() == fingerprint
        assert beside.name in page
        assert "<script" not in page

    def test_prints_no_fingerprint_of_a_file_that_is_not_there(
        self, wei: Customer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("export_evidence", wei.customer_no, language="en")

        assert "SHA-256" not in capsys.readouterr().out

    def test_the_fingerprint_is_that_of_the_json_and_of_nothing_else(self, wei: Customer) -> None:
        person = person_of(wei)
        evidence = evidence_of(person, now=NOW, made_by="lin", clock=person.clock)
        wei.messages.update(body="another text")
        changed = evidence_of(person, now=NOW, made_by="lin", clock=person.clock)

        assert evidence.fingerprint == hashlib.sha256(evidence.document.encode()).hexdigest()
        assert changed.fingerprint != evidence.fingerprint

    def test_writes_json_to_standard_output(
        self, wei: Customer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("export_evidence", wei.customer_no, format="json")

        document = json.loads(capsys.readouterr().out)
        assert document["borrower"]["person"]["customer_no"] == "C/7"

    def test_says_who_is_unknown_and_what_cannot_be_written(
        self, wei: Customer, tmp_path: Path
    ) -> None:
        with pytest.raises(CommandError, match="no customer 'C-404'"):
            call_command("export_evidence", "C-404")
        with pytest.raises(CommandError, match="No such file"):
            call_command("export_evidence", wei.customer_no, output=tmp_path / "none" / "file")
