"""The real book: 30,000 card holders of the UCI data in the form of the import contract."""

import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db.models import F, Sum

from accounts import operations
from accounts.models import Allocation, Customer, Instalment, Loan, Payment, RiskAssessment
from tests.integration.books import bring_in, counts, shared_folder, write

pytestmark = [pytest.mark.book, pytest.mark.django_db]

AS_OF = "2026-11-23"
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
MAKE_BOOK = shared_folder() / "data" / "uci_credit_card" / "make_book.py"
SECONDS_MAX = 60
GROWTH_MIB_MAX = 100


@pytest.fixture
def make_book(tmp_path: Path) -> Path:
    if not MAKE_BOOK.is_file():
        pytest.skip(f"the real book's maker is not there: {MAKE_BOOK} (set DUECOURSE_SHARED)")
    return tmp_path / "book"


def make(folder: Path, *, limit: int) -> Path:
    subprocess.run(
        [sys.executable, MAKE_BOOK, "--out", folder, "--as-of", AS_OF, "--limit", str(limit)],
        check=True,
    )
    return folder


def _peak_memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def assert_money_adds_up() -> None:
    paid_in = Payment.objects.aggregate(total=Sum("amount"))["total"]
    allocated = Allocation.objects.aggregate(total=Sum("amount"))["total"]
    credit = Loan.objects.aggregate(total=Sum("credit"))["total"]
    paid = Instalment.objects.aggregate(total=Sum("paid"))["total"]
    assert paid_in == allocated + credit
    assert paid == allocated
    assert not Instalment.objects.filter(settled_at__isnull=False, paid__lt=F("amount_due"))


class TestFirstClients:
    def test_come_in_and_a_second_import_changes_nothing(self, make_book: Path) -> None:
        book = make(make_book, limit=1500)

        first = bring_in(book, now=NOW)
        second = bring_in(book, now=NOW)

        assert first.rejected_total == 0
        assert first.ignored_files == ["later_payments.csv", "outcomes.csv"]
        assert counts(first)["customers"] == (1500, 0, 0, 0)
        assert all(new == changed == 0 for new, changed, _, _ in counts(second).values())
        assert second.allocated == operations.Allocated()
        assert second.risk.total == 0
        assert RiskAssessment.objects.count() == 1500
        assert_money_adds_up()

    def test_pay_later(self, make_book: Path, tmp_path: Path) -> None:
        book = make(make_book, limit=300)
        bring_in(book, now=NOW)
        feed = tmp_path / "feed"
        header, *rows = (book / "later_payments.csv").read_text().splitlines()
        write(feed, "payments.csv", header, *rows)

        outcome = bring_in(feed, now=datetime(2026, 12, 31, tzinfo=UTC))

        assert counts(outcome) == {"payments": (len(rows), 0, 0, 0)}
        assert_money_adds_up()
        assert operations.reallocate_all() == operations.Allocated()


class TestAllOfIt:
    def test_comes_in_within_a_minute_and_a_second_import_changes_nothing(
        self, make_book: Path
    ) -> None:
        book = make(make_book, limit=30_000)
        begun, memory_before = time.monotonic(), _peak_memory_mib()

        first = bring_in(book, now=NOW)

        seconds = time.monotonic() - begun
        grown_mib = _peak_memory_mib() - memory_before
        assert counts(first) == {
            "customers": (30_000, 0, 0, 0),
            "loans": (30_000, 0, 0, 0),
            "instalments": (157_963, 0, 0, 0),
            "payments": (119_460, 0, 0, 0),
        }
        assert first.risk.total == Customer.objects.count() == 30_000
        assert_money_adds_up()
        assert seconds < SECONDS_MAX
        assert grown_mib < GROWTH_MIB_MAX

        second = bring_in(book, now=NOW)

        assert all(new == changed == 0 for new, changed, _, _ in counts(second).values())
        assert second.allocated == operations.Allocated()
