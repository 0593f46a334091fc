"""Small books on disk, and the shorthand to import them."""

import csv
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from accounts.importing.book import Outcome, import_book
from tests.builders import NOW

CUSTOMERS = "customer_no,name,phone,language,timezone"
LOANS = "loan_no,customer_no,product,principal,currency,opened_on"
INSTALMENTS = "loan_no,seq,due_date,amount_due"
PAYMENTS = "payment_no,loan_no,paid_at,amount"


def write(folder: Path, name: str, *lines: str) -> Path:
    """A file of lines, the header first."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def a_book(folder: Path) -> Path:
    """Two borrowers: Wei has paid one of two instalments, Na none of one."""
    write(
        folder,
        "customers.csv",
        CUSTOMERS,
        "C-1,王伟,13812341234,zh-hans,Asia/Shanghai",
        "C-2,Na Li,+447911123456,en,Europe/London",
    )
    write(
        folder,
        "loans.csv",
        LOANS,
        "L-1,C-1,cash,1200.00,CNY,2026-01-05",
        "L-2,C-2,phone,600,GBP,2026-02-05",
    )
    write(
        folder,
        "instalments.csv",
        INSTALMENTS,
        "L-1,1,2026-10-05,100.00",
        "L-1,2,2026-11-05,100.00",
        "L-2,1,2026-11-20,50.5",
    )
    write(folder, "payments.csv", PAYMENTS, "P-1,L-1,2026-10-05T09:00:00+08:00,120.00")
    return folder


def bring_in(folder: Path, *, now: datetime = NOW, **options: Any) -> Outcome:
    """Import a folder quietly."""
    return import_book(folder, now=now, region="CN", say=lambda _line: None, **options)


def counts(outcome: Outcome) -> dict[str, tuple[int, int, int, int]]:
    """New, changed, same and rejected of each file, by its name without `.csv`."""
    return {
        name.removesuffix(".csv"): (
            taken.new,
            taken.changed,
            taken.same,
            outcome.rejected.get(name, 0),
        )
        for name, taken in outcome.files.items()
    }


def rejected(folder: Path) -> list[tuple[str, int, str, str]]:
    """File, line, column and reason of the rejected rows."""
    with (folder / "rejects.csv").open(newline="", encoding="utf-8") as stream:
        return [
            (row["file"], int(row["line"]), row["column"], row["reason"])
            for row in csv.DictReader(stream)
        ]


def shared_folder() -> Path:
    """Where the data beside the checkout lie: DUECOURSE_SHARED, or ../shared."""
    given = os.environ.get("DUECOURSE_SHARED")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared"
