"""What a draft would change is what it changes: foreseen, lived through, compared to the row."""

import csv
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Min

from accounts.models import ImportRun
from reminders.authoring import policies, templates
from reminders.gateways.base import Gateway
from reminders.models import MessageTemplate, Policy, PolicyVersion, Reminder, StepVersion
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.queries.difference import (
    THEN,
    TODAY,
    Cell,
    Change,
    borrowers_with_loans,
    changes,
    difference,
)
from reminders.queries.difference_csv import COLUMNS, as_csv
from reminders.queries.spreadsheet import safe
from tests.builders import NOW, a_customer, a_loan, an_instalment
from tests.builders import TODAY as THIS_DAY
from tests.integration.books import bring_in
from tests.real_book import make_real_book
from tests.reminder_builders import BODY_AFTER, a_policy, a_step

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEN_IN_TAIPEI = datetime(2026, 11, 24, 2, 0, 30, tzinfo=UTC)
BORROWERS, DAYS = 400, 3

Row = tuple[int, str, str]
Rows = dict[Row, tuple[datetime, str, int]]


def live(*, now: datetime, days: int, gateway: Gateway) -> Rows:
    """Plans and sends for so many days as the ticks would, and says what went out when.

    Nobody pays meanwhile, and the feed of payments goes on.
    """
    until, at = now + timedelta(days=days), now
    while at < until:
        ImportRun.objects.update(finished_at=at)
        plan(now=at)
        while dispatch(now=at, gateway=gateway, stopwatch=lambda: 0.0).borrowers:
            pass
        due = Reminder.objects.filter(state="planned").aggregate(at=Min("next_attempt_at"))["at"]
        at = min(due or until, at + timedelta(hours=24))
    sent = Reminder.objects.filter(message__opened_at__gte=now, step__isnull=False).values_list(
        "instalment_id",
        "step__policy__key",
        "step__key",
        "message__opened_at",
        "message__body",
        "message__parts",
    )
    return {row[:3]: row[3:] for row in sent}


def happened(today: Rows, then: Rows) -> dict[Row, tuple[object, object]]:
    return {
        key: (today.get(key), then.get(key))
        for key in today.keys() | then.keys()
        if today.get(key) != then.get(key)
    }


def foreseen(found: list[Change]) -> dict[Row, tuple[object, object]]:
    return {
        (one.instalment_id, one.policy_key, one.step_key): tuple(  # type: ignore[misc]
            (text.at, text.body, text.parts) if text else None for text in (one.today, one.then)
        )
        for one in found
    }


def a_changed_draft(policy: Policy, *, now: datetime) -> PolicyVersion:
    """Something of everything: a step later in the day, one for fewer, one new, one gone, some in
    another tone, and a greater hold-out."""
    draft = policies.new_draft(policy=policy, by=None, now=now)
    draft.steps.filter(key="day-after").update(local_time=time(11, 30))
    draft.steps.filter(key="week-after").update(tiers=["high"])
    draft.steps.filter(key__in=["day-before", "due-day", "day-after"]).update(tone="firm")
    draft.steps.filter(key="three-days-before").delete()
    two_before = {"key": "two-days-before", "offset_days": -2, "valid_until_offset_days": -2}
    copied = draft.steps.get(key="day-before").as_values()
    StepVersion.objects.create(version=draft, **copied | two_before)
    draft.holdout_percent = Decimal(10)
    draft.save()
    return draft


@pytest.mark.book
@pytest.mark.django_db
class TestOnTheRealBook:
    def test_what_was_foreseen_happens_to_the_row(self, tmp_path: Path, gateway: Gateway) -> None:
        folder = make_real_book(tmp_path, as_of="2026-11-23", limit=BORROWERS)
        bring_in(folder, now=TEN_IN_TAIPEI)
        call_command("load_shipped_policy", stdout=StringIO())
        policy = Policy.objects.get()
        draft = a_changed_draft(policy, now=TEN_IN_TAIPEI)
        plan(now=TEN_IN_TAIPEI - timedelta(hours=1))  # what is planned already is re-timed

        ids, of = borrowers_with_loans()
        assert len(ids) == of > BORROWERS / 2
        found = list(changes(draft, days=DAYS, now=TEN_IN_TAIPEI, customer_ids=ids))
        counted = difference(draft, days=DAYS, now=TEN_IN_TAIPEI, zone=SHANGHAI, walked_max=None)

        with transaction.atomic():
            today = live(now=TEN_IN_TAIPEI, days=DAYS, gateway=gateway)
            transaction.set_rollback(True)
        policies.publish(version=draft, by=None, now=TEN_IN_TAIPEI)
        then = live(now=TEN_IN_TAIPEI, days=DAYS, gateway=gateway)

        assert foreseen(found) == happened(today, then)
        kinds = Counter(kind for one in found for kind in one.kinds)
        assert {"added", "dropped", "moved", "reworded"} <= kinds.keys(), kinds
        by_kind: Counter[str] = Counter()
        for (_policy, _step, kind), count in counted.changes.items():
            by_kind[kind] += count
        assert by_kind == kinds
        for course, rows in ((TODAY, today), (THEN, then)):
            assert sum(n for cell, n in counted.sent.items() if cell.course == course) == len(rows)


