"""Days that are over are counted once, and their sums never differ from their rows (P11)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from reminders.models import ClosedDay, LateChange, Message, Reminder
from reminders.models.choices import ReminderState
from reminders.pipeline.rollup import roll_up
from reminders.pipeline.settling import settle
from reminders.queries.counting import rows_by_state
from reminders.queries.day import DayFigures, day_figures, listed
from reminders.web.pages import staff_clock
from tests.builders import NOW, TODAY, a_member_of_staff
from tests.reminder_builders import a_message, a_reminder

pytestmark = pytest.mark.django_db

THEN = NOW - timedelta(days=3)
DAY = TODAY - timedelta(days=3)


def close_days() -> int:
    return roll_up(now=NOW, seconds=60).closed


def figures() -> DayFigures:
    return day_figures(DAY, clock=staff_clock(), now=NOW)


def statements_of_the_figures() -> int:
    with CaptureQueriesContext(connection) as asked:
        figures()
    return len(asked)


def a_past_day() -> None:
    for state in ("delivered", "delivered", "undelivered", "rejected", "unknown"):
        a_message(state=state, opened_at=THEN)
    Reminder.objects.update(decided_at=THEN)
    for reason in ("paid", "paid", "loan_closed"):
        a_reminder(state="skipped", reason=reason, decided_at=THEN)
    a_reminder(state="cancelled", reason="step_withdrawn", decided_at=THEN)
    a_reminder(reason="hours", decided_at=THEN)  # put off


def settled_by_staff() -> object:
    message = Message.objects.get(state="unknown")
    return settle(
        message_id=message.pk,
        arrived=True,
        note="called",
        settled_by=a_member_of_staff(),
        now=NOW,
    )


def taken_up_again() -> object:
    rows = Reminder.objects.filter(state="cancelled")
    return rows.update(state=ReminderState.PLANNED, reason="", decided_at=None)


def sent_in_vain_and_planned_again() -> object:
    rows = Reminder.objects.filter(message__state="undelivered")
    return rows.update(state=ReminderState.PLANNED, reason="undelivered")


CHANGES = (settled_by_staff, taken_up_again, sent_in_vain_and_planned_again)


class TestClosing:
    def test_sums_are_what_was_counted_live(self) -> None:
        a_past_day()
        live = figures(), rows_by_state()

        closed = close_days()

        assert closed == 2  # this day, and the one after it, which had nothing
        assert (figures(), rows_by_state()) == live
        assert statements_of_the_figures() == 2

    def test_a_day_is_counted_once(self) -> None:
        a_past_day()

        assert [close_days(), close_days()] == [2, 0]

    @pytest.mark.parametrize("state", ["sending", "waiting", "accepted"])
    def test_a_day_stays_open_while_a_text_is_under_way(self, state: str) -> None:
        a_past_day()
        a_message(state=state, opened_at=THEN)

        close_days()

        assert not ClosedDay.objects.filter(day=DAY).exists()
        assert figures().count_of("under_way") == 1

    def test_the_day_that_has_just_ended_stays_open(self) -> None:
        a_message(state="delivered", opened_at=NOW - timedelta(days=1))

        assert close_days() == 0

    def test_without_rows_there_is_nothing_to_close(self) -> None:
        assert close_days() == 0

    def test_another_time_zone_has_other_days(self, settings: Settings) -> None:
        a_past_day()
        close_days()
        settings.TIME_ZONE = "America/New_York"

        close_days()

        assert set(ClosedDay.objects.values_list("zone", flat=True)) == {"America/New_York"}
        assert rows_by_state().messages["delivered"] == 2

    def test_who_comes_second_leaves_it_at_that(self) -> None:
        a_past_day()

        assert roll_up(now=NOW, seconds=0).closed <= 1


class TestLateChanges:
    @pytest.mark.parametrize("change", CHANGES)
    def test_a_change_is_seen_at_once_and_counted_later(self, change: Callable[[], object]) -> None:
        a_past_day()
        close_days()
        before = figures(), rows_by_state()

        change()

        seen = figures(), rows_by_state()
        assert seen != before
        assert statements_of_the_figures() == 4  # live
        assert close_days() == 1
        assert (figures(), rows_by_state()) == seen
        assert statements_of_the_figures() == 2
        assert not LateChange.objects.filter(at=THEN).exists()

    def test_figures_agree_with_their_rows(self) -> None:
        a_past_day()
        close_days()
        settled_by_staff()
        for _again in range(2):
            day = figures()
            for figure in ("texts", "delivered", "undelivered", "unknown", "rejected", "not_sent"):
                page = listed(figure, day=DAY, clock=staff_clock(), now=NOW)
                assert len(page.rows) == day.count_of(figure), figure
            close_days()

    def test_what_happens_on_its_own_day_leaves_no_note(self) -> None:
        message = a_message(state="sending")
        Message.objects.filter(pk=message.pk).update(state="accepted", lease_until=None)
        reminder = a_reminder()
        Reminder.objects.filter(pk=reminder.pk).update(
            state="skipped", reason="paid", decided_at=NOW
        )

        assert not LateChange.objects.exists()
