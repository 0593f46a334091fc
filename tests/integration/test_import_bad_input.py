"""Bad input: a clear word about where and why, and nothing good is lost."""

import resource
from pathlib import Path

import pytest

from accounts.importing.errors import ImportRefused
from accounts.models import Customer, Instalment, Loan, Payment
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

NINE_ZONES = " ".join(f"Etc/GMT+{hours}" for hours in range(1, 10))
GOOD_CUSTOMER = "C-9,好,13812341234,zh-hans,Asia/Shanghai"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return a_book(tmp_path / "book")


class TestBadCustomer:
    @pytest.mark.parametrize(
        ("row", "column", "why"),
        [
            (",王,13812341234,zh-hans,Asia/Shanghai", "customer_no", "is empty"),
            ("C" * 65 + ",王,13812341234,zh,Asia/Shanghai", "customer_no", "longer than 64"),
            ("C-1,,13812341234,zh-hans,Asia/Shanghai", "name", "is empty"),
            ("C-1," + "王" * 501 + ",13812341234,zh,Asia/Shanghai", "name", "longer than 500"),
            ("C-1,王\0伟,13812341234,zh-hans,Asia/Shanghai", "name", "contains a NUL byte"),
            ("C-1,王\x07伟,13812341234,zh-hans,Asia/Shanghai", "name", "a control character"),
            ("C-1,王,,zh-hans,Asia/Shanghai", "phone", "is empty"),
            ("C-1,王,12345,zh-hans,Asia/Shanghai", "phone", "is no valid phone number"),
            ("C-1,王,+861088888888,zh-hans,Asia/Shanghai", "phone", "is not a mobile number"),
            ("C-1,王,13812341234,Chinese!,Asia/Shanghai", "language", "is no language tag"),
            ("C-1,王,13812341234,zh-hans,Asia/Peking", "timezone", "is no IANA time zone"),
            ("C-1,王,13812341234,zh-hans,localtime", "timezone", "is no IANA time zone"),
            ("C-1,王,13812341234,zh-hans", "", "has 4 fields where the header has 5"),
            ('C-1,"王,13812341234,zh-hans,Asia/Shanghai', "", "quotation mark is not closed"),
        ],
    )
    def test_is_named_and_the_good_one_lands(
        self, tmp_path: Path, row: str, column: str, why: str
    ) -> None:
        folder = tmp_path / "book"
        write(folder, "customers.csv", CUSTOMERS, row, GOOD_CUSTOMER)

        outcome = bring_in(folder)

        assert counts(outcome) == {"customers": (1, 0, 0, 1)}
        ((file, line, named, reason),) = rejected(folder)
        assert (file, line, named) == ("customers.csv", 2, column)
        assert why in reason
        assert Customer.objects.get().customer_no == "C-9"

    @pytest.mark.parametrize(
        ("column", "value", "why"),
        [
            ("email", "nobody", "is no e-mail address"),
            ("segment", "s" * 65, "longer than 64"),
            ("consent", "maybe", "is neither yes nor no"),
            ("other_timezones", "Asia/Tokyo Mars/Olympus", "names Mars/Olympus, which is no IANA"),
            ("other_timezones", "x" * 500, f"names {'x' * 40}…, which"),
            ("other_timezones", NINE_ZONES, "names more than 8 time zones"),
        ],
    )
    def test_is_named_in_optional_columns(
        self, tmp_path: Path, column: str, value: str, why: str
    ) -> None:
        folder = tmp_path / "book"
        write(folder, "customers.csv", f"{CUSTOMERS},{column}", f"{GOOD_CUSTOMER},{value}")

        bring_in(folder)

        ((_, _, named, reason),) = rejected(folder)
        assert named == column
        assert why in reason

    def test_of_200_mb_costs_one_row_and_no_memory(self, tmp_path: Path) -> None:
        folder = tmp_path / "book"
        path = write(folder, "customers.csv", CUSTOMERS)
        with path.open("ab") as stream:
            stream.write(b"C-1,")
            for _ in range(200):
                stream.write(b"x" * (1 << 20))
            stream.write(f",13812341234,zh-hans,Asia/Shanghai\n{GOOD_CUSTOMER}\n".encode())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        outcome = bring_in(folder)

        grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert counts(outcome) == {"customers": (1, 0, 0, 1)}
        assert rejected(folder) == [
            ("customers.csv", 2, "name", "the line is longer than 65536 bytes")
        ]
        assert grown_mib < 50


