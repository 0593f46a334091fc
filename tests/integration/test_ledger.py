"""The age of the ledger: overdue texts wait for the next feed of payments, and someone is told."""

import logging
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import ImportRun
from reminders.facts.borrowers import borrowers, rules_in_force
from reminders.facts.ledger import ledger_age, ledger_as_of
from reminders.facts.policies import steps_in_force
from reminders.models import ContactRules, Reminder
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from reminders.queries.borrower import person_of
from reminders.queries.outlook import outlook_for
from reminders.queries.preview import preview
from tests.builders import NOW, TODAY, a_customer, an_instalment
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_policy

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

TWO_DAYS_AGO = NOW - timedelta(hours=48)


def a_feed(*files: str, at: datetime = NOW, is_finished: bool = True, **summary: Any) -> ImportRun:
    return ImportRun.objects.create(
        source="feed",
        started_at=at - timedelta(minutes=5),
        finished_at=at if is_finished else None,
        summary={"files": {name: {} for name in files or ("payments.csv",)}, **summary},
    )


class TestLedgerAsOf:
    def test_is_nothing_when_payments_were_never_fed_in(self) -> None:
        a_feed("customers.csv", "loans.csv")
        ImportRun.objects.create(source="x", started_at=NOW, summary={"refused": "no folder"})

        assert ledger_as_of() is None

    def test_is_the_end_of_the_last_run_that_brought_payments(self) -> None:
        a_feed(at=TWO_DAYS_AGO)
        a_feed(at=TWO_DAYS_AGO + timedelta(hours=1))
        a_feed("customers.csv", at=NOW)

        assert ledger_as_of() == TWO_DAYS_AGO + timedelta(hours=1)

    def test_is_the_beginning_of_one_that_was_cut_short_after_its_commit(self) -> None:
        a_feed(is_finished=False)

        assert ledger_as_of() == NOW - timedelta(minutes=5)

    def test_is_not_the_demonstration_book(self) -> None:
        a_feed(demonstration=True)
        a_feed(at=TWO_DAYS_AGO, demonstration=False)

        assert ledger_as_of() == TWO_DAYS_AGO

    def test_is_found_behind_any_number_of_other_imports(self) -> None:
        a_feed(at=TWO_DAYS_AGO)
        for _ in range(60):
            a_feed("customers.csv", at=NOW)

        assert ledger_as_of() == TWO_DAYS_AGO


class TestLedgerAge:
    @pytest.mark.parametrize(("allowed", "is_stale"), [(None, True), (0, False), (48, False)])
    def test_is_judged_by_what_the_operator_allows(
        self, allowed: int | None, is_stale: bool
    ) -> None:
        a_feed(at=TWO_DAYS_AGO)
        ContactRules.objects.create(pk=1, ledger_max_age_hours=allowed, updated_at=NOW)

        age = ledger_age(rules_in_force(), now=NOW)

        assert (age.hours, age.is_stale) == (48, is_stale)

    def test_of_a_ledger_that_was_never_fed_is_none(self) -> None:
        age = ledger_age(rules_in_force(), now=NOW)

        assert (age.hours, age.is_stale) == (None, False)


class TestDispatch:
    def test_puts_off_what_is_overdue_and_sends_the_rest(self) -> None:
        a_policy(-3, 3)
        overdue = an_instalment(due_date=TODAY - timedelta(days=3))
        an_instalment(due_date=TODAY + timedelta(days=3))
        a_feed(at=TWO_DAYS_AGO)
        plan(now=NOW)

        opened = open_batch(now=NOW, limit=10, gateway="simulator")

        assert opened.outcomes == {"deferred:ledger_stale": 1, "sent": 1}
        waiting = Reminder.objects.get(instalment=overdue)
        assert waiting.next_attempt_at == NOW + timedelta(hours=1)

    def test_sends_once_a_feed_came_in(self) -> None:
        a_policy(3)
        an_instalment(due_date=TODAY - timedelta(days=3))
        a_feed(at=TWO_DAYS_AGO)
        plan(now=NOW)
        open_batch(now=NOW, limit=10, gateway="simulator")

        a_feed(at=NOW)
        later = NOW + timedelta(hours=1)

        assert open_batch(now=later, limit=10, gateway="simulator").outcomes == {"sent": 1}


class TestTheFuture:
    """Of tomorrow it is taken that the feed goes on."""

    def test_is_previewed_with_fresh_payments(self) -> None:
        a_policy(3)
        an_instalment(due_date=TODAY)
        a_feed(at=NOW)

        found = preview(
            steps_in_force(),
            first=TODAY,
            last=TODAY + timedelta(days=5),
            zone=ZoneInfo("Asia/Shanghai"),
            now=NOW,
        )

        assert {(line.day, line.decision) for line in found.reminders} == {
            (date(2026, 11, 26), "send")
        }

    def test_is_foreseen_on_the_page_as_well(self) -> None:
        a_policy(3)
        customer = an_instalment(due_date=TODAY - timedelta(days=3)).loan.customer
        a_feed(at=TWO_DAYS_AGO)
        plan(now=NOW)

        (row,) = outlook_for(person_of(customer), now=NOW).upcoming

        assert [moment.at for moment in row.moments] == [NOW, NOW + timedelta(hours=1)]
        assert row.verdict == "send"


class TestSomeoneIsTold:
    def test_by_an_error_at_every_planning(self, caplog: pytest.LogCaptureFixture) -> None:
        a_feed(at=TWO_DAYS_AGO)

        with caplog.at_level(logging.ERROR):
            plan(now=NOW)

        (record,) = caplog.records
        assert record.getMessage().startswith("overdue texts wait: payments were last fed in 48 h")

    def test_not_while_it_is_fresh(self, caplog: pytest.LogCaptureFixture) -> None:
        a_feed(at=NOW)

        plan(now=NOW)

        assert caplog.records == []

    def test_on_the_first_page_of_staff(self, desk: Desk) -> None:
        assert "Overdue texts wait" not in desk.read("home")
        a_feed(at=TWO_DAYS_AGO)

        assert "Overdue texts wait for the next payments" in desk.read("home")


class TestSeveralZones:
    def test_are_read_with_the_borrower(self) -> None:
        customer = a_customer(other_timezones=["Asia/Tokyo"])

        facts = borrowers(customer_ids=[customer.pk], now=NOW)[customer.pk]

        assert [zone.key for zone in facts.zones] == ["Asia/Shanghai", "Asia/Tokyo"]

    def test_an_unknown_one_makes_the_borrower_unreadable(self) -> None:
        """Nobody could say whether it is permitted there."""
        customer = a_customer(other_timezones=["Mars/Olympus"])

        assert borrowers(customer_ids=[customer.pk], now=NOW) == {}

    def test_are_shown_on_the_borrowers_page(self, desk: Desk) -> None:
        customer = a_customer(other_timezones=["Asia/Tokyo"])

        assert "perhaps in Asia/Tokyo" in desk.borrower(customer)
