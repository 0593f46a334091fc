"""Importing a book: what lands, what a second import changes, what a later one brings."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts import encryption, operations
from accounts.importing.book import finish_run
from accounts.importing.errors import ImportRefused
from accounts.models import (
    Allocation,
    ConsentEvent,
    ContactPoint,
    Customer,
    ImportRun,
    Instalment,
    Loan,
    Payment,
    RiskAssessment,
)
from tests.builders import NOW, a_customer
from tests.integration.books import (
    CUSTOMERS,
    INSTALMENTS,
    LOANS,
    PAYMENTS,
    a_book,
    bring_in,
    counts,
    write,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return a_book(tmp_path / "book")


class TestFirstImport:
    def test_brings_everything_in(self, book: Path) -> None:
        outcome = bring_in(book)

        assert counts(outcome) == {
            "customers": (2, 0, 0, 0),
            "loans": (2, 0, 0, 0),
            "instalments": (3, 0, 0, 0),
            "payments": (1, 0, 0, 0),
        }
        wei = Customer.objects.get(customer_no="C-1")
        assert (wei.name, wei.language, wei.timezone) == ("王伟", "zh-hans", "Asia/Shanghai")
        assert not wei.is_demonstration
        loan = Loan.objects.get(loan_no="L-1")
        assert (loan.customer, loan.principal, loan.opened_on, loan.status) == (
            wei,
            Decimal("1200.00"),
            date(2026, 1, 5),
            "active",
        )
        assert not (book / "rejects.csv").exists()

    def test_keeps_the_phone_encrypted_and_masked(self, book: Path) -> None:
        bring_in(book)

        point = ContactPoint.objects.get(customer__customer_no="C-1")
        assert encryption.decrypt(point.address_encrypted) == "+8613812341234"
        assert bytes(point.address_hash) == encryption.lookup_hash("+8613812341234")
        assert (point.address_masked, point.is_current, point.channel) == (
            "+86 138****1234",
            True,
            "sms",
        )

    def test_allocates_the_payments(self, book: Path) -> None:
        bring_in(book)

        first, second = Instalment.objects.filter(loan__loan_no="L-1").order_by("seq")
        assert first.settled_at == datetime(2026, 10, 5, 1, tzinfo=UTC)
        assert (second.paid, second.settled_at) == (Decimal("20.00"), None)

    def test_assesses_the_risk_of_those_it_touched(self, book: Path) -> None:
        other = a_customer()

        outcome = bring_in(book)

        assert outcome.risk.total == 2
        assert not RiskAssessment.objects.filter(customer=other).exists()
        # Both have an instalment that is open past its date.
        assert set(RiskAssessment.objects.values_list("tier", flat=True)) <= {"medium", "high"}

    def test_notes_the_run_and_how_fresh_the_ledger_is(self, book: Path) -> None:
        outcome = bring_in(book)
        assert outcome.run_id is not None
        finish_run(run_id=outcome.run_id, outcome=outcome, now=LATER)

        run = ImportRun.objects.get()
        assert (run.source, run.started_at, run.finished_at) == (str(book), NOW, LATER)
        assert run.payments_until == datetime(2026, 10, 5, 1, tzinfo=UTC)
        assert run.summary["files"]["payments.csv"]["new"] == 1

    def test_takes_optional_columns_and_quoted_fields(self, tmp_path: Path) -> None:
        book = tmp_path / "book"
        write(
            book,
            "customers.csv",
            "email,customer_no,name,phone,language,timezone,segment,consent",
            'Na@Example.com,C-1,"Li, ""Na"" \\N",13812341234,zh_CN,Asia/Shanghai,vip,yes',
        )
        write(
            book,
            "loans.csv",
            LOANS + ",annual_rate,penalty_daily_rate,grace_days,status",
            "L-1,C-1,cash,1000,CNY,2026-01-01,0.18,0.0005,3,closed",
            "L-2,C-1,cash,1000,CNY,2026-01-01,,,,",
        )
        write(
            book,
            "instalments.csv",
            INSTALMENTS + ",principal,interest,fee",
            "L-1,1,2026-02-01,100,90,10,0",
            "L-1,2,2026-03-01,100,,,",
        )

        outcome = bring_in(book)

        assert outcome.rejected_total == 0
        customer = Customer.objects.get()
        assert (customer.name, customer.language, customer.segment) == (
            'Li, "Na" \\N',
            "zh-hans",
            "vip",
        )
        assert ContactPoint.objects.get(channel="email").address_masked == "****@example.com"
        assert ConsentEvent.objects.get().granted
        first, second = Loan.objects.order_by("loan_no")
        assert (first.annual_rate, first.penalty_daily_rate, first.grace_days, first.status) == (
            Decimal("0.18"),
            Decimal("0.0005"),
            3,
            "closed",
        )
        assert second.annual_rate is None
        assert (second.penalty_daily_rate, second.grace_days) == (Decimal(0), 0)
        assert list(Instalment.objects.order_by("seq").values_list("interest", "fee")) == [
            (Decimal(10), Decimal(0)),
            (None, None),
        ]

    def test_reads_what_spreadsheets_write(self, tmp_path: Path) -> None:
        book = tmp_path / "book"
        book.mkdir()
        text = f"{CUSTOMERS}\r\n\r\n C-1 , 王伟 ,13812341234,zh,Asia/Shanghai\r\n"
        (book / "customers.csv").write_bytes(b"\xef\xbb\xbf" + text.encode().removesuffix(b"\r\n"))

        assert counts(bring_in(book)) == {"customers": (1, 0, 0, 0)}


class TestSecondImport:
    def test_changes_nothing(self, book: Path) -> None:
        bring_in(book)
        before = self.everything()

        outcome = bring_in(book, now=LATER)

        assert counts(outcome) == {
            "customers": (0, 0, 2, 0),
            "loans": (0, 0, 2, 0),
            "instalments": (0, 0, 3, 0),
            "payments": (0, 0, 1, 0),
        }
        assert outcome.allocated == operations.Allocated()
        assert outcome.risk.total == 0
        assert self.everything() == before

    def everything(self) -> list[object]:
        return [
            list(table.objects.order_by("pk").values())
            for table in (
                Customer,
                ContactPoint,
                ConsentEvent,
                Loan,
                Instalment,
                Payment,
                Allocation,
                RiskAssessment,
            )
        ]

    def test_leaves_alone_what_a_file_does_not_say(self, book: Path) -> None:
        bring_in(book)
        Customer.objects.update(segment="vip")
        Loan.objects.update(grace_days=5, annual_rate="0.1", status="closed")
        Instalment.objects.update(fee="1.00")

        outcome = bring_in(book, now=LATER)

        assert all(changed == 0 for _, changed, _, _ in counts(outcome).values())
        assert set(Loan.objects.values_list("grace_days", "status")) == {(5, "closed")}
        assert set(Customer.objects.values_list("segment")) == {("vip",)}


class TestLaterImport:
    def test_takes_other_time_zones_in_and_out_again(self, book: Path) -> None:
        def zones(now: datetime = LATER) -> list[str]:
            bring_in(book, now=now)
            return Customer.objects.get(customer_no="C-1").other_timezones

        def say(*rows: str) -> None:
            write(book, "customers.csv", CUSTOMERS + ",other_timezones", *rows)

        wei = "C-1,王伟,13812341234,zh-hans,Asia/Shanghai"
        assert zones() == []
        say(f"{wei},Asia/Tokyo Asia/Urumqi Asia/Tokyo")
        assert zones() == ["Asia/Tokyo", "Asia/Urumqi"]
        assert counts(bring_in(book))["customers"] == (0, 0, 1, 0)
        write(book, "customers.csv", CUSTOMERS, wei)
        assert zones() == ["Asia/Tokyo", "Asia/Urumqi"]
        say(f"{wei},")
        assert zones() == []

    def test_takes_a_daily_feed_of_payments_alone(self, book: Path, tmp_path: Path) -> None:
        bring_in(book)
        feed = tmp_path / "feed"
        write(feed, "payments.csv", PAYMENTS, "P-2,L-1,2026-11-23T10:00:00Z,80.00")

        outcome = bring_in(feed, now=LATER)

        assert counts(outcome) == {"payments": (1, 0, 0, 0)}
        assert Instalment.objects.get(loan__loan_no="L-1", seq=2).settled_at is not None
        assert outcome.risk.total == 1

    def test_corrects_the_amount_of_a_payment_and_allocates_anew(
        self, book: Path, tmp_path: Path
    ) -> None:
        bring_in(book)
        feed = tmp_path / "feed"
        write(feed, "payments.csv", PAYMENTS, "P-1,L-1,2026-10-05T09:00:00+08:00,60.00")

        outcome = bring_in(feed, now=LATER)

        assert counts(outcome) == {"payments": (0, 1, 0, 0)}
        first, second = Instalment.objects.filter(loan__loan_no="L-1").order_by("seq")
        assert (first.paid, first.settled_at, second.paid) == (Decimal(60), None, Decimal(0))

    def test_moves_a_payment_that_was_booked_on_the_wrong_loan(
        self, book: Path, tmp_path: Path
    ) -> None:
        bring_in(book)
        feed = tmp_path / "feed"
        write(feed, "payments.csv", PAYMENTS, "P-1,L-2,2026-10-05T09:00:00+08:00,120.00")

        bring_in(feed, now=LATER)

        assert set(
            Instalment.objects.filter(loan__loan_no="L-1").values_list("paid", flat=True)
        ) == {Decimal(0)}
        assert Loan.objects.get(loan_no="L-2").credit == Decimal("69.50")

    def test_allocates_anew_when_an_instalment_changes(self, book: Path) -> None:
        bring_in(book)
        write(
            book, "instalments.csv", INSTALMENTS, "L-1,1,2026-10-05,70.00", "L-1,2,2026-11-06,100"
        )

        outcome = bring_in(book, now=LATER)

        assert counts(outcome)["instalments"] == (0, 2, 0, 0)
        first, second = Instalment.objects.filter(loan__loan_no="L-1").order_by("seq")
        assert (first.amount_due, first.paid) == (Decimal(70), Decimal(70))
        assert (second.due_date, second.paid) == (date(2026, 11, 6), Decimal(50))

    def test_makes_a_changed_phone_the_current_one_and_keeps_the_old(self, book: Path) -> None:
        bring_in(book)
        new = "C-1,王伟,13900000000,zh-hans,Asia/Shanghai"
        write(book, "customers.csv", CUSTOMERS, new)

        outcome = bring_in(book, now=LATER)

        assert counts(outcome)["customers"] == (0, 1, 0, 0)
        points = ContactPoint.objects.filter(customer__customer_no="C-1").order_by("pk")
        assert [(point.address_masked, point.is_current) for point in points] == [
            ("+86 138****1234", False),
            ("+86 139****0000", True),
        ]

    def test_goes_back_to_an_earlier_phone_without_a_second_row(self, book: Path) -> None:
        bring_in(book)
        first = (book / "customers.csv").read_text()
        write(book, "customers.csv", CUSTOMERS, "C-1,王伟,13900000000,zh-hans,Asia/Shanghai")
        bring_in(book, now=LATER)
        (book / "customers.csv").write_text(first)

        bring_in(book, now=LATER)

        points = ContactPoint.objects.filter(customer__customer_no="C-1").order_by("pk")
        assert [point.is_current for point in points] == [True, False]

    def test_does_not_make_an_unusable_address_usable_again(self, book: Path) -> None:
        bring_in(book)
        point = ContactPoint.objects.get(customer__customer_no="C-1")
        operations.mark_address_unusable(contact_point_id=point.pk, reason="wrong_number", now=NOW)

        outcome = bring_in(book, now=LATER)

        assert counts(outcome)["customers"] == (0, 0, 2, 0)
        point.refresh_from_db()
        assert point.unusable_reason == "wrong_number"


class TestOtherKeysInTheDatabase:
    def test_follow_on_after_an_import(self, book: Path) -> None:
        """Ids are taken from the sequence, so that rows added by hand do not collide."""
        bring_in(book)

        assert a_customer().pk > Customer.objects.get(customer_no="C-2").pk

    def test_refusal_is_noted(self, tmp_path: Path) -> None:
        book = tmp_path / "book"
        write(book, "loans.csv", "nonsense")

        with pytest.raises(ImportRefused):
            bring_in(book)

        run = ImportRun.objects.get()
        assert "column 'nonsense' is unknown" in run.summary["refused"]
