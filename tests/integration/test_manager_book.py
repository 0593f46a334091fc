"""Collections results: buckets, rolls and due months by their definitions, open to their rows."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Loan
from reminders.models import CohortFact, LateLoan, MonthEnd
from reminders.pipeline.book import count_book
from reminders.queries.book import CURRENT, cohorts, late_now, month_ends, roll
from tests.builders import NOW, TODAY, a_customer, a_loan, a_payment, an_instalment
from tests.integration.desk import Desk
from tests.integration.managers import manager

__all__ = ["manager"]
pytestmark = pytest.mark.django_db

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


def at(day: date, hour: int = 12) -> datetime:
    """Noon of that day in UTC, which is the same day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def a_late_loan(due: date, *, paid_on: date | None = None, **fields: Any) -> Loan:
    """A loan with an instalment due on `due`, paid later or not at all, and one to come."""
    loan = a_loan(opened_on=date(2026, 1, 1), **fields)
    an_instalment(loan=loan, due_date=due)
    an_instalment(loan=loan, due_date=TODAY + timedelta(days=30))
    if paid_on:
        a_payment(loan=loan, amount="100.00", paid_at=at(paid_on))
    return loan


def a_book() -> dict[str, Loan]:
    """A loan for every way from the end of September to the end of October."""
    return {
        "stayed current": a_late_loan(date(2026, 9, 1), paid_on=date(2026, 9, 1)),
        "fell behind": a_late_loan(date(2026, 10, 2)),
        "cured": a_late_loan(date(2026, 9, 10), paid_on=date(2026, 10, 20)),
        "rolled on": a_late_loan(date(2026, 9, 10)),
        "deep": a_late_loan(date(2026, 2, 1)),
        "closed": a_late_loan(date(2026, 9, 10), status="closed"),
        "written off": a_late_loan(date(2026, 9, 10), status="written_off"),
    }


def the_roll() -> dict[tuple[int, int], int]:
    october, september = month_ends(2).ends
    assert (september.day, october.day) == (SEPTEMBER, OCTOBER)
    return roll(september, october)


class TestEndsOfMonths:
    def test_a_loan_is_late_by_its_oldest_instalment_unpaid_then(self) -> None:
        loan = a_late_loan(date(2026, 8, 31))
        an_instalment(loan=loan, due_date=date(2026, 9, 29))

        count_book(now=NOW)

        rows = LateLoan.objects.filter(loan=loan).order_by("month_end__day")
        found = rows.values_list("month_end__day", "days_past_due", "bucket")
        assert list(found) == [(SEPTEMBER, 30, 0), (OCTOBER, 61, 2)]

    def test_what_was_paid_later_was_unpaid_then(self) -> None:
        loan = a_late_loan(date(2026, 9, 10), paid_on=date(2026, 10, 20))

        count_book(now=NOW)

        days = LateLoan.objects.filter(loan=loan).values_list("month_end__day", flat=True)
        assert list(days) == [SEPTEMBER]

    def test_the_day_ends_on_the_lenders_clock(self) -> None:
        """Paid at 00:30 of 1 October in Shanghai, which is still September in UTC."""
        loan = a_late_loan(date(2026, 9, 10))
        a_payment(loan=loan, paid_at=datetime(2026, 9, 30, 16, 30, tzinfo=UTC))

        count_book(now=NOW)

        assert LateLoan.objects.filter(loan=loan, month_end__day=SEPTEMBER).exists()

    def test_late_payments_change_what_was_counted(self) -> None:
        loan = a_late_loan(date(2026, 9, 10))
        count_book(now=NOW)
        a_payment(loan=loan, paid_at=at(date(2026, 9, 12)))

        count_book(now=NOW)

        assert not LateLoan.objects.filter(loan=loan).exists()

    def test_counting_twice_counts_once(self) -> None:
        a_book()
        count_book(now=NOW)
        before = (MonthEnd.objects.count(), LateLoan.objects.count(), CohortFact.objects.count())

        count_book(now=NOW)

        after = (MonthEnd.objects.count(), LateLoan.objects.count(), CohortFact.objects.count())
        assert after == before

    def test_without_loans_there_is_nothing_to_count(self) -> None:
        assert count_book(now=NOW).month_ends == 0


class TestRolls:
    def test_every_loan_is_in_one_cell(self) -> None:
        a_book()
        count_book(now=NOW)

        assert {cell: loans for cell, loans in the_roll().items() if loans} == {
            (CURRENT, CURRENT): 1,
            (CURRENT, 0): 1,
            (0, CURRENT): 1,
            (0, 1): 2,  # the one that was written off rolls on
            (6, 6): 1,
        }

    def test_add_up_to_the_loans_of_the_earlier_end(self) -> None:
        a_book()
        count_book(now=NOW)

        assert sum(the_roll().values()) == MonthEnd.objects.get(day=SEPTEMBER).loans == 6

    def test_loans_opened_since_are_left_out(self) -> None:
        a_late_loan(date(2026, 9, 10))
        new = a_loan(opened_on=date(2026, 10, 1))
        an_instalment(loan=new, due_date=date(2026, 10, 10))
        count_book(now=NOW)

        assert sum(the_roll().values()) == 1


