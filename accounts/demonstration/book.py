"""The demonstration book as the CSV files of the import contract."""

import csv
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from accounts.demonstration.lending import DemoLoan, loans_of
from accounts.demonstration.people import a_person

CUSTOMERS = 600
SEED = 1

_HEADERS = {
    "customers.csv": (
        "customer_no",
        "name",
        "phone",
        "language",
        "timezone",
        "email",
        "segment",
        "consent",
    ),
    "loans.csv": (
        "loan_no",
        "customer_no",
        "product",
        "principal",
        "currency",
        "opened_on",
        "annual_rate",
        "penalty_daily_rate",
        "grace_days",
    ),
    "instalments.csv": ("loan_no", "seq", "due_date", "amount_due", "principal", "interest"),
    "payments.csv": ("payment_no", "loan_no", "paid_at", "amount"),
}
_PENALTY_DAILY_RATE = "0.0005"


def write_book(folder: Path, *, customers: int, seed: int, now: datetime) -> None:
    """Write a book of `customers` borrowers into `folder`. Same arguments, same bytes."""
    random = Random(seed)  # noqa: S311 - a book that can be made again, not a secret
    with ExitStack() as files:
        writers = {
            name: csv.writer(
                files.enter_context((folder / name).open("w", newline="", encoding="utf-8")),
                lineterminator="\n",
            )
            for name in _HEADERS
        }
        for name, header in _HEADERS.items():
            writers[name].writerow(header)
        for number in range(1, customers + 1):
            person = a_person(number=number, random=random)
            writers["customers.csv"].writerow(
                [getattr(person, column) for column in _HEADERS["customers.csv"]]
            )
            zone = ZoneInfo(person.timezone)
            for place, loan in enumerate(loans_of(random=random, zone=zone, now=now)):
                loan_no = f"DEMO-L{number:06d}{'ABC'[place]}"
                _write_loan(loan, loan_no=loan_no, customer_no=person.customer_no, to=writers)


def _write_loan(loan: DemoLoan, *, loan_no: str, customer_no: str, to: dict[str, Any]) -> None:
    to["loans.csv"].writerow(
        (
            loan_no,
            customer_no,
            loan.product,
            loan.principal,
            "CNY",
            loan.opened_on,
            loan.annual_rate,
            _PENALTY_DAILY_RATE,
            loan.grace_days,
        )
    )
    for item in loan.instalments:
        to["instalments.csv"].writerow(
            (loan_no, item.seq, item.due_date, item.amount_due, item.principal, item.interest)
        )
    for place, payment in enumerate(loan.payments, start=1):
        to["payments.csv"].writerow(
            (f"{loan_no}-P{place}", loan_no, payment.paid_at.isoformat(), payment.amount)
        )
