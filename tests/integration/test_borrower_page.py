"""A borrower's own page: who gets in, and what is shown."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import Customer
from reminders.core.links import hash_of
from reminders.models import BorrowerLink, BorrowerReply
from tests.builders import NOW, TODAY, a_customer, a_loan, a_payment, an_instalment
from tests.clocks import set_clock
from tests.integration.own_phone import Phone, at_now, door, inside, wei
from tests.reminder_builders import a_link

__all__ = ["at_now", "door", "inside", "wei"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NEVER_BEFORE_THE_FACT = ("王", "1,200", "1234", "C-77", "penalty", "instalment", "loan …", "11月")


class TestTheDoor:
    def test_tells_nothing_before_the_second_fact(self, door: Phone) -> None:
        page = door.read()

        assert "last four characters of your loan number" in page
        assert [word for word in NEVER_BEFORE_THE_FACT if word in page] == []
        for what in ("plan", "paid", "call", "stop", "language", "rating"):
            response = door.post(what, comment="x", rating="5", language="en")
            assert response.headers["Location"] == f"/b/{door.token}"
        assert not BorrowerReply.objects.exists()

    def test_looking_changes_nothing(self, door: Phone) -> None:
        before = list(BorrowerLink.objects.values())

        for client in (door.client, Client()):
            assert client.get(f"/b/{door.token}").status_code == 200
            assert client.head(f"/b/{door.token}").status_code == 200
        for what in ("wrong-number", "paid", "call", "stop", "language", "rating"):
            assert door.get(what).status_code == 405

        assert list(BorrowerLink.objects.values()) == before
        assert not BorrowerReply.objects.exists()

    @pytest.mark.parametrize("fact", ["1234", " 12 34", "l-2026-001234", "１２３４"])
    def test_opens_to_who_knows_the_number(self, door: Phone, fact: str) -> None:
        response = door.post(fact=fact)

        assert response.headers["Location"] == f"/b/{door.token}"
        assert "1,200.00" in door.read()
        cookie = response.cookies["known"]
        assert (cookie["path"], cookie["httponly"]) == (f"/b/{door.token}", True)

    @pytest.mark.parametrize("fact", ["0000", "", "234", "x" * 101, "12\x0034"])
    def test_stays_closed_to_who_does_not(self, door: Phone, fact: str) -> None:
        response = door.post(fact=fact)

        assert response.status_code == 422
        assert "That is not right" in response.content.decode()
        assert "1,200.00" not in door.read()

    def test_pauses_after_five_wrong_answers_and_shuts_after_ten(
        self, door: Phone, settings: Settings
    ) -> None:
        for _ in range(5):
            door.post(fact="0000")
        assert "Too many wrong answers" in door.read()
        assert door.post(fact="1234").status_code == 422, "not even the right one"

        set_clock(settings, NOW + timedelta(minutes=61))
        assert "Too many wrong answers" not in door.read()
        for _ in range(5):
            door.post(fact="0000")
        set_clock(settings, NOW + timedelta(days=3))

        assert "cannot be opened any more" in door.read()
        assert door.post(fact="1234").status_code == 422
        assert BorrowerLink.objects.get().wrong_answers == 10

    def test_passes_on_nothing_to_another_link(self, inside: Phone, wei: Customer) -> None:
        other = a_link(customer=wei)
        inside.client.cookies["known"]["path"] = "/"

        assert "last four characters" in inside.client.get(f"/b/{other}").content.decode()

    def test_does_not_believe_a_forged_cookie(self, door: Phone) -> None:
        door.client.cookies["known"] = "yes:1tabc:forged"

        assert "last four characters" in door.read()

    @pytest.mark.parametrize(
        ("fact", "right", "words"),
        [
            ("customer", "XC77", "your customer number"),
            ("either", "1234", "loan or customer number"),
            ("either", "XC77", "loan or customer number"),
        ],
    )
    def test_asks_for_what_the_operator_chose(
        self, door: Phone, wei: Customer, settings: Settings, fact: str, right: str, words: str
    ) -> None:
        Customer.objects.filter(pk=wei.pk).update(customer_no="X-C-77")
        settings.BORROWER_SECOND_FACT = fact

        assert words in door.read()
        assert door.post(fact=right).status_code == 302

    def test_stays_shut_where_there_is_no_number_to_ask_for(self) -> None:
        customer = a_customer()
        a_loan(customer=customer, loan_no="L-1")
        phone = Phone(a_link(customer=customer))

        assert "cannot be opened" in phone.read()
        assert phone.post(fact="L1").status_code == 422


class TestDeadLinks:
    def test_all_lead_to_the_same_plain_page(self, wei: Customer) -> None:
        gone = {"expires_at": NOW - timedelta(seconds=1), "created_at": NOW - timedelta(days=9)}
        tokens = [
            a_link(customer=wei, **gone),
            a_link(customer=wei, revoked_at=NOW),
            "x" * 22,
            "short",
            "%00" * 22,
        ]

        pages = {Phone(token).get().content for token in tokens}
        codes = {Phone(token).get().status_code for token in tokens}

        assert codes == {404}
        assert len(pages) == 1
        page = pages.pop().decode()
        assert "This link no longer works" in page
        assert "400-000" in page
        assert "Find a borrower" not in page

    def test_do_nothing(self, wei: Customer) -> None:
        phone = Phone(a_link(customer=wei)).pass_the_door()
        BorrowerLink.objects.update(revoked_at=NOW)

        for what in ("", "plan", "paid", "stop", "rating", "wrong-number"):
            assert phone.post(what, fact="1234", rating="5", terms="2").status_code == 404

        assert not BorrowerReply.objects.exists()


class TestHeaders:
    @pytest.mark.parametrize("token_is_good", [True, False])
    def test_keep_the_page_to_this_phone_and_host(self, door: Phone, token_is_good: bool) -> None:
        door.token = door.token if token_is_good else "x" * 22
        headers = door.get().headers

        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]

    def test_a_form_from_elsewhere_leads_back_to_the_page(self, door: Phone) -> None:
        door.client.handler.enforce_csrf_checks = True

        response = door.post("wrong-number")

        assert response.status_code == 403
        assert f'href="/b/{door.token}"' in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]
        assert not BorrowerReply.objects.exists()


class TestThePage:
    def test_says_what_is_due_how_to_pay_and_what_happens_otherwise(self, inside: Phone) -> None:
        page = inside.read()

        for words in (
            "王**",
            "CNY 1,200.00",
            "open since 14 Nov 2026",
            "9 days late",
            "loan …1234",
            "CNY 5.40",  # 9 days of 0.05 %
            "Next: CNY 800.00 by 13 Dec 2026",
            "app, My loans",
            "0.05 % a day",
            'href="tel:400000"',
            "Kind Bank",
        ):
            assert words in page, words
        assert "王伟" not in page
        assert "L-2026-001234" not in page
        assert "<script" not in page

    def test_is_calm_when_nothing_is_due(self, wei: Customer, inside: Phone) -> None:
        a_payment(loan=wei.loans.get(), amount="2000.00")

        page = inside.read()

        assert "Nothing is due now" in page
        assert "See instalments" not in page

    def test_speaks_the_language_of_the_text_until_another_is_chosen(self, wei: Customer) -> None:
        phone = Phone(a_link(customer=wei, language="zh-hans"))
        del phone.client.cookies["django_language"]
        assert 'lang="zh-hans"' in phone.read()

        phone.client.post("/i18n/setlang/", {"language": "en", "next": f"/b/{phone.token}"})

        assert '<html lang="en"' in phone.read()

    def test_shows_names_and_words_that_hold_markup_as_they_are(self, wei: Customer) -> None:
        Customer.objects.filter(pk=wei.pk).update(name="<b>x</b> \u202eevil 😀" + "y" * 400)
        phone = Phone(a_link(customer=wei)).pass_the_door()
        phone.post("paid", comment="<script>alert(1)</script>")

        page = phone.read()

        assert "<script" not in page
        assert "<b>x" not in page
        assert "\u202e" not in page

    def test_asks_for_no_more_when_there_is_more(self, inside: Phone, wei: Customer) -> None:
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as seen:
                inside.read()
            counts.append(len(seen))
            for place in range(3):
                loan = a_loan(customer=wei)
                for day in range(5):
                    an_instalment(loan=loan, due_date=TODAY - timedelta(days=day + place))
                inside.post("paid", comment=str(place))

        assert counts[0] == counts[1] <= 20


class TestGuesses:
    @pytest.mark.django_db(transaction=True)
    def test_that_come_all_at_once_are_counted_one_by_one(self, door: Phone) -> None:
        def guess(number: int) -> int:
            try:
                return Phone(door.token).post(fact=f"{number:04}").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(guess, range(12)))

        assert codes == [422] * 12
        assert BorrowerLink.objects.get().wrong_answers == 5, "then the door pauses"


class TestStoring:
    def test_only_the_hash_is_kept(self, door: Phone) -> None:
        link = BorrowerLink.objects.get()

        assert bytes(link.token_hash) == hash_of(door.token)
        assert door.token not in str(BorrowerLink.objects.values().get())
