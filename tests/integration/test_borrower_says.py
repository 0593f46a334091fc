"""What a borrower says and does on their own page, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import override_settings
from pytest_django.fixtures import Settings

from accounts.core.arrangements import Term
from accounts.core.vocabulary import HoldKind
from accounts.models import ConsentEvent, Customer, Hold
from accounts.operations import OperationRefused, place_hold
from reminders.models import BorrowerLink, BorrowerReply
from reminders.pipeline.replies import REPLIES_A_DAY, ask_for_plan
from tests.builders import NOW, TODAY, a_loan, a_payment, an_instalment
from tests.clocks import set_clock
from tests.integration.own_phone import Phone, at_now, door, inside, wei
from tests.reminder_builders import a_link

__all__ = ["at_now", "door", "inside", "wei"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


class TestSaying:
    @pytest.mark.parametrize(("what", "kind"), [("paid", "paid"), ("call", "call_me")])
    def test_is_kept_for_staff_to_read(
        self, inside: Phone, wei: Customer, what: str, kind: str
    ) -> None:
        response = inside.post(what, comment=" yesterday, by bank ")

        assert response.headers["Location"] == f"/b/{inside.token}#said"
        reply = BorrowerReply.objects.get()
        assert (reply.customer, reply.kind, reply.comment) == (wei, kind, "yesterday, by bank")
        assert reply.wants_reader
        page = inside.read()
        assert "“yesterday, by bank”" in page
        assert "somebody will read it" in page

    def test_twice_is_kept_once(self, inside: Phone) -> None:
        inside.post("paid", comment="today")
        inside.post("paid", comment="today")
        inside.post("paid", comment="it was yesterday")

        assert BorrowerReply.objects.count() == 2

    @pytest.mark.parametrize(
        ("what", "data"),
        [
            ("paid", {"comment": "x" * 501}),
            ("paid", {"comment": "nul \x00"}),
            ("rating", {"rating": "6"}),
            ("rating", {"rating": "0"}),
            ("rating", {}),
            ("language", {"language": "xx"}),
        ],
    )
    def test_nonsense_is_refused_on_the_page(
        self, inside: Phone, what: str, data: dict[str, str]
    ) -> None:
        response = inside.post(what, **data)

        assert response.status_code == 422
        assert "could not be taken" in response.content.decode()
        assert not BorrowerReply.objects.exists()

    def test_what_there_is_not_is_not_found(self, inside: Phone) -> None:
        assert inside.post("everything").status_code == 404

    def test_has_a_limit_for_a_day(self, inside: Phone, settings: Settings) -> None:
        for number in range(REPLIES_A_DAY):
            inside.post("paid", comment=str(number))

        response = inside.post("call", comment="one more")

        assert response.status_code == 429
        assert "Please call us" in response.content.decode()
        assert BorrowerReply.objects.count() == REPLIES_A_DAY
        set_clock(settings, NOW + timedelta(hours=25))
        assert inside.pass_the_door().post("call", comment="one more").status_code == 302

    def test_a_rating_is_given_once(self, inside: Phone) -> None:
        inside.post("rating", rating="4", comment="clear")
        inside.post("rating", rating="1")

        reply = BorrowerReply.objects.get()
        assert (reply.rating, reply.comment, reply.wants_reader) == (4, "clear", True)
        page = inside.read()
        assert "Thank you for your answer" in page
        assert "Your answer: 4 of 5" in page

    def test_a_rating_without_words_needs_no_reader(self, inside: Phone) -> None:
        inside.post("rating", rating="5")

        assert not BorrowerReply.objects.get().wants_reader

    def test_the_language_of_texts_is_changed(self, inside: Phone, wei: Customer) -> None:
        inside.post("language", language="en")

        wei.refresh_from_db()
        assert wei.language == "en"
        assert not BorrowerReply.objects.get().wants_reader

    def test_stopping_is_a_refusal_of_the_channel(self, inside: Phone, wei: Customer) -> None:
        inside.post("stop")

        event = ConsentEvent.objects.get()
        assert (event.customer, event.granted, event.source) == (wei, False, "borrower_page")
        assert (event.channel, event.purpose) == ("sms", "")
        assert "You stopped our messages" in inside.read()


class TestWrongNumber:
    def test_stops_texts_to_it_without_the_second_fact(self, door: Phone, wei: Customer) -> None:
        other = a_link(customer=wei)

        response = door.post("wrong-number")

        assert "Thank you for telling us" in response.content.decode()
        assert "1,200" not in response.content.decode()
        point = wei.contact_points.get()
        assert (point.unusable_since is not None, point.unusable_reason) == (True, "wrong_number")
        reply = BorrowerReply.objects.get()
        assert (reply.kind, reply.wants_reader) == ("wrong_number", True)
        for token in (door.token, other):
            assert Phone(token).get().status_code == 404, "a stranger holds all of them"

    def test_at_a_link_that_staff_handed_over_closes_it_alone(self, wei: Customer) -> None:
        phone = Phone(a_link(customer=wei, contact_point=None))
        other = a_link(customer=wei)

        assert phone.post("wrong-number").status_code == 200

        assert wei.contact_points.get().unusable_since is None
        assert phone.get().status_code == 404
        assert Phone(other).get().status_code == 200
        assert BorrowerReply.objects.get().kind == "wrong_number"

    def test_is_taken_from_who_may_not_answer_any_more(self, door: Phone) -> None:
        BorrowerLink.objects.update(wrong_answers=10)

        assert door.post("wrong-number").status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_at_two_links_in_the_same_moment_is_taken(self, wei: Customer) -> None:
        tokens = [a_link(customer=wei) for _ in range(6)]

        def say_so(token: str) -> int:
            try:
                return Phone(token).post("wrong-number").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as pool:
            codes = set(pool.map(say_so, tokens))

        assert codes <= {200, 404}, "404: another one had closed it"
        assert 200 in codes
        assert not BorrowerLink.objects.filter(revoked_at=None).exists()


class TestThePlan:
    def test_shows_a_schedule_and_keeps_nothing(self, inside: Phone) -> None:
        page = inside.read("plan", terms="3")

        assert page.count("CNY 400.00") == 3
        for day in ("by 30 Nov 2026", "by 30 Dec 2026", "by 30 Jan 2027"):
            assert day in page
        assert "Ask for this plan" in page
        assert not BorrowerReply.objects.exists()
        assert not Hold.objects.exists()

    @pytest.mark.parametrize("terms", ["", "x", "1", "7", "99999999999999999999"])
    def test_falls_back_to_what_may_be_had(self, inside: Phone, terms: str) -> None:
        assert "CNY 300.00" in inside.read("plan", terms=terms)  # four months of two to six

    def test_is_a_wish_as_delivered(self, inside: Phone) -> None:
        inside.post("plan", terms="3", total="1200.00")

        reply = BorrowerReply.objects.get()
        assert (reply.kind, reply.wants_reader, reply.hold) == ("plan_asked", True, None)
        assert not Hold.objects.exists()
        page = inside.read()
        assert "You asked for instalments." in page
        assert "Your plan" not in page

    def test_holds_at_once_where_the_operator_allows_it(
        self, inside: Phone, wei: Customer, settings: Settings
    ) -> None:
        settings.BORROWER_PLAN_TERMS_AGREED = 3
        assert "Agree to this plan" in inside.read("plan", terms="3")
        assert "Ask for this plan" in inside.read("plan", terms="4")

        inside.post("plan", terms="3", total="1200.00")

        hold = Hold.objects.get()
        assert (hold.customer, hold.kind, hold.placed_by) == (wei, HoldKind.PLAN, None)
        assert hold.loan == wei.loans.get()
        terms = list(hold.terms.values_list("amount", flat=True))
        assert terms == [Decimal("400.00")] * 3
        # The end of 30 November in Shanghai.
        assert hold.terms.earliest("due_at").due_at == NOW.replace(month=11, day=30, hour=16)
        assert BorrowerReply.objects.get().hold == hold
        page = inside.read()
        assert "Your plan" in page
        assert "by 30 Nov 2026" in page
        assert "See instalments" not in page

    def test_beyond_what_holds_at_once_is_a_wish(self, inside: Phone, settings: Settings) -> None:
        settings.BORROWER_PLAN_TERMS_AGREED = 3

        inside.post("plan", terms="4", total="1200.00")

        assert BorrowerReply.objects.get().kind == "plan_asked"
        assert not Hold.objects.exists()

    def test_is_shown_anew_when_a_payment_came_in_between(
        self, inside: Phone, wei: Customer, settings: Settings
    ) -> None:
        settings.BORROWER_PLAN_TERMS_AGREED = 6
        a_payment(loan=wei.loans.get(), amount="200.00")

        response = inside.post("plan", terms="2", total="1200.00")

        assert response.status_code == 409
        assert "has changed since" in response.content.decode()
        assert "CNY 500.00" in response.content.decode()
        assert not Hold.objects.exists()

    @pytest.mark.parametrize("terms", ["0", "1", "7", "-2", "2.5", ""])
    def test_with_other_terms_than_offered_is_refused(
        self, inside: Phone, settings: Settings, terms: str
    ) -> None:
        settings.BORROWER_PLAN_TERMS_AGREED = 99

        assert inside.post("plan", terms=terms, total="1200.00").status_code == 409
        assert not Hold.objects.exists()

    def test_is_not_offered_where_the_operator_offers_none(
        self, inside: Phone, settings: Settings
    ) -> None:
        settings.BORROWER_PLAN_TERMS = 0

        assert "See instalments" not in inside.read()
        assert inside.post("plan", terms="2", total="1200.00").status_code == 302
        assert not BorrowerReply.objects.exists()

    def test_covers_all_loans_when_several_are_due(self, inside: Phone, wei: Customer) -> None:
        other = a_loan(customer=wei, loan_no="L-2")
        an_instalment(loan=other, due_date=TODAY + timedelta(days=7), amount_due="100.00")

        inside.post("plan", terms="2", total="1300.00")

        assert BorrowerReply.objects.get().detail["loan"] is None

    def test_is_left_to_a_person_where_several_currencies_are_due(
        self, inside: Phone, wei: Customer
    ) -> None:
        other = a_loan(customer=wei, loan_no="L-2", currency="USD")
        an_instalment(loan=other, due_date=TODAY, amount_due="100.00")

        page = inside.read()

        assert "USD 100.00" in page
        assert "See instalments" not in page

    def test_a_second_one_cannot_be_had(
        self, inside: Phone, wei: Customer, settings: Settings
    ) -> None:
        settings.BORROWER_PLAN_TERMS_AGREED = 6
        place_hold(customer_id=wei.pk, kind="plan", until_at=NOW + timedelta(days=9), now=NOW)

        assert inside.post("plan", terms="2", total="1200.00").status_code == 302
        assert Hold.objects.count() == 1

    def test_is_refused_when_staff_made_one_meanwhile(self, door: Phone, wei: Customer) -> None:
        link = BorrowerLink.objects.get()
        terms = (Term(NOW + timedelta(days=7), Decimal("600.00")),)
        place_hold(customer_id=wei.pk, kind="plan", terms=terms, now=NOW)

        with override_settings(BORROWER_PLAN_TERMS_AGREED=6), pytest.raises(OperationRefused):
            ask_for_plan(link, terms=terms, loan_id=None, currency="CNY", now=NOW)

        assert not BorrowerReply.objects.exists()
