"""The demonstration book: made up, repeatable, and with something to send at any hour."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts import encryption
from accounts.demonstration.book import CUSTOMERS, SEED, write_book
from accounts.demonstration.lending import month_after
from accounts.demonstration.load import load_demo_book
from accounts.demonstration.logins import GROUPS
from accounts.importing.book import Outcome
from accounts.models import ContactPoint, Customer, Hold, Instalment, RiskAssessment, Staff
from tests.builders import NOW, a_customer
from tests.integration.books import shared_folder

pytestmark = pytest.mark.django_db

STEPS = {-3, -1, 0, 1, 3, 7, 15}
PERMITTED = range(10, 20)


def load(now: datetime = NOW) -> Outcome | None:
    return load_demo_book(customers=CUSTOMERS, seed=SEED, now=now, say=lambda _line: None)


class TestWriteBook:
    def test_writes_the_same_bytes_for_the_same_seed(self, tmp_path: Path) -> None:
        contents: list[dict[str, bytes]] = []
        for seed in (7, 7, 8):
            folder = tmp_path / f"{len(contents)}"
            folder.mkdir()
            write_book(folder, customers=30, seed=seed, now=NOW)
            contents.append({path.name: path.read_bytes() for path in folder.iterdir()})

        assert contents[0] == contents[1] != contents[2]


class TestLoadDemoBook:
    def test_brings_in_made_up_borrowers_without_a_reject(self) -> None:
        outcome = load()

        assert outcome is not None
        assert outcome.rejected_total == 0
        assert Customer.objects.filter(is_demonstration=True).count() == CUSTOMERS
        assert Hold.objects.count() >= 5

    def test_leaves_work_for_the_desk(self) -> None:
        load()

        promised = Hold.objects.filter(kind="promise_to_pay")
        assert promised.filter(until_at__lt=NOW + timedelta(days=1)).exists()
        assert promised.filter(until_at__gt=NOW + timedelta(days=1)).exists()
        assert Hold.objects.filter(kind="dispute").exists()
        assert ContactPoint.objects.filter(unusable_since__lt=NOW).exists()

    def test_stays_out_where_there_are_borrowers(self) -> None:
        a_customer()

        assert load() is None
        assert Customer.objects.count() == 1

    def test_uses_no_number_that_could_be_a_real_persons(self) -> None:
        load()

        for point in ContactPoint.objects.filter(channel="sms"):
            number = phonenumbers.parse(encryption.decrypt(point.address_encrypted))
            assert not phonenumbers.is_valid_number(number)

    def test_knows_that_nobody_was_given_its_prefix(self) -> None:
        allotted = shared_folder() / "data" / "cn_phone_prefixes" / "cn_mobile_prefixes.csv"
        if not allotted.is_file():
            pytest.skip(f"the list of prefixes is not there: {allotted} (set DUECOURSE_SHARED)")

        prefixes = [line.split(",")[0] for line in allotted.read_text().splitlines()[1:]]

        assert not [prefix for prefix in prefixes if prefix.startswith("140"[: len(prefix)])]

    def test_has_the_tiers_in_plausible_shares(self) -> None:
        load()

        tiers = Counter(RiskAssessment.objects.values_list("tier", flat=True))
        shares = {tier: number / CUSTOMERS for tier, number in tiers.items()}
        assert 0.40 < shares["low"] < 0.65
        assert 0.12 < shares["medium"] < 0.35
        assert 0.12 < shares["high"] < 0.35

    def test_speaks_two_languages_and_has_loans_together(self) -> None:
        load()

        languages = Counter(Customer.objects.values_list("language", flat=True))
        assert languages["zh-hans"] > languages["en"] > CUSTOMERS / 10
        due = Counter(
            Instalment.objects.filter(settled_at=None).values_list("loan__customer", "due_date")
        )
        assert max(due.values()) >= 2

    @pytest.mark.parametrize("hour", range(24))
    def test_has_some_tens_to_write_to_at_any_hour(self, hour: int) -> None:
        now = datetime(2026, 11, 23, hour, 30, tzinfo=UTC)
        load(now)

        reachable = set()
        for customer, zone, due_date in Instalment.objects.filter(settled_at=None).values_list(
            "loan__customer", "loan__customer__timezone", "due_date"
        ):
            local = now.astimezone(ZoneInfo(zone))
            if local.hour in PERMITTED and (local.date() - due_date).days in STEPS:
                reachable.add(customer)

        assert len(reachable) >= 30

    def test_has_something_to_send_on_the_days_after(self) -> None:
        load()

        for ahead in range(1, 5):
            today = (NOW + timedelta(days=ahead)).date()
            dates = [today - timedelta(days=step) for step in STEPS]
            assert Instalment.objects.filter(settled_at=None, due_date__in=dates).count() >= 50


class TestMonthAfter:
    def test_ends_with_a_shorter_month(self) -> None:
        day = datetime(2026, 1, 31, tzinfo=UTC).date()

        assert [str(month_after(day, months)) for months in (-2, 0, 1, 3, 12, 25)] == [
            "2025-11-30",
            "2026-01-31",
            "2026-02-28",
            "2026-04-30",
            "2027-01-31",
            "2028-02-29",
        ]


class TestLoadDemoBookCommand:
    def test_tells_what_it_did_and_then_does_nothing(self) -> None:
        first, second = StringIO(), StringIO()

        call_command("load_demo_book", "--customers", "25", stdout=first, stderr=StringIO())
        call_command("load_demo_book", stdout=second)

        assert "25 made-up borrowers" in first.getvalue()
        assert "stays out" in second.getvalue()
        assert Customer.objects.count() == 25

    def test_wants_at_least_one_borrower(self) -> None:
        with pytest.raises(CommandError, match="from 1 to"):
            call_command("load_demo_book", "--customers", "0")


class TestCreateDemoLoginsCommand:
    def create(self, *args: str) -> str:
        out = StringIO()
        call_command("create_demo_logins", *args, stdout=out)
        return out.getvalue()

    def test_makes_roles_and_people_with_the_password_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEMO_PASSWORD", "open sesame")

        out = self.create()

        assert "open sesame" not in out
        assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)
        for username in ("editor", "publisher", "agent", "manager", "admin"):
            user = authenticate(username=username, password="open sesame")
            assert isinstance(user, Staff)
            assert user.is_staff
            assert user.is_superuser is (username == "admin")

    def test_makes_a_password_up_and_tells_it_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DEMO_PASSWORD", raising=False)

        password = self.create().rsplit("Password of the new ones: ")[1].strip()
        again = self.create()

        assert authenticate(username="agent", password=password)
        assert "Password" not in again

    def test_leaves_who_is_there_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Staff.objects.create_user(username="admin", password="mine")
        monkeypatch.setenv("DEMO_PASSWORD", "other")

        logins = json.loads(self.create("--format", "json"))

        assert {login["username"]: login["is_new"] for login in logins}["admin"] is False
        assert authenticate(username="admin", password="mine")
