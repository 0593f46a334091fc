"""What the lender sends: folders of borrowers whose instalment is due in three days, and payments.

It is the truth about who is to hear of what, made without looking at the product.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

OPTED_OUT_IN = 50
TWO_LOANS_IN = 20
PAYING_SHARE = 0.08

_CUSTOMERS = "customer_no,name,phone,language,timezone,consent"
_LOANS = "loan_no,customer_no,product,principal,currency,opened_on"
_INSTALMENTS = "loan_no,seq,due_date,amount_due"
_PAYMENTS = "payment_no,loan_no,paid_at,amount"


@dataclass(slots=True)
class Borrower:
    """`paid_at`: when the import of the payment of all that is due had come back."""

    number: int
    paid_at: datetime | None = None

    @property
    def phone(self) -> str:
        """Theirs alone."""
        return f"+86138{self.number:08d}"

    @property
    def opted_out(self) -> bool:
        """Does not want to hear from us at all."""
        return self.number % OPTED_OUT_IN == 0

    @property
    def loans(self) -> list[str]:
        """One, or two that are due on the same day and belong into one text."""
        count = 2 if self.number % TWO_LOANS_IN == 1 else 1
        return [f"L-{self.number}-{seq}" for seq in range(1, count + 1)]


@dataclass(slots=True)
class Folder:
    """A folder to be imported. Those in `paying` have paid once it has been."""

    path: Path
    paying: Sequence[Borrower] = ()


@dataclass(slots=True)
class Book:
    """All borrowers so far, by number. `today` is the lender's day."""

    folder: Path
    today: date
    dice: random.Random
    borrowers: list[Borrower] = field(default_factory=list)

    def wave(self, count: int) -> Iterator[Folder]:
        """`count` new borrowers, and right after them payments of some of these."""
        first = len(self.borrowers) + 1
        new = [Borrower(number) for number in range(first, first + count)]
        self.borrowers += new
        yield self._wave(new, name=f"wave-{first}")
        # In the moment in which they are planned and claimed: some are in time, some too late.
        paying = [b for b in new if not b.opted_out and self.dice.random() < PAYING_SHARE]
        if paying:
            yield self._payments(paying, name=f"payments-{first}")

    def _wave(self, new: Sequence[Borrower], *, name: str) -> Folder:
        path = self.folder / name
        path.mkdir(parents=True)
        due = self.today + timedelta(days=3)
        opened = self.today - timedelta(days=90)
        _write(
            path / "customers.csv",
            _CUSTOMERS,
            (
                f"C-{b.number},王伟,{b.phone},zh-hans,Asia/Shanghai,"
                f"{'no' if b.opted_out else 'yes'}"
                for b in new
            ),
        )
        _write(
            path / "loans.csv",
            _LOANS,
            (f"{loan},C-{b.number},cash,1200,CNY,{opened}" for b in new for loan in b.loans),
        )
        _write(
            path / "instalments.csv",
            _INSTALMENTS,
            (f"{loan},1,{due},100.00" for b in new for loan in b.loans),
        )
        return Folder(path)

    def _payments(self, paying: Sequence[Borrower], *, name: str) -> Folder:
        path = self.folder / name
        path.mkdir(parents=True)
        at = f"{self.today}T09:00:00+08:00"
        _write(
            path / "payments.csv",
            _PAYMENTS,
            (f"P-{loan},{loan},{at},100.00" for b in paying for loan in b.loans),
        )
        return Folder(path, paying)


def _write(path: Path, header: str, rows: Iterator[str]) -> None:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