class TestBadLoan:
    @pytest.mark.parametrize(
        ("row", "column", "why"),
        [
            ("L-9,C-1,cash,-5,CNY,2026-01-01", "principal", "is negative"),
            ("L-9,C-1,cash,1e5,CNY,2026-01-01", "principal", "is no amount"),
            ("L-9,C-1,cash,１００,CNY,2026-01-01", "principal", "is no amount"),
            ("L-9,C-1,cash,5,yuan,2026-01-01", "currency", "is no currency code"),
            ("L-9,C-1,cash,5,CNY,2026-02-30", "opened_on", "is not in the calendar"),
            ("L-9,C-1,cash,5,CNY,01/02/2026", "opened_on", "is no date"),
            ("L-9,C-1,cash,5,CNY,0206-01-01", "opened_on", "lies outside 1950 to 2150"),
            ("L-9,C-none,cash,5,CNY,2026-01-01", "customer_no", "customer C-none is not known"),
        ],
    )
    def test_is_named_and_the_good_ones_land(
        self, book: Path, row: str, column: str, why: str
    ) -> None:
        write(book, "loans.csv", LOANS, row, "L-1,C-1,cash,1200.00,CNY,2026-01-05")

        outcome = bring_in(book)

        assert counts(outcome)["loans"] == (1, 0, 0, 1)
        file, line, named, reason = rejected(book)[0]
        assert (file, line, named) == ("loans.csv", 2, column)
        assert why in reason

    @pytest.mark.parametrize(
        ("column", "value", "why"),
        [
            ("annual_rate", "18", "0.18 is 18 % a year"),
            ("annual_rate", "18%", "is no rate"),
            ("penalty_daily_rate", "0.5", "0.0005 is 0.05 % a day"),
            ("grace_days", "-1", "is no number of days"),
            ("grace_days", "900", "is no number of days"),
            ("status", "asleep", "is none of active, closed, written_off"),
        ],
    )
    def test_is_named_in_optional_columns(
        self, book: Path, column: str, value: str, why: str
    ) -> None:
        write(book, "loans.csv", f"{LOANS},{column}", f"L-1,C-1,cash,5,CNY,2026-01-01,{value}")

        bring_in(book)

        _, _, named, reason = rejected(book)[0]
        assert named == column
        assert why in reason

    def test_cannot_change_hands(self, book: Path) -> None:
        bring_in(book)
        write(book, "loans.csv", LOANS, "L-1,C-2,cash,1200.00,CNY,2026-01-05")

        bring_in(book)

        assert rejected(book) == [
            ("loans.csv", 2, "customer_no", "loan L-1 belongs to another customer")
        ]
        assert Loan.objects.get(loan_no="L-1").customer.customer_no == "C-1"

    def test_takes_its_instalments_along_when_its_customer_was_rejected(self, book: Path) -> None:
        write(book, "customers.csv", CUSTOMERS, "C-1,王,123,zh,Asia/Shanghai", GOOD_CUSTOMER)

        outcome = bring_in(book)

        assert counts(outcome) == {
            "customers": (1, 0, 0, 1),
            "loans": (0, 0, 0, 2),
            "instalments": (0, 0, 0, 3),
            "payments": (0, 0, 0, 1),
        }


class TestBadInstalment:
    @pytest.mark.parametrize(
        ("row", "column", "why"),
        [
            ("L-1,one,2026-12-05,100", "seq", "is no whole number"),
            ("L-1,9,2026-13-05,100", "due_date", "is not in the calendar"),
            ("L-1,9,,100", "due_date", "is no date"),
            ("L-1,9,2026-12-05,-100", "amount_due", "is negative"),
            ("L-1,9,2026-12-05,0.00", "amount_due", "is zero"),
            ("L-1,9,2026-12-05,10000000000000.00", "amount_due", "is larger than"),
            ("L-1,9,2026-12-05,1.005", "amount_due", "has more than two decimals"),
            ("L-1,9,2026-12-05,", "amount_due", "is empty"),
            ("L-none,9,2026-12-05,100", "loan_no", "loan L-none is not known"),
        ],
    )
    def test_is_named_and_the_good_ones_land(
        self, book: Path, row: str, column: str, why: str
    ) -> None:
        write(book, "instalments.csv", INSTALMENTS, row, "L-2,1,2026-11-20,50.5")

        outcome = bring_in(book)

        assert counts(outcome)["instalments"] == (1, 0, 0, 1)
        file, line, named, reason = rejected(book)[0]
        assert (file, line, named) == ("instalments.csv", 2, column)
        assert why in reason

    def test_is_named_in_optional_columns(self, book: Path) -> None:
        write(book, "instalments.csv", f"{INSTALMENTS},fee", "L-1,1,2026-11-20,50.5,-1")

        bring_in(book)

        assert rejected(book)[0][2:] == ("fee", "is negative")


