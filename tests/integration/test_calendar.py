"""Days of rest: loaded from files, kept by the decision, and said when they are not known."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from reminders.authoring.calendar import read_days, shipped_calendars
from reminders.checks import days_of_rest
from reminders.core.vocabulary import RestDays
from reminders.facts.borrowers import rules_in_force
from reminders.facts.calendar import calendar_in_force, unknown_years
from reminders.models import CalendarDay, ContactRules, Reminder
from reminders.pipeline.opening import open_batch
from reminders.pipeline.planning import plan
from tests.builders import NOW, an_instalment
from tests.reminder_builders import a_policy

pytestmark = pytest.mark.django_db

HEADER = "date,kind,name,official\n"
NEW_YEAR = date(2027, 1, 1)


def load(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("load_calendar", *args, stdout=out, **options)
    return out.getvalue().strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "days.csv"


class TestLoadCalendar:
    def test_takes_days_once(self, file: Path) -> None:
        file.write_text(
            f"# by notice\n{HEADER}2027-01-01,holiday,元旦,yes\n2027-01-03,workday,元旦,no\n"
        )

        assert load(file) == "2 days new, 0 changed, 0 forgotten"
        assert load(file) == "0 days new, 0 changed, 0 forgotten"
        assert list(CalendarDay.objects.values_list("calendar", "date", "kind", "is_official")) == [
            ("CN", NEW_YEAR, "holiday", True),
            ("CN", date(2027, 1, 3), "workday", False),
        ]

    def test_is_the_whole_truth_about_its_years(self, file: Path) -> None:
        file.write_text(
            HEADER + "2027-01-01,holiday,a,no\n2027-05-01,holiday,b,no\n2028-01-01,holiday,c,\n"
        )
        load(file)
        file.write_text(HEADER + "2027-01-01,holiday,元旦,yes\n2027-05-02,holiday,b,yes\n")

        assert load(file) == "1 days new, 1 changed, 1 forgotten"
        assert [f"{day.date} {day.name}" for day in CalendarDay.objects.all()] == [
            "2027-01-01 元旦",
            "2027-05-02 b",
            "2028-01-01 c",
        ]

    def test_names_bad_rows_takes_the_good_ones_and_forgets_nothing(self, file: Path) -> None:
        CalendarDay.objects.create(
            calendar="CN", date=date(2027, 5, 1), kind="holiday", name="x", is_official=False
        )
        file.write_text(
            HEADER
            + "2027-01-01,holiday,元旦,yes\n"
            + "2027-02-30,holiday,x,yes\n"
            + "2027-01-01,holiday,again,yes\n"
            + "1927-01-01,holiday,x,yes\n"
            + "2027-01-02,party,x,yes\n"
            + "2027-01-03,workday,,yes\n"
            + "2027-01-04,workday,x,perhaps\n"
            + "2027-01-05\n"
        )

        with pytest.raises(CommandError) as refusal:
            load(file)

        assert str(refusal.value).splitlines() == [
            "line 3: “2027-02-30” is no date such as 2027-01-01.",
            "line 4: The date stands there twice.",
            "line 5: 1927-01-01 is not of this century.",
            "line 6: “party” is no kind of day; there are: holiday, workday.",
            "line 7: The name is empty, too long or not printable.",
            "line 8: official is yes or no.",
            "line 9: “” is no kind of day; there are: holiday, workday.",
        ]
        assert CalendarDay.objects.count() == 2

    @pytest.mark.parametrize("text", ["", "date,name\n2027-01-01,x\n"])
    def test_refuses_a_file_without_its_columns(self, file: Path, text: str) -> None:
        file.write_text(text)

        with pytest.raises(CommandError, match="A column is missing"):
            load(file)

    def test_refuses_what_it_cannot_read(self, file: Path) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            load(file)
        file.write_bytes(b"\xff\xfe")
        with pytest.raises(CommandError, match="cannot be read"):
            load(file)
        with pytest.raises(CommandError, match="no code of a calendar"):
            load(file, "--calendar", "../CN")
        with pytest.raises(CommandError, match="either a FILE or --shipped"):
            load()

    def test_keeps_calendars_apart(self, file: Path, settings: Settings) -> None:
        file.write_text(HEADER + "2027-01-01,holiday,New Year,yes\n")
        load(file, "--calendar", "IN")

        assert calendar_in_force().holidays == {}
        settings.DEFAULT_REGION = "IN"
        assert calendar_in_force().holidays == {NEW_YEAR: "New Year"}


class TestShipped:
    def test_is_good_and_complete(self) -> None:
        days, problems = read_days(shipped_calendars()["CN"])

        assert problems == []
        worked = {
            year: sum(day.date.year == year and day.kind == "workday" for day in days)
            for year in (2024, 2025, 2026, 2027)
        }
        assert worked == {2024: 8, 2025: 5, 2026: 6, 2027: 0}
        assert {day.is_official for day in days if day.date.year < 2027} == {True}
        assert {day.is_official for day in days if day.date.year == 2027} == {False}
        assert all(day.date.weekday() >= 5 for day in days if day.kind == "workday")

    def test_is_loaded_once_and_never_over_what_an_operator_loaded(self, file: Path) -> None:
        file.write_text(HEADER + "2027-01-01,holiday,元旦,yes\n")
        load(file)

        assert load("--shipped") == "108 days new, 0 changed, 0 forgotten"
        assert load("--shipped") == "0 days new, 0 changed, 0 forgotten"
        assert CalendarDay.objects.filter(date__year=2027).count() == 1


class TestDecision:
    NATIONAL_DAY = datetime(2026, 10, 1, 2, tzinfo=UTC)

    def test_puts_collection_off_to_the_next_working_day(self) -> None:
        load("--shipped")
        a_policy(1)
        an_instalment(due_date=date(2026, 9, 30))
        plan(now=self.NATIONAL_DAY)
        Reminder.objects.update(expires_at=self.NATIONAL_DAY + timedelta(days=20))

        opened = open_batch(now=self.NATIONAL_DAY, limit=10, gateway="simulator")

        assert opened.outcomes == {"deferred:rest_day": 1}
        reminder = Reminder.objects.get()
        assert reminder.next_attempt_at == datetime(2026, 10, 8, tzinfo=UTC)
        assert reminder.trace is not None
        assert reminder.trace[-1][:2] == ["working_day", False]

    def test_sends_service_notices_on_a_holiday(self) -> None:
        load("--shipped")
        a_policy(-3)
        an_instalment(due_date=date(2026, 10, 4))
        plan(now=self.NATIONAL_DAY)

        opened = open_batch(now=self.NATIONAL_DAY, limit=10, gateway="simulator")

        assert opened.outcomes == {"sent": 1}


class TestUnknownYears:
    def test_are_told_a_month_ahead(self, file: Path) -> None:
        file.write_text(HEADER + "2026-10-01,holiday,x,yes\n")
        load(file)
        rules = rules_in_force()

        assert unknown_years(rules, now=NOW) == []
        assert unknown_years(rules, now=NOW + timedelta(days=10)) == [2027]

    def test_do_not_matter_where_no_day_is_kept(self, settings: Settings) -> None:
        settings.CONTACT_PROFILE = "uk_conc"

        assert unknown_years(rules_in_force(), now=NOW) == []

    def test_are_a_warning_of_the_check(self) -> None:
        assert {found.id for found in days_of_rest(databases=["default"])} == {"duecourse.W002"}
        assert days_of_rest() == []

    def test_are_said_where_the_rules_are_set(self, admin_client: Any) -> None:
        page = admin_client.get("/admin/reminders/contactrules/add/").content.decode()

        assert "load_calendar" in page


class TestOperator:
    def test_tightens_the_days_of_rest(self) -> None:
        ContactRules.objects.create(pk=1, rest_days="holidays_and_weekends", updated_at=NOW)

        assert rules_in_force().rest_days is RestDays.HOLIDAYS_AND_WEEKENDS
