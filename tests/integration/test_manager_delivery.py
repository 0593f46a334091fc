"""Delivery and cost: sums of closed days and live rows say the same, and open to their rows."""

import csv
import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reminders.models import ClosedDay, EarlierText, Message, Reminder, TextFact
from reminders.pipeline.rollup import roll_up
from reminders.queries.delivery import Delivery, delivery
from reminders.web.pages import staff_clock
from tests.builders import NOW, TODAY, a_contact_point, a_customer, a_loan, an_instalment
from tests.integration.desk import Desk
from tests.integration.managers import manager, texts_of_all_who_ask
from tests.reminder_builders import a_message, a_policy, a_reminder

__all__ = ["manager"]
pytestmark = pytest.mark.django_db

DAY = TODAY - timedelta(days=2)
THEN = NOW - timedelta(days=2)


def a_text(
    *,
    at: datetime = THEN,
    state: str = "delivered",
    phone: str = "",
    seconds: int = 8,
    **fields: object,
) -> Message:
    """A text of the policy's step to a number that begins as `phone` says, reported in time."""
    customer = a_customer(phone=phone or None)
    if not phone:
        a_contact_point(customer=customer)
    reminder = a_reminder(instalment=an_instalment(loan=a_loan(customer=customer)))
    ended = state in ("delivered", "undelivered", "rejected")
    message = a_message(
        reminder=reminder,
        state=state,
        opened_at=at,
        accepted_at=at if state != "rejected" else None,
        ended_at=at + timedelta(seconds=seconds) if ended else None,
        **fields,
    )
    Reminder.objects.filter(pk=reminder.pk).update(decided_at=at)
    return message


def days_of_every_kind() -> None:
    """Two days ago, and today: gateways, numbers, outcomes, currencies, and what was not sent."""
    a_policy(-3)
    for at in (THEN, NOW):
        a_text(at=at, phone="+8613800000001" if at == NOW else "+8613800000002")
        a_text(at=at, seconds=40)
        a_text(at=at, state="undelivered", seconds=400, parts=2, price=Decimal("0.09"))
        a_text(at=at, state="rejected")
        a_text(at=at, state="unknown", gateway="kannel", price_currency="USD")
        a_reminder(state="skipped", reason="paid", decided_at=at)
    a_text(at=NOW, state="accepted")


def found() -> Delivery:
    return delivery(DAY, TODAY, clock=staff_clock())


class TestSums:
    def test_of_closed_days_are_what_was_counted_live(self) -> None:
        days_of_every_kind()
        live = found()

        assert roll_up(now=NOW, seconds=60).closed == 1
        assert ClosedDay.objects.filter(has_texts=True).count() == 1
        assert replace(found(), days_by={}) == replace(live, days_by={})

    def test_add_up_in_every_kind(self) -> None:
        days_of_every_kind()
        roll_up(now=NOW, seconds=60)

        range_ = found()

        for kind in TextFact.Kind.values:
            tallies = [tally for (its, _), tally in range_.by.items() if its == kind]
            assert sum(tally.count_of("texts") for tally in tallies) == 11, kind
            assert sum(tally.parts for tally in tallies) == range_.total.parts == 11
        assert range_.total.handed_over == 9
        assert range_.total.is_open == 1

    def test_currencies_are_never_added(self) -> None:
        days_of_every_kind()

        assert found().total.cost == {"CNY": Decimal("0.405"), "USD": Decimal("0.09")}

    def test_a_receipt_that_was_quicker_than_the_answer_took_no_time(self) -> None:
        a_policy(-3)
        a_text(seconds=-1)

        assert found().total.median == 0.5  # the middle of the first range

    def test_what_was_refused_costs_nothing(self) -> None:
        a_policy(-3)
        a_text(state="rejected")

        assert found().total.cost == {}

    def test_days_closed_before_texts_were_counted_are_counted_again(self) -> None:
        days_of_every_kind()
        roll_up(now=NOW, seconds=60)
        ClosedDay.objects.update(has_texts=False)
        TextFact.objects.all().delete()

        assert roll_up(now=NOW, seconds=60).closed == 1
        assert found().total.count_of("texts") == 11

    def test_a_text_sent_in_vain_still_belongs_to_its_step(self) -> None:
        a_policy(-3)
        first = a_text(state="undelivered")
        reminder = Reminder.objects.get(message=first)
        later = a_text(state="delivered")
        Reminder.objects.filter(message=later).update(message=None, state="planned")
        Reminder.objects.filter(pk=reminder.pk).update(message=later)
        EarlierText.objects.create(reminder=reminder, message=first, number=1, planned_again_at=NOW)

        (tally,) = (tally for (kind, _), tally in found().by.items() if kind == "step")

        assert tally.count_of("texts") == 2

    @pytest.mark.parametrize("is_closed", [True, False])
    def test_people_and_campaigns_are_counted_apart(self, is_closed: bool) -> None:
        texts_of_all_who_ask(opened_at=THEN)
        if is_closed:
            Message.objects.update(state="delivered", accepted_at=THEN, ended_at=THEN)
            assert roll_up(now=NOW, seconds=60).closed == 1

        steps = {
            key: t.count_of("texts") for (kind, key), t in found().by.items() if kind == "step"
        }

        assert {key: rows for key, rows in steps.items() if not key.isdecimal()} == {
            "by_hand": 1,
            "campaign": 2,
        }
        assert sum(steps.values()) == 4

    def test_days_closed_when_they_were_counted_together_are_counted_again(self) -> None:
        texts_of_all_who_ask(opened_at=THEN, state="delivered")
        a_text(at=THEN - timedelta(days=3))
        roll_up(now=NOW, seconds=60)

        migration = import_module("reminders.migrations.0063_texts_of_campaigns_apart")
        migration.count_again(apps, None)

        again = ClosedDay.objects.filter(has_texts=False)
        assert list(again.values_list("day", flat=True)) == [DAY]
        assert roll_up(now=NOW, seconds=60).closed == 1

    def test_days_that_are_not_counted_yet_are_named(self) -> None:
        a_policy(-3)
        a_text(at=NOW - timedelta(days=9))
        a_text(at=NOW)

        range_ = delivery(TODAY - timedelta(days=30), TODAY, clock=staff_clock())

        assert range_.uncounted[0] == TODAY - timedelta(days=9)
        assert len(range_.uncounted) == 5
        assert range_.total.count_of("texts") == 1