class TestBadPayment:
    @pytest.mark.parametrize(
        ("row", "column", "why"),
        [
            ("P-9,L-none,2026-11-01T00:00:00Z,5", "loan_no", "loan L-none is not known"),
            ("P-9,L-1,2026-11-01T00:00:00,5", "paid_at", "has no offset from UTC"),
            ("P-9,L-1,2099-11-01T00:00:00Z,5", "paid_at", "lies in the future"),
            ("P-9,L-1,2026-11-01,5", "paid_at", "is no time with offset"),
            ("P-9,L-1,2026-11-31T00:00:00Z,5", "paid_at", "is not in the calendar"),
            ("P-9,L-1,2026-11-01T00:00:00+23:00,5", "paid_at", "more than 14 hours"),
            ("P-9,L-1,1026-11-01T00:00:00Z,5", "paid_at", "lies outside"),
            ("P-9,L-1,2026-11-01T00:00:00Z,-5", "amount", "is negative"),
            ("P-9,L-1,2026-11-01T00:00:00Z,9999999999999999", "amount", "is larger than"),
        ],
    )
    def test_is_named_and_the_good_ones_land(
        self, book: Path, row: str, column: str, why: str
    ) -> None:
        write(book, "payments.csv", PAYMENTS, row, "P-1,L-1,2026-10-05T09:00:00+08:00,120.00")

        outcome = bring_in(book)

        assert counts(outcome)["payments"] == (1, 0, 0, 1)
        file, line, named, reason = rejected(book)[0]
        assert (file, line, named) == ("payments.csv", 2, column)
        assert why in reason
        assert Payment.objects.get().payment_no == "P-1"


class TestKeyTwiceInOneFile:
    def test_takes_the_first_and_rejects_the_others(self, tmp_path: Path) -> None:
        folder = tmp_path / "book"
        write(folder, "customers.csv", CUSTOMERS, *[GOOD_CUSTOMER] * 3)
        loan = "L-9,C-9,cash,{},CNY,2026-01-01"
        write(folder, "loans.csv", LOANS, loan.format(1), loan.format(2))
        write(folder, "instalments.csv", INSTALMENTS, "L-9,1,2026-02-01,5", "L-9,1,2026-03-01,6")
        payment = "P-9,L-9,2026-01-01T00:00:00Z,{}"
        write(folder, "payments.csv", PAYMENTS, payment.format(3), payment.format(4))

        outcome = bring_in(folder)

        assert counts(outcome) == {
            "customers": (1, 0, 0, 2),
            "loans": (1, 0, 0, 1),
            "instalments": (1, 0, 0, 1),
            "payments": (1, 0, 0, 1),
        }
        doubled = "stands in line 2 of this file already"
        assert rejected(folder) == [
            ("customers.csv", 3, "customer_no", doubled),
            ("customers.csv", 4, "customer_no", doubled),
            ("loans.csv", 3, "loan_no", doubled),
            ("instalments.csv", 3, "seq", doubled),
            ("payments.csv", 3, "payment_no", doubled),
        ]
        assert Instalment.objects.get().amount_due == 5


class TestRejectsThatCannotBeWritten:
    def test_refuse_the_book_before_anything_lands(self, tmp_path: Path) -> None:
        folder = tmp_path / "book"
        write(folder, "customers.csv", CUSTOMERS, "C-1,,13812341234,zh,x", GOOD_CUSTOMER)

        with pytest.raises(ImportRefused, match="No space left on device"):
            bring_in(folder, rejects_file=Path("/dev/full"))

        assert not Customer.objects.exists()
