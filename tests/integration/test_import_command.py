"""No book at all, the file of rejects, the command, and runs that collide or are killed."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.importing import book as importing
from accounts.importing.errors import ImportRefused
from accounts.models import Customer, Instalment
from tests.integration.books import (
    CUSTOMERS,
    PAYMENTS,
    a_book,
    bring_in,
    counts,
    write,
)

pytestmark = pytest.mark.django_db

GOOD_CUSTOMER = "C-9,好,13812341234,zh-hans,Asia/Shanghai"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return a_book(tmp_path / "book")


def run(*args: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_book", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


class TestNoBook:
    """Structural faults: the run stops, and nothing is written."""

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "customers.csv, line 1: is empty where the header should be"),
            (b"\xff\xfec\x00", "customers.csv, line 1: is UTF-16"),
            (b"name,phone\n", "column 'customer_no' is missing"),
            (f"{CUSTOMERS},nickname\n".encode(), "column 'nickname' is unknown"),
            (f"{CUSTOMERS},name\n".encode(), "column 'name' stands there twice"),
            (CUSTOMERS.replace(",", ";").encode(), "is unknown"),
            (b'"customer_no,name\n', "is no header"),
            (b"\0" * 1_000, "is unknown"),
            (b"x," * 100_000, "is no header"),
            (
                f"{CUSTOMERS}\n{GOOD_CUSTOMER}\nC-2,".encode() + "王".encode("gbk") + b",1,zh,UTC",
                "customers.csv, line 3, field 2: is not UTF-8",
            ),
        ],
        ids=[
            "empty",
            "utf-16",
            "missing column",
            "unknown column",
            "column twice",
            "semicolons",
            "open quote",
            "zeros",
            "endless",
            "gbk",
        ],
    )
    def test_names_the_place(self, tmp_path: Path, content: bytes, why: str) -> None:
        (tmp_path / "customers.csv").write_bytes(content)

        with pytest.raises(ImportRefused) as caught:
            bring_in(tmp_path)

        assert why in str(caught.value)
        assert not Customer.objects.exists()

    def test_stops_before_anything_of_the_other_files_lands(self, book: Path) -> None:
        with (book / "payments.csv").open("ab") as stream:
            stream.write(b"P-2,L-1,\xff\xff,1\n")

        with pytest.raises(ImportRefused, match="line 3"):
            bring_in(book)

        assert not Customer.objects.exists()

    def test_is_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ImportRefused, match="is no folder"):
            bring_in(tmp_path / "none")

    def test_is_a_folder_without_a_file_of_a_book(self, tmp_path: Path) -> None:
        write(tmp_path, "payment.csv", PAYMENTS)

        with pytest.raises(ImportRefused, match=r"holds none of customers\.csv"):
            bring_in(tmp_path)

    def test_is_a_file_that_cannot_be_opened(self, tmp_path: Path) -> None:
        (tmp_path / "loans.csv").mkdir()

        with pytest.raises(ImportRefused, match=r"loans\.csv: cannot be opened"):
            bring_in(tmp_path)


class TestRejectsFile:
    def test_goes_where_it_is_told(self, tmp_path: Path, book: Path) -> None:
        write(book, "payments.csv", PAYMENTS, "P-9,L-none,2026-11-01T00:00:00Z,5")
        elsewhere = tmp_path / "elsewhere.csv"

        outcome = bring_in(book, rejects_file=elsewhere)

        assert outcome.rejects_file == elsewhere
        assert "loan L-none is not known" in elsewhere.read_text()
        assert not (book / "rejects.csv").exists()

    def test_of_an_earlier_run_goes_when_all_is_well(self, book: Path) -> None:
        bad = book / "payments.csv"
        good = bad.read_text()
        write(book, "payments.csv", PAYMENTS, "P-9,L-none,2026-11-01T00:00:00Z,5")
        bring_in(book)
        bad.write_text(good)

        bring_in(book)

        assert not (book / "rejects.csv").exists()

    def test_is_never_written_over_something_else(self, book: Path) -> None:
        precious = write(book, "mine.csv", "precious")

        with pytest.raises(ImportRefused, match="is no file of rejects"):
            bring_in(book, rejects_file=precious)

        assert precious.read_text() == "precious\n"

    def test_that_cannot_be_written_stops_the_run(self, book: Path) -> None:
        write(book, "payments.csv", PAYMENTS, "P-9,L-1,never,5")

        with pytest.raises(ImportRefused, match="name another file with --rejects"):
            bring_in(book, rejects_file=book / "none" / "rejects.csv")

        assert not Customer.objects.exists()


class TestCommand:
    def test_tells_what_was_taken(self, book: Path) -> None:
        write(book, "notes.csv", "anything")

        out, err = run(book)

        assert out.splitlines()[1].split() == ["customers.csv", "2", "0", "0", "0"]
        assert "left alone: notes.csv" in out
        assert "2 borrowers assessed" in out
        assert "payments.csv: comparing with the ledger" in err

    def test_exits_3_when_rows_were_rejected_and_the_others_taken(self, book: Path) -> None:
        write(book, "payments.csv", PAYMENTS, "P-9,L-none,2026-11-01T00:00:00Z,5")

        with pytest.raises(
            CommandError, match=r"1 rows were rejected: see .*rejects\.csv"
        ) as caught:
            run(book)

        assert caught.value.returncode == 3
        assert Customer.objects.count() == 2

    def test_exits_1_when_nothing_could_be_taken(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="Nothing was imported") as caught:
            run(tmp_path)

        assert caught.value.returncode == 1

    def test_speaks_json(self, book: Path) -> None:
        write(book, "payments.csv", PAYMENTS, "P-9,L-none,2026-11-01T00:00:00Z,5")
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("import_book", book, "--format", "json", stdout=out, stderr=StringIO())

        told = json.loads(out.getvalue())
        assert told["files"]["payments.csv"] == {"new": 0, "changed": 0, "same": 0, "rejected": 1}
        assert told["rejects_file"] == str(book / "rejects.csv")

    def test_speaks_json_also_when_it_refuses(self, tmp_path: Path) -> None:
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("import_book", tmp_path, "--format", "json", stdout=out)

        assert "holds none of" in json.loads(out.getvalue())["refused"]

    def test_says_that_a_dry_run_changed_nothing(self, book: Path) -> None:
        out, _ = run(book, "--dry-run")

        assert "nothing was changed" in out
        assert not Customer.objects.exists()

    def test_knows_the_region_of_national_numbers(self, tmp_path: Path) -> None:
        write(tmp_path, "customers.csv", CUSTOMERS, "C-1,Lin,0912345678,zh-hant,Asia/Taipei")

        run(tmp_path, "--region", "tw")

        point = Customer.objects.get().contact_points.get()
        assert point.address_masked == "+886 91****5678"


@pytest.mark.django_db(transaction=True)
class TestTwoImportsAtOnce:
    def test_the_second_one_waits_for_another_day(self, book: Path) -> None:
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [importing._LOCK])
            with pytest.raises(ImportRefused, match="another import is running"):
                bring_in(book)
        finally:
            other.close()

        assert counts(bring_in(book))["customers"] == (2, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
class TestKilledMidway:
    def test_leaves_nothing_behind_and_runs_again(
        self, book: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dies(**_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("accounts.operations.allocate", dies)
            with pytest.raises(KeyboardInterrupt):
                bring_in(book)
        assert not Customer.objects.exists()

        assert counts(bring_in(book))["payments"] == (1, 0, 0, 0)
        assert Instalment.objects.filter(settled_at__isnull=False).count() == 1
