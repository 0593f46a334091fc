"""What staff do with borrowers' replies and with links to borrowers' pages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.core.arrangements import Term
from accounts.models import Customer, Hold, Staff
from reminders.core.vocabulary import ReplyKind
from reminders.models import BorrowerLink, BorrowerReply
from reminders.pipeline.links import live_link
from reminders.pipeline.replies import ask_for_plan, rate, say
from reminders.queries.replies import PAGE, replies_read, replies_to_read
from tests.builders import NOW, a_customer, a_loan, a_member_of_staff
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_link

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def wei() -> Customer:
    return a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")


@pytest.fixture
def link(wei: Customer) -> BorrowerLink:
    found = live_link(a_link(customer=wei), now=NOW)
    assert found is not None
    return found


def paid(link: BorrowerLink, comment: str = "by bank") -> BorrowerReply:
    return say(link, kind=ReplyKind.PAID, comment=comment, now=NOW)


def a_wish(link: BorrowerLink) -> BorrowerReply:
    loan = a_loan(customer=link.customer)
    terms = [Term(NOW + timedelta(days=30 * place), Decimal("400.00")) for place in (1, 2)]
    return ask_for_plan(link, terms=terms, loan_id=loan.pk, currency="CNY", now=NOW)


class TestTheList:
    def test_shows_what_is_to_be_read_oldest_first(self, desk: Desk, link: BorrowerLink) -> None:
        assert "Nothing to read" in desk.read("replies")
        paid(link, "first words")
        paid(link, "second words")
        rate(link, rating=5, comment="", now=NOW)  # nothing in it to answer

        page = desk.read("replies")

        assert page.index("first words") < page.index("second words")
        assert "王伟" in page
        assert "+86 138****5678" in page
        assert "2 to read" in page
        assert "Rated" not in page
        home = " ".join(desk.read("home").split())
        assert '<span>Replies to read</span> <span class="figure">2</span>' in home

    def test_keeps_who_read_it_and_when(self, desk: Desk, link: BorrowerLink) -> None:
        reply = paid(link)

        response = desk.post("read_reply", reply.pk)

        assert response.headers["Location"] == "/staff/replies/"
        reply.refresh_from_db()
        assert reply.read_by is not None
        assert reply.read_by.username == "lin"
        assert "Nothing to read" in desk.read("replies")
        for page in (desk.read("replies", show="read"), desk.borrower(link.customer)):
            assert "Read by lin" in page
            assert "by bank" in page

    def test_keeps_the_first_reader(self, desk: Desk, link: BorrowerLink) -> None:
        reply = paid(link)
        first = a_member_of_staff(username="mei")
        BorrowerReply.objects.update(read_by=first, read_at=NOW)

        desk.post("read_reply", reply.pk)

        reply.refresh_from_db()
        assert reply.read_by == first
        assert "had read it already" in desk.read("replies")

    @pytest.mark.parametrize("show", ["", "read"])
    def test_goes_on_page_by_page(self, link: BorrowerLink, lin: Staff, show: str) -> None:
        made = BorrowerReply.objects.bulk_create(
            BorrowerReply(
                customer=link.customer,
                link=link,
                kind="paid",
                said_at=NOW,
                wants_reader=True,
                read_at=NOW if show else None,
                read_by=lin if show else None,
            )
            for _ in range(PAGE + 3)
        )
        page_of = replies_read if show else replies_to_read

        first = page_of()
        second = page_of(after=first.after)

        seen = [row.reply.id for row in (*first.rows, *second.rows)]
        assert sorted(seen, reverse=bool(show)) == seen
        assert set(seen) == {row.pk for row in made}
        assert second.after == ""

    @pytest.mark.parametrize("show", ["", "read"])
    @pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "2026-01-01~1", "~"])
    def test_has_no_page_at_a_place_that_is_none(self, desk: Desk, show: str, after: str) -> None:
        assert desk.get("replies", after=after, show=show).status_code == 404

    def test_is_for_staff_alone(self, client: Client) -> None:
        client.force_login(a_member_of_staff(groups=("editors",)))

        assert client.get("/staff/replies/").status_code == 403

    def test_is_not_changed_by_looking(self, desk: Desk, link: BorrowerLink) -> None:
        reply = paid(link)

        assert desk.get("read_reply", reply.pk).status_code == 405
        assert desk.get("agree_to_plan", reply.pk).status_code == 405


@pytest.fixture
def lin() -> Staff:
    return a_member_of_staff()


class TestAgreeing:
    def test_makes_the_plan_as_it_was_asked_for(self, desk: Desk, link: BorrowerLink) -> None:
        reply = a_wish(link)
        assert "CNY 400.00" in desk.read("replies")

        desk.post("agree_to_plan", reply.pk)

        hold = Hold.objects.get()
        assert (hold.kind, hold.customer) == ("plan", link.customer)
        assert hold.loan_id == reply.detail["loan"]
        assert hold.placed_by is not None
        assert hold.placed_by.username == "lin"
        assert hold.terms.count() == 2
        reply.refresh_from_db()
        assert reply.hold == hold
        assert reply.read_by == hold.placed_by
        assert "plan made" in desk.borrower(link.customer)

    def test_twice_makes_one(self, desk: Desk, link: BorrowerLink) -> None:
        reply = a_wish(link)

        desk.post("agree_to_plan", reply.pk)
        desk.post("agree_to_plan", reply.pk)

        assert Hold.objects.count() == 1
        assert "had read it already" in desk.read("replies")

    def test_to_what_is_past_is_refused_and_waits_on(self, desk: Desk, link: BorrowerLink) -> None:
        reply = a_wish(link)
        detail = reply.detail | {"terms": [["2026-11-01T00:00:00+00:00", "400.00"]]}
        BorrowerReply.objects.update(detail=detail)

        desk.post("agree_to_plan", reply.pk)

        assert not Hold.objects.exists()
        page = desk.read("replies")
        assert "cannot be made" in page
        assert "Agree: make this plan" in page

    def test_is_for_wishes_alone(self, desk: Desk, link: BorrowerLink) -> None:
        desk.post("agree_to_plan", paid(link).pk)

        assert not Hold.objects.exists()


class TestTheTimeline:
    def test_holds_all_that_was_said(self, desk: Desk, link: BorrowerLink) -> None:
        paid(link)
        rate(link, rating=3, comment="too long", now=NOW)

        page = desk.borrower(link.customer, show="replies")

        for words in ("Says they have paid", "Rated a notice", "3 of 5", "too long"):
            assert words in page
        assert "Not read yet" in page

    def test_shows_words_as_words(self, desk: Desk, link: BorrowerLink) -> None:
        paid(link, "<script>alert(1)</script>")

        assert "<script>alert" not in desk.borrower(link.customer)
        assert "<script>alert" not in desk.read("replies")


class TestLinks:
    def test_one_is_made_and_shown_once(self, desk: Desk, wei: Customer) -> None:
        page = desk.post("new_link", wei.customer_no).content.decode()

        address = page.split('readonly value="')[1].split('"')[0]
        assert desk.client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200
        assert "Made by lin" in page
        assert address not in desk.read("links", wei.customer_no)

    def test_one_is_closed_by_staff(self, desk: Desk, wei: Customer, link: BorrowerLink) -> None:
        assert "Close this link" in desk.read("links", wei.customer_no)

        desk.post("revoke_link", wei.customer_no, link.pk)

        link.refresh_from_db()
        assert link.revoked_at is not None
        assert link.revoked_by is not None
        page = desk.read("links", wei.customer_no)
        assert "Close this link" not in page
        assert "opens nothing any more" in page

    def test_another_borrowers_is_out_of_reach(self, desk: Desk, link: BorrowerLink) -> None:
        other = a_customer()

        assert desk.post("revoke_link", other.customer_no, link.pk).status_code == 404
        link.refresh_from_db()
        assert link.revoked_at is None

    def test_looking_makes_none(self, desk: Desk, wei: Customer) -> None:
        assert desk.get("new_link", wei.customer_no).status_code == 405
        assert not BorrowerLink.objects.exists()