@pytest.mark.django_db
class TestDifference:
    def test_counts_by_day_step_tier_and_channel_and_stores_nothing(self) -> None:
        policy = a_policy(-3, 1)
        an_instalment(due_date=THIS_DAY + timedelta(days=3))
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.filter(key="day-3").update(local_time=time(15))

        found = difference(draft, days=7, now=NOW, zone=SHANGHAI)

        assert found.changes == {("standard", "day-3", "moved"): 1}
        assert found.sent == {
            Cell(course, day, "standard", step, "medium", "sms"): 1
            for course in (TODAY, THEN)
            for day, step in (
                (THIS_DAY, "day-3"),
                (THIS_DAY + timedelta(days=4), "day-plus-1"),
            )
        }
        assert (found.borrowers, found.walked, found.is_sample) == (1, 1, False)
        assert found.totals[TODAY].texts == found.totals[THEN].texts == 2
        assert not Reminder.objects.exists()

    def test_of_a_draft_that_says_the_same_is_nothing(self) -> None:
        policy = a_policy(-3)
        an_instalment(due_date=THIS_DAY + timedelta(days=3))

        found = difference(
            policies.new_draft(policy=policy, by=None, now=NOW), days=7, now=NOW, zone=SHANGHAI
        )

        assert not found.changes
        assert found.reached == {TODAY: 1, THEN: 1}

    def test_of_new_words_is_told_for_a_template_too(self) -> None:
        a_policy(1)
        an_instalment(due_date=THIS_DAY - timedelta(days=1))
        draft = templates.new_draft(
            template=MessageTemplate.objects.get(key="after"), by=None, now=NOW
        )
        draft.texts.update(body="请尽快还款。" + BODY_AFTER)

        found = difference(draft, days=7, now=NOW, zone=SHANGHAI)

        assert found.changes == {("standard", "day-plus-1", "reworded"): 1}
        (example,) = found.examples["standard", "day-plus-1", "reworded"]
        assert example.then is not None
        assert "请尽快还款。" in example.then.body

    def test_tells_another_total_from_other_words(self) -> None:
        """Two steps at one time speak in one text; without one of them it has another total."""
        policy = a_policy(-3)
        loan = a_loan(product="cash")
        an_instalment(loan=loan, due_date=THIS_DAY + timedelta(days=3))
        an_instalment(
            loan=a_loan(customer=loan.customer, product="car"),
            due_date=THIS_DAY + timedelta(days=4),
        )
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        four = a_step(-4, products=["car"], valid_until_offset_days=-1)
        four.version = draft
        four.save()

        found = difference(draft, days=1, now=NOW, zone=SHANGHAI)

        assert found.changes == {
            ("standard", "day-4", "added"): 1,
            ("standard", "day-3", "refigured"): 1,
        }
        assert found.totals[THEN].texts == 1

    def test_names_the_rule_that_puts_a_step_off(self) -> None:
        """Twenty hours lie between texts: the second loan's waits, and is untrue by then."""
        policy = a_policy(1)
        both = a_customer()
        for days in (3, -1):
            an_instalment(loan=a_loan(customer=both), due_date=THIS_DAY + timedelta(days=days))
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        early = a_step(-3)
        early.version = draft
        early.save()

        found = difference(draft, days=7, now=NOW, zone=SHANGHAI)

        assert found.put_off == {(THEN, "standard", "day-3", "one_text_at_a_time"): 1}
        assert found.lost == found.put_off

    def test_of_a_large_book_is_told_from_a_sample(self) -> None:
        policy = a_policy(1)
        for _ in range(60):
            an_instalment(due_date=THIS_DAY - timedelta(days=1))
        draft = policies.new_draft(policy=policy, by=None, now=NOW)

        found = difference(draft, days=1, now=NOW, zone=SHANGHAI, walked_max=30)
        again = difference(draft, days=1, now=NOW, zone=SHANGHAI, walked_max=30)

        assert found.is_sample
        assert 10 < found.walked < 50
        assert found.reached[THEN] == found.walked == again.walked


@pytest.mark.django_db
class TestCsv:
    def test_holds_every_row_and_no_formula(self) -> None:
        policy = a_policy(-3)
        customer = a_customer(customer_no="=1+1")
        an_instalment(
            loan=a_loan(customer=customer, loan_no="L-1"), due_date=THIS_DAY + timedelta(days=3)
        )
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.update(local_time=time(15))
        ids, _of = borrowers_with_loans()

        text = "".join(
            as_csv(changes(draft, days=7, now=NOW, customer_ids=ids), zone=SHANGHAI)
        ).removeprefix("\ufeff")

        (row,) = csv.DictReader(StringIO(text))
        assert tuple(row) == COLUMNS
        assert (row["customer_no"], row["loan_no"], row["what"]) == ("'=1+1", "L-1", "moved")
        assert (row["today_at"], row["then_at"]) == ("2026-11-23 10:00", "2026-11-23 15:00")

    @pytest.mark.parametrize("value", ["=A1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
    def test_keeps_what_a_spreadsheet_would_run_as_text(self, value: str) -> None:
        assert safe(value) == f"'{value}"

    def test_leaves_ordinary_text_alone(self) -> None:
        assert safe("【安心】王**，1.00元") == "【安心】王**，1.00元"
