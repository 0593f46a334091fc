"""The import of the book as CSV files, and the import of the same files again."""

from pathlib import Path

from tests.bench.figures import Figures
from tests.bench.lab import Lab
from tests.bench.measure import Meter
from tests.bench.stages.ready import BOOK, ready

IMPORTED, EMPTY = "imported", "empty"
_FILES = {
    "customers": """
        SELECT
            customer_no, name, '+86140' || lpad(customer.id::text, 8, '0') AS phone, language,
            timezone, segment, CASE WHEN granted THEN 'yes' ELSE 'no' END AS consent
        FROM accounts_customer AS customer
        JOIN accounts_consentevent AS consent ON consent.customer_id = customer.id
    """,
    "loans": """
        SELECT loan_no, customer_no, product, principal, currency, opened_on, penalty_daily_rate
        FROM accounts_loan JOIN accounts_customer ON accounts_customer.id = customer_id
    """,
    "instalments": """
        SELECT loan_no, seq, due_date, amount_due
        FROM accounts_instalment JOIN accounts_loan ON accounts_loan.id = loan_id
    """,
    "payments": """
        SELECT
            payment_no, loan_no, amount,
            to_char(paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS paid_at
        FROM accounts_payment JOIN accounts_loan ON accounts_loan.id = loan_id
    """,
}


def import_new(lab: Lab) -> Figures:
    """Into empty tables."""
    folder, rows = _written(lab)
    if EMPTY not in lab.ready:
        lab.servers.make(EMPTY)
        lab.run("tests.bench.book", "--borrowers", "0", database=EMPTY)
        lab.ready.add(EMPTY)
    lab.servers.make(IMPORTED, like=EMPTY)
    figures = _import(lab, folder, rows=rows)
    lab.ready.add(IMPORTED)
    return figures


def import_again(lab: Lab) -> Figures:
    """Where nothing has changed."""
    if IMPORTED not in lab.ready:
        import_new(lab)
    folder, rows = _written(lab)
    return _import(lab, folder, rows=rows)


def _import(lab: Lab, folder: Path, *, rows: int) -> Figures:
    with lab.helper("tests.bench.timed", "import_book", str(folder), database=IMPORTED) as helper:
        meter = Meter(lab.servers, IMPORTED, {"import": helper.pid})
        meter.start()
        helper.go()
        told = helper.read()
        meter.stop()
        helper.bye()
    return meter.read(what="rows", count=rows, seconds=told["seconds"])


def _written(lab: Lab) -> tuple[Path, int]:
    """The folder of CSV files, written the first time, and its rows."""
    folder = lab.servers.folder / "csv"
    if not folder.exists():
        ready(lab, BOOK)
        folder.mkdir()
        with lab.servers.connect(BOOK) as connection:
            for name, sql in _FILES.items():
                with (
                    (folder / f"{name}.csv").open("wb") as file,
                    connection.cursor().copy(
                        f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)"
                    ) as rows,
                ):
                    for block in rows:
                        file.write(block)
    count = 0
    for path in folder.glob("*.csv"):
        with path.open("rb") as lines:
            count += sum(1 for _ in lines) - 1
    return folder, count
