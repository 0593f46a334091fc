"""Today's run for managers: every number adds up and opens to its rows, while the run goes on."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertNumQueries
from pytest_django.fixtures import Settings

from reminders.models import Reminder
from reminders.queries.run import PARTS, Run, run_of
from reminders.web.pages import staff_clock
from tests.builders import NOW, TODAY, a_member_of_staff
from tests.integration.desk import Desk, desk
from tests.integration.managers import manager, texts_of_all_who_ask
from tests.reminder_builders import a_message, a_policy, a_reminder

__all__ = ["desk", "manager"]
pytestmark = pytest.mark.django_db


def a_running_day() -> None:
    """A reminder or two in every part, of two steps, with neighbours that are not of today."""
    policy, other = a_policy(-3), a_policy(-1, key="other")
    for state in ("delivered", "delivered", "sending", "waiting", "undelivered", "unknown"):
        a_message(reminder=a_reminder(policy=policy), state=state)
    a_message(reminder=a_reminder(policy=other), state="rejected", gateway="kannel")
    for reason in ("paid", "paid", "holdout"):
        a_reminder(policy=policy, state="skipped", reason=reason, decided_at=NOW)
    a_reminder(policy=other, state="expired", reason="too_late", decided_at=NOW)
    a_reminder(policy=policy, next_attempt_at=NOW - timedelta(minutes=7))
    a_reminder(policy=policy, next_attempt_at=NOW + timedelta(hours=3))
    a_reminder(policy=other, next_attempt_at=NOW + timedelta(hours=3))
    tomorrow = NOW + timedelta(days=1)
    a_reminder(policy=policy, reason="per_day", decided_at=NOW, next_attempt_at=tomorrow)
    # Not of today:
    a_reminder(policy=policy, next_attempt_at=tomorrow)
    a_reminder(policy=policy, state="skipped", reason="paid", decided_at=NOW - timedelta(days=1))


def the_run() -> Run:
    return run_of(TODAY, clock=staff_clock(), now=NOW)


def numbers_and_links(page: str) -> list[tuple[str, int]]:
    """Every number of the page that is a link, but for those of the charts."""
    figures = re.findall(r'href="([^"]+)"[^>]*>\s*<span class="figure">([\d,]+)</span>', page)
    cells = re.findall(
        r'<a id="(?:steps|reasons|gateways|minutes)-[^"]+" href="([^"]+)">([\d,]+)<', page
    )
    head = re.findall(r'<a class="figure" href="([^"]+)">([\d,]+)<', page)
    found = [*figures, *cells, *head]
    return [(link.replace("&amp;", "&"), int(rows.replace(",", ""))) for link, rows in found]


class TestAccess:
    @pytest.mark.parametrize("group", ["collections", "managers"])
    def test_without_the_right_one_is_told_what_is_missing(self, desk: Desk, group: str) -> None:
        desk.client.force_login(a_member_of_staff(username="lin2", groups=(group,)))

        response = desk.get("overview")

        assert response.status_code == 403
        assert "open to the group “managers”" in response.content.decode()

    def test_strangers_sign_in_first(self, client: Client) -> None:
        for address in ("overview/", "overview/due/", f"texts/{TODAY}/texts/"):
            response = client.get(f"/staff/{address}")
            assert response.headers["Location"].startswith("/login/"), address

    def test_managers_get_there_from_every_page(self, manager: Desk, desk: Desk) -> None:
        assert 'href="/staff/overview/"' in manager.read("home")

    def test_agents_are_not_offered_what_is_closed_to_them(self, desk: Desk) -> None:
        assert "/staff/overview/" not in desk.read("home")


class TestTheRun:
    def test_the_parts_add_up_to_the_reminders_of_the_day(self) -> None:
        a_running_day()

        run = the_run()

        assert {part: run.count_of(part) for part in PARTS} == {
            "to_come": 2,
            "due": 1,
            "put_off": 1,
            "not_sent": 4,
            "delivered": 2,
            "under_way": 2,
            "undelivered": 1,
            "unknown": 1,
            "rejected": 1,
        }
        assert run.count_of("all") == 15 == Reminder.objects.count() - 2

    def test_reasons_add_up_to_what_was_put_off_and_not_sent(self) -> None:
        a_running_day()

        run = the_run()

        for part in ("put_off", "not_sent"):
            reasons = sum(rows for (its, _), rows in run.by_reason.items() if its == part)
            assert reasons == run.count_of(part)

    def test_what_was_put_off_twice_is_counted_once(self) -> None:
        a_policy(-3)
        a_reminder(reason="hours", decided_at=NOW, next_attempt_at=NOW + timedelta(hours=1))
        a_reminder(
            reason="hours",
            decided_at=NOW - timedelta(days=1),
            next_attempt_at=NOW + timedelta(hours=1),
        )

        assert the_run().count_of("all") == the_run().count_of("put_off") == 2

    def test_every_number_opens_to_as_many_rows(self, manager: Desk) -> None:
        """P11: whatever number the screen shows, its rows are behind it."""
        a_running_day()

        found = numbers_and_links(manager.read("overview"))

        assert len(found) > 30
        for link, rows in found:
            page = manager.client.get(link).content.decode()
            assert page.count('class="listed-head"') == rows, link

    def test_a_list_says_what_it_was_narrowed_to(self, manager: Desk) -> None:
        a_running_day()

        page = manager.read("run_list", "not_sent", reason="paid")

        assert "2 rows" in page
        assert '<span class="tag">Paid</span>' in page

    def test_the_list_of_all_goes_on_from_what_was_decided_to_what_waits(
        self, manager: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reminders.queries.listing.PAGE", 4)
        a_running_day()
        address, seen = reverse("staff:run_list", args=["all"]), []

        while address:
            page = manager.client.get(address).content.decode()
            seen += re.findall(r"/staff/borrowers/([^/]+)/", page)
            more = re.search(r'href="(\?after=[^"]+)"', page)
            address = reverse("staff:run_list", args=["all"]) + more[1] if more else ""

        assert len(seen) == len(set(seen)) == 15

    def test_with_nothing_to_do_it_says_so(self, manager: Desk) -> None:
        page = manager.read("overview")

        assert "No policy wants anything of today." in page
        assert "No text was opened in the last hour." in page
        assert "nothing waits" in page


class TestWhoAsked:
    def test_people_and_campaigns_have_lines_of_their_own(self, manager: Desk) -> None:
        texts_of_all_who_ask()

        of = the_run().by_step
        page = manager.read("overview")

        assert of["by_hand", "under_way"] == 1
        assert of["campaign", "under_way"] == 2
        assert len(of) == 3
        assert ">by hand<" in page
        assert ">by a campaign<" in page

    @pytest.mark.parametrize(("step", "rows"), [("by_hand", 1), ("campaign", 2), ("", 4)])
    def test_the_lines_open_to_their_rows(self, manager: Desk, step: str, rows: int) -> None:
        texts_of_all_who_ask()

        page = manager.read("run_list", "all", step=step)

        assert page.count('class="listed-head"') == rows


class TestPace:
    def test_throughput_is_that_of_the_last_hour(self, manager: Desk) -> None:
        policy = a_policy(-3)
        for minutes in (0, 0, 5, 59, 61):
            opened_at = NOW - timedelta(minutes=minutes)
            a_message(reminder=a_reminder(policy=policy), opened_at=opened_at)

        run = the_run()

        assert run.last_hour == 4
        assert [rows for _minute, rows in run.minutes if rows] == [1, 1, 2]
        assert run.minutes[-1] == (NOW, 2)

    def test_it_says_how_long_the_oldest_waits(self, manager: Desk) -> None:
        a_policy(-3)
        a_reminder(next_attempt_at=NOW - timedelta(minutes=12))
        a_reminder(next_attempt_at=NOW - timedelta(minutes=2))

        page = manager.read("overview")

        assert ">12 min</a>" in page
        assert "More than five minutes" in page


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "overview/sales/",
            "overview/not_sent/?reason=none_of_ours",
            "overview/due/?after=x",
            "overview/due/?step=x",
            "overview/all/?after=plannedx",
            "overview/?csv=sales",
            f"texts/{TODAY}/sales/",
            f"texts/{TODAY}/texts/?minute=soon",
            f"texts/{TODAY}/texts/?minute=2026-11-23T10:00:00",
            f"texts/{TODAY}/texts/?after=99999999999999999999",
        ],
    )
    def test_of_nothing_are_404(self, manager: Desk, address: str) -> None:
        assert manager.client.get(f"/staff/{address}").status_code == 404

    def test_odd_words_find_nothing(self, manager: Desk) -> None:
        assert "Nothing here any more" in manager.read(
            "text_list", TODAY, "texts", gateway="<b>'\0"
        )


class TestFile:
    def test_holds_the_rows_of_the_table(self, manager: Desk) -> None:
        a_running_day()

        answer = manager.get("overview", csv="gateways")

        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == (
            'attachment; filename="duecourse-2026-11-23-gateways.csv"'
        )
        assert answer.content.startswith(b"\xef\xbb\xbf")
        header, *rows = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
        assert header[:3] == ["Gateway", "Channel", "Texts"]
        assert rows == [
            ["kannel", "Text message", "1", "0", "0", "0", "0", "1"],
            ["simulator", "Text message", "6", "2", "2", "1", "1", "0"],
        ]

    def test_a_name_that_looks_like_a_formula_stays_text(self, manager: Desk) -> None:
        a_message(reminder=a_reminder(policy=a_policy(-3)), gateway="=cmd|calc")

        file = manager.get("overview", csv="gateways").content.decode("utf-8-sig")

        assert "'=cmd|calc" in file


class TestSpeed:
    def test_the_number_of_statements_does_not_grow(
        self, manager: Desk, settings: Settings
    ) -> None:
        a_running_day()
        for _more in range(2):
            with assertNumQueries(10):  # five of them who is asking, and what they may
                manager.read("overview")
            with assertNumQueries(22):
                manager.read("run_list", "all")
            a_running_day_again()


def a_running_day_again() -> None:
    for _number in range(10):
        a_message(reminder=a_reminder(), state="delivered")
        a_reminder(state="skipped", reason="paid", decided_at=NOW)