class TestToday:
    def test_buckets_hold_active_loans_and_what_is_overdue(self) -> None:
        for due in (TODAY - timedelta(days=30), TODAY - timedelta(days=31), TODAY):
            an_instalment(loan=a_loan(), due_date=due)
        dollars = a_loan(currency="USD")
        an_instalment(loan=dollars, due_date=TODAY - timedelta(days=1), amount_due="7.00")
        an_instalment(loan=a_loan(status="closed"), due_date=TODAY - timedelta(days=5))

        late = late_now(TODAY)

        assert [late[bucket].loans for bucket in range(7)] == [2, 1, 0, 0, 0, 0, 0]
        assert {c: str(v) for c, v in late[0].overdue.items()} == {"CNY": "100.00", "USD": "7.00"}


class TestDueMonths:
    def test_share_unpaid_falls_as_payments_come(self) -> None:
        due = date(2026, 9, 10)
        for days in (0, 2, 8, None):
            a_late_loan(due, paid_on=due + timedelta(days=days) if days is not None else None)
        count_book(now=NOW)

        facts = cohorts(6)[date(2026, 9, 1)]

        found = {fact.after_days: (fact.unpaid, fact.instalments) for fact in facts}
        assert found == {0: (3, 4), 1: (3, 4), 3: (2, 4), 7: (2, 4), 15: (1, 4), 30: (1, 4)}

    def test_a_point_is_said_once_all_instalments_are_that_old(self) -> None:
        """60 days after 30 September is 29 November: not over yet."""
        a_late_loan(date(2026, 9, 1))
        count_book(now=NOW)

        assert 60 not in {fact.after_days for fact in cohorts(6)[date(2026, 9, 1)]}


class TestPage:
    def test_every_number_opens_to_as_many_rows(self, manager: Desk) -> None:
        """P11: also a share; the number of its rows stands beside it."""
        a_book()
        count_book(now=NOW)

        page = manager.read("book")
        cell = r'<a id="(?:{})-[^"]+" href="([^"]+)">[^<]+</a>(?: <small>([\d,]+)</small>)?'
        shares = re.findall(cell.format("rolls|cohorts"), page)
        counts = re.findall(r'<a id="(?:buckets|ends)-[^"]+" href="([^"]+)">([\d,]+)<', page)

        assert len(shares) > 10
        assert len(counts) > 5
        for link, number in [*shares, *counts]:
            rows = manager.client.get(link.replace("&amp;", "&")).content.decode()
            assert rows.count('class="listed-head"') == int(number), link

    def test_lists_go_on_without_gap_or_repeat(
        self, manager: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reminders.queries.book.PAGE", 2)
        for number in range(5):
            customer = a_customer(customer_no=f"C-late-{number}")
            a_late_loan(date(2026, 9, 10 + number % 2), customer=customer)
        count_book(now=NOW)
        for address in (
            "/staff/collections/late/2/",
            "/staff/collections/late/0/?day=2026-09-30",
            "/staff/collections/rolled/2026-10-31/?was=0&now=1",
            "/staff/collections/due/2026-09-01/30/",
        ):
            seen, link = [], address
            while link:
                page = manager.client.get(link).content.decode()
                seen += re.findall(r"/staff/borrowers/([^/]+)/", page)
                more = re.search(r'href="(\?[^"]*after=[^"]+)"', page)
                link = address.split("?")[0] + more[1].replace("&amp;", "&") if more else ""
            assert len(seen) == len(set(seen)) == 5, address

    def test_before_anything_was_counted_it_says_so(self, manager: Desk) -> None:
        assert "Nothing was counted yet" in manager.read("book")

    @pytest.mark.parametrize(
        "address",
        [
            "late/7/",
            "late/0/?after=x",
            "late/0/?day=soon",
            "rolled/2026-10-30/?was=0&now=1",
            "rolled/2026-10-31/?was=0",
            "rolled/2026-10-31/?was=9&now=0",
            "due/2026-09-02/30/",
            "due/2026-09-01/31/",
            "due/2026-09-01/30/?after=x~y",
            "?csv=x",
        ],
    )
    def test_addresses_of_nothing_are_404(self, manager: Desk, address: str) -> None:
        a_book()
        count_book(now=NOW)

        assert manager.client.get(f"/staff/collections/{address}").status_code == 404

    def test_the_number_of_statements_does_not_grow(self, manager: Desk) -> None:
        counts = []
        for _more in range(2):
            a_book()
            count_book(now=NOW)
            with CaptureQueriesContext(connection) as asked:
                manager.read("book")
            counts.append(len(asked))

        assert counts[0] == counts[1]