class TestPage:
    def test_every_number_opens_day_by_day_to_as_many_rows(self, manager: Desk) -> None:
        """P11, in two steps: the number, its days, their rows."""
        days_of_every_kind()
        roll_up(now=NOW, seconds=60)

        page = manager.read("delivery", first=DAY.isoformat(), last=TODAY.isoformat())
        links = links_of(page, tables="gateways|prefixs|steps|reasons")

        assert len(links) > 30
        assert {"handed_over", "still_open"} < {figure_of(link) for link, _ in links}
        for link, number in links:
            days = manager.client.get(link).content.decode()
            opened = links_of(days, tables="days")
            assert sum(rows for _, rows in opened) == number, link
            for of_day, rows in opened:
                listed = manager.client.get(of_day).content.decode()
                assert listed.count('class="listed-head"') == rows, of_day

    def test_it_says_delivered_share_open_cost_and_median(self, manager: Desk) -> None:
        days_of_every_kind()

        page = " ".join(manager.read("delivery").split())

        assert "44.4 %" in page  # 4 of 9
        assert "1 still open" in page
        assert "CNY 0.41, USD 0.09" in page or "CNY 0.40, USD 0.09" in page
        assert "+86 138…" in page

    def test_without_texts_it_says_so(self, manager: Desk) -> None:
        assert "No text was opened in these days." in manager.read("delivery")

    @pytest.mark.parametrize(
        "query",
        [
            {"first": "soon"},
            {"first": "2026-11-23", "last": "2026-11-01"},
            {"first": "2020-01-01", "last": "2026-11-01"},
            {"first": "2026-11-20", "last": "2026-12-24"},
        ],
    )
    def test_a_wrong_range_is_told_and_thirty_days_are_shown(
        self, manager: Desk, query: dict[str, str]
    ) -> None:
        assert "25 Oct 2026 – 23 Nov 2026" in manager.read("delivery", **query)

    @pytest.mark.parametrize(
        "address",
        ["delivery/sales/", "delivery/not_sent/", "delivery/texts/?by=sales", "delivery/?csv=x"],
    )
    def test_addresses_of_nothing_are_404(self, manager: Desk, address: str) -> None:
        assert manager.client.get(f"/staff/{address}").status_code == 404

    def test_a_table_is_a_file(self, manager: Desk) -> None:
        days_of_every_kind()

        file = manager.get("delivery", csv="gateways").content.decode("utf-8-sig")

        header, first, second = csv.reader(StringIO(file))
        assert header[-6:-3] == ["Handed over", "Delivered of those", "Still open"]
        assert first[:2] == ["simulator", "9"]
        assert second[:2] == ["kannel", "2"]

    def test_the_number_of_statements_does_not_grow_with_days_or_rows(self, manager: Desk) -> None:
        counts = []
        a_policy(-3)
        for days in (4, 20):
            for number in range(days):
                a_text(at=NOW - timedelta(days=number))
            roll_up(now=NOW, seconds=60)
            with CaptureQueriesContext(connection) as asked:
                manager.read("delivery")
            counts.append(len(asked))

        assert counts[0] == counts[1]


def figure_of(link: str) -> str:
    return link.partition("/delivery/")[2].partition("/")[0]


def links_of(page: str, *, tables: str) -> list[tuple[str, int]]:
    found = re.findall(rf'<a id="(?:{tables})-[^"]+" href="([^"]+)">([\d,]+)<', page)
    return [(link.replace("&amp;", "&"), int(rows.replace(",", ""))) for link, rows in found]
