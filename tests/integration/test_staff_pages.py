"""Who may open staff pages, finding a borrower, and a day whose figures open down to their rows."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import Customer
from reminders.models import Reminder
from reminders.queries.day import TEXT_FIGURES, day_figures
from reminders.web.pages import staff_clock
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_loan,
    a_member_of_staff,
    a_risk_assessment,
    an_instalment,
)
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_message, a_policy, a_reminder

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

HOME = "/staff/"


class TestAccess:
    def test_the_root_leads_to_the_desk(self, client: Client) -> None:
        assert client.get("/").headers["Location"] == HOME

    def test_the_root_leads_those_to_the_admin_who_work_there_alone(self, client: Client) -> None:
        client.force_login(a_member_of_staff(groups=("editors",), is_staff=True))

        assert client.get("/").headers["Location"] == reverse("admin:index")
        assert client.get("/login/").headers["Location"] == "/"

    def test_who_is_not_signed_in_signs_in_first_and_comes_back(self, client: Client) -> None:
        response = client.get("/staff/?q=wei")

        assert response.headers["Location"] == "/login/?next=/staff/%3Fq%3Dwei"

    @pytest.mark.parametrize("group", ["collections", "managers"])
    def test_it_is_open_to_those_who_work_here(self, client: Client, group: str) -> None:
        client.force_login(a_member_of_staff(groups=(group,)))

        assert client.get(HOME).status_code == 200

    def test_it_is_open_to_superusers(self, client: Client) -> None:
        client.force_login(a_member_of_staff(groups=(), is_superuser=True))

        assert client.get(HOME).status_code == 200

    def test_others_are_told_what_is_missing(self, client: Client, settings: Settings) -> None:
        settings.LANGUAGE_CODE = "en"
        client.force_login(a_member_of_staff(username="ed", groups=("editors",)))

        response = client.get(HOME)

        assert response.status_code == 403
        assert "You are signed in as ed" in response.content.decode()

    def test_every_page_is_closed_to_strangers(self, client: Client) -> None:
        for name, args in (
            ("home", []),
            ("day_list", [TODAY, "texts"]),
            ("borrower", ["C-1"]),
            ("timeline", ["C-1"]),
            ("hold", ["C-1"]),
            ("number", ["C-1"]),
            ("by_hand", ["C-1"]),
        ):
            response = client.get(reverse(f"staff:{name}", args=args))
            assert response.status_code == 302, name
            assert response.headers["Location"].startswith("/login/"), name

    def test_pages_load_nothing_from_elsewhere(self, desk: Desk) -> None:
        response = desk.get("home")

        assert "default-src 'none'; script-src 'self'" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "private, no-store"
        for address in re.findall(r'(?:src|href)="([^"]+)"', response.content.decode()):
            assert address.startswith(("/", "#")), address


class TestSigningIn:
    def test_it_lets_in_and_out(self, client: Client) -> None:
        a_member_of_staff(username="lin")

        entered = client.post("/login/", {"username": "lin", "password": "password"}, follow=True)
        left = client.post("/logout/")

        assert entered.request["PATH_INFO"] == HOME
        assert left.headers["Location"] == "/login/"
        assert client.get(HOME).status_code == 302

    def test_a_wrong_password_says_so_and_names_no_one(self, client: Client) -> None:
        response = client.post("/login/", {"username": "lin", "password": "guess"})

        assert response.status_code == 200
        assert 'role="alert"' in response.content.decode()

    def test_the_language_is_chosen_before_signing_in_and_remembered(self, client: Client) -> None:
        response = client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})

        assert '<html lang="en">' in client.get("/login/").content.decode()
        assert int(response.cookies["django_language"]["max-age"]) > 300 * 24 * 3600

    def test_without_a_choice_it_is_the_lenders_language(self, client: Client) -> None:
        assert '<html lang="zh-hans">' in client.get("/login/").content.decode()


class TestFinding:
    @pytest.fixture
    def wei(self) -> Customer:
        wei = a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")
        loan = a_loan(customer=wei, loan_no="L-77")
        an_instalment(loan=loan, due_date=TODAY - timedelta(days=12), amount_due="1200.00")
        an_instalment(loan=loan, due_date=TODAY, amount_due="55.00")
        a_risk_assessment(customer=wei, tier="high")
        a_customer(name="李娜", customer_no="C-78")
        return wei

    @pytest.mark.parametrize("text", ["伟", "C-77", "13812345678", "+86 138-1234-5678", "L-77"])
    def test_it_finds_by_name_number_phone_and_loan(
        self, desk: Desk, wei: Customer, text: str
    ) -> None:
        page = desk.read("home", q=text)

        assert "王伟" in page
        assert "李娜" not in page

    def test_a_result_says_what_an_agent_needs_first(self, desk: Desk, wei: Customer) -> None:
        page = desk.read("home", q="王")

        assert "+86 138****5678" in page
        assert "13812345678" not in page
        assert "CNY 1,200.00" in page  # what is due today is not overdue
        assert "12 days" in page
        assert "High risk" in page

    def test_as_one_types_only_the_results_come(self, desk: Desk, wei: Customer) -> None:
        page = desk.read("home", part="results", q="王")

        assert "<html" not in page
        assert "王伟" in page

    def test_enter_on_the_only_answer_opens_it(self, desk: Desk, wei: Customer) -> None:
        response = desk.get("home", q="C-77", go="1")

        assert response.headers["Location"] == "/staff/borrowers/C-77/"

    def test_nobody_is_said_plainly(self, desk: Desk) -> None:
        assert "No borrower matches “nobody”" in desk.read("home", q="nobody")

    @pytest.mark.parametrize(
        "text", ["<script>alert(1)</script>", "%", "'", "\0", "王" * 500, "\u202e"]
    )
    def test_odd_input_is_shown_as_text(self, desk: Desk, text: str) -> None:
        a_customer(name="<script>alert(1)</script>")

        assert "<script>alert" not in desk.read("home", q=text)

    def test_the_number_of_statements_does_not_grow(self, desk: Desk) -> None:
        for number in range(15):
            loan = a_loan(customer=a_customer(name=f"陈{number}"))
            an_instalment(loan=loan, due_date=TODAY - timedelta(days=1))

        with assertNumQueries(13):  # four of them a transaction and a setting in it
            page = desk.read("home", q="陈")

        assert page.count("CNY 100.00") == 15


def a_day() -> None:
    """Two texts delivered, one of each other state, and reminders that were not sent."""
    policy = a_policy(-3)
    states = ["delivered", "delivered", "sending", "waiting", "accepted", "undelivered"]
    for state in [*states, "unknown", "rejected", "cancelled"]:
        a_message(reminder=a_reminder(policy=policy), state=state)
    a_message(reminder=a_reminder(policy=policy), opened_at=NOW - timedelta(days=1))
    for state, reason in (("skipped", "paid"), ("skipped", "paid"), ("expired", "too_late")):
        a_reminder(
            policy=policy, state=state, reason=reason, decided_at=NOW, detail={"outstanding": "0"}
        )
    a_reminder(policy=policy, next_attempt_at=NOW + timedelta(hours=47))
    a_reminder(policy=policy, next_attempt_at=NOW + timedelta(hours=49))


class TestTheDay:
    def test_the_parts_add_up(self, desk: Desk) -> None:
        a_day()

        day = day_figures(TODAY, clock=staff_clock(), now=NOW)

        parts = [day.count_of(key) for key in TEXT_FIGURES if key != "texts"]
        assert sum(parts) == day.count_of("texts") == 9
        assert sum(row.count for row in day.reasons) == day.count_of("not_sent") == 3
        assert day.count_of("planned") == 1

    def test_every_figure_opens_to_as_many_rows(self, desk: Desk) -> None:
        """P11: whatever number a screen shows, its rows are behind it."""
        a_day()

        home = desk.read("home")
        shown = re.findall(r'href="([^"]+)"[^>]*>\s*<span class="figure">(\d+)</span>', home)

        assert len(shown) == 8
        for address, count in shown:
            page = desk.client.get(address).content.decode()
            assert page.count('class="listed-head"') == int(count), address

    def test_bars_have_one_scale_whichever_reason_is_chosen(self, desk: Desk) -> None:
        for reason, rows in (("paid", 3), ("holdout", 1)):
            for _ in range(rows):
                a_reminder(state="skipped", reason=reason, decided_at=NOW)

        for address in ("not_sent/", "not_sent/?reason=holdout"):
            shown = desk.client.get(f"/staff/day/{TODAY}/{address}").content.decode()
            assert shown.count('<progress max="4"') == 2

    def test_a_reason_opens_to_its_rows(self, desk: Desk) -> None:
        a_day()

        page = desk.read("day_list", TODAY, "not_sent", reason="paid")

        assert page.count('class="listed-head"') == 2
        assert "Nothing is open on this instalment any more." in page

    def test_long_lists_come_in_pages_without_gap_or_repeat(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reminders.queries.listing.PAGE", 4)
        a_day()
        address, seen = reverse("staff:day_list", args=[TODAY, "texts"]), []

        while address:
            page = desk.client.get(address).content.decode()
            seen += re.findall(r"/staff/borrowers/([^/]+)/", page)
            more = re.search(r'href="(\?after=[^"]+)"', page)
            address = reverse("staff:day_list", args=[TODAY, "texts"]) + more[1] if more else ""

        assert len(seen) == len(set(seen)) == 9

    def test_a_day_is_that_of_the_staffs_clock(self, desk: Desk) -> None:
        """00:30 on the 23rd in Shanghai is still the 22nd in UTC."""
        early = NOW.replace(day=22, hour=16, minute=30)
        a_message(reminder=a_reminder(policy=a_policy(-3)), opened_at=early)

        assert day_figures(TODAY, clock=staff_clock(), now=NOW).count_of("texts") == 1

    @pytest.mark.parametrize(
        ("day", "figure", "query"),
        [
            ("2026-13-01", "texts", ""),
            ("1926-01-01", "texts", ""),
            ("2026-11-23", "sales", ""),
            ("2026-11-23", "not_sent", "?reason=none_of_ours"),
            ("2026-11-23", "texts", "?after=x"),
            ("2026-11-23", "texts", "?after=99999999999999999999"),
        ],
    )
    def test_addresses_of_nothing_are_404(
        self, desk: Desk, day: str, figure: str, query: str
    ) -> None:
        response = desk.client.get(f"/staff/day/{day}/{figure}/{query}")

        assert response.status_code == 404
        assert "There is nothing at this address" in response.content.decode()

    def test_the_number_of_statements_does_not_grow(self, desk: Desk) -> None:
        a_day()
        counted = []
        for _more in range(2):
            with assertNumQueries(15):
                counted.append(desk.read("day_list", TODAY, "texts").count("listed-head"))
            for _row in range(10):
                a_message(reminder=a_reminder())

        assert counted == [9, 19]
        assert Reminder.objects.count() > 20


class TestAmounts:
    def test_two_currencies_are_never_added(self, desk: Desk) -> None:
        wei = a_customer()
        for currency in ("CNY", "USD"):
            loan = a_loan(customer=wei, currency=currency)
            an_instalment(loan=loan, due_date=TODAY - timedelta(days=1), amount_due=Decimal("10"))

        page = desk.read("home", q=wei.customer_no)

        assert "CNY 10.00" in page
        assert "USD 10.00" in page
