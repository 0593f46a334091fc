"""What a book says of consent, dry runs, and demonstration books beside real ones."""

from datetime import timedelta
from pathlib import Path

import pytest

from accounts import operations
from accounts.models import (
    ConsentEvent,
    Customer,
    ImportRun,
)
from tests.builders import NOW
from tests.integration.books import (
    CUSTOMERS,
    INSTALMENTS,
    LOANS,
    PAYMENTS,
    a_book,
    bring_in,
    counts,
    rejected,
    write,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return a_book(tmp_path / "book")


class TestConsent:
    def import_word(self, book: Path, word: str) -> tuple[int, int, int, int]:
        write(
            book,
            "customers.csv",
            CUSTOMERS + ",consent",
            f"C-1,王伟,13812341234,zh-hans,Asia/Shanghai,{word}",
        )
        return counts(bring_in(book, now=LATER))["customers"]

    def events(self) -> list[tuple[bool, str]]:
        return list(ConsentEvent.objects.order_by("pk").values_list("granted", "source"))

    def test_is_recorded_when_it_changes(self, book: Path) -> None:
        assert self.import_word(book, "no") == (1, 0, 0, 0)
        assert self.import_word(book, "NO") == (0, 0, 1, 0)
        assert self.import_word(book, "yes") == (0, 1, 0, 0)
        assert self.import_word(book, "") == (0, 0, 1, 0)

        assert self.events() == [(False, "import"), (True, "import")]

    def test_never_undoes_a_stop(self, book: Path) -> None:
        self.import_word(book, "yes")
        customer = Customer.objects.get(customer_no="C-1")
        operations.record_consent(
            customer_id=customer.pk, granted=False, source="reply", channel="sms", now=LATER
        )

        assert self.import_word(book, "yes") == (0, 0, 1, 0)
        assert self.events() == [(True, "import"), (False, "reply")]


class TestDryRun:
    def test_says_what_would_change_and_changes_nothing(self, book: Path) -> None:
        outcome = bring_in(book, dry_run=True)

        assert counts(outcome)["instalments"] == (3, 0, 0, 0)
        assert not Customer.objects.exists()
        assert not ImportRun.objects.exists()


class TestDemonstration:
    ROW = "D-1,演示,+8614000000001,zh-hans,Asia/Shanghai"

    @pytest.fixture
    def demonstration(self, tmp_path: Path) -> Path:
        folder = tmp_path / "demonstration"
        write(folder, "customers.csv", CUSTOMERS, self.ROW)
        write(folder, "loans.csv", LOANS, "DL-1,D-1,cash,100,CNY,2026-01-01")
        write(folder, "instalments.csv", INSTALMENTS, "DL-1,1,2026-12-01,100")
        write(folder, "payments.csv", PAYMENTS, "DP-1,DL-1,2026-11-01T00:00:00Z,10")
        return folder

    def test_marks_its_borrowers(self, demonstration: Path) -> None:
        outcome = bring_in(demonstration, demonstration=True)

        assert outcome.rejected_total == 0
        assert Customer.objects.get().is_demonstration

    def test_numbers_are_refused_in_a_real_book(self, demonstration: Path) -> None:
        bring_in(demonstration)

        assert rejected(demonstration)[0] == (
            "customers.csv",
            2,
            "phone",
            "is a made-up number, which only a demonstration book may carry",
        )

    def test_borrowers_cannot_be_changed_by_a_real_book(self, demonstration: Path) -> None:
        bring_in(demonstration, demonstration=True)
        write(demonstration, "customers.csv", CUSTOMERS, self.ROW.replace("140", "138"))

        outcome = bring_in(demonstration, now=LATER)

        assert [taken.changed + taken.new for taken in outcome.files.values()] == [0, 0, 0, 0]
        assert outcome.rejected_total == 4
        assert all("demonstration book" in reason for *_, reason in rejected(demonstration))
        assert Customer.objects.get().is_demonstration

    def test_cannot_change_real_borrowers(self, book: Path) -> None:
        bring_in(book)

        outcome = bring_in(book, now=LATER, demonstration=True)

        assert sum(taken.same for taken in outcome.files.values()) == 0
        assert outcome.rejected_total == 8
        assert all("is a" in reason and "real" in reason for *_, reason in rejected(book))
        assert not Customer.objects.filter(is_demonstration=True).exists()
