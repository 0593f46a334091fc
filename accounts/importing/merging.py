"""From the staging tables into the ledger, table by table, writing only what differs.

Each table goes the same way: resolve (which row is meant, what differs, what is wrong), report
what is wrong, update, insert, count. All of it is a few statements per table, whatever its size.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts import operations
from accounts.importing import consents
from accounts.importing.layout import CUSTOMERS, INSTALMENTS, LOANS, PAYMENTS, FileLayout
from accounts.importing.rejects import Rejects
from accounts.importing.staging import Say
from accounts.sql import statement

_ANALYZE_FROM_ROWS = 1_000
_LOANS_PER_SLICE = 10_000


@dataclass(frozen=True, slots=True)
class Taken:
    """How the good rows of a file were taken."""

    new: int
    changed: int
    same: int


class Merge:
    """One merge of the staging tables, inside the caller's transaction.

    `present` gives the columns that each file has: what a file does not have stays as it is.
    """

    def __init__(
        self,
        *,
        demonstration: bool,
        now: datetime,
        present: Mapping[str, frozenset[str]],
        rejects: Rejects,
        say: Say,
    ) -> None:
        self._demonstration, self._now, self._present = demonstration, now, present
        self._rejects, self._say = rejects, say

    def customers(self) -> Taken:
        """Customers with their addresses and consent."""
        self._resolve(CUSTOMERS)
        self._report(CUSTOMERS, table="book_customer", column="'customer_no'", key="customer_no")
        self._write(CUSTOMERS, ["update_customers", "insert_customers"])
        self._write(
            CUSTOMERS,
            [
                "resolve_contact_points",
                "demote_contact_points",
                "promote_contact_points",
                "insert_contact_points",
            ],
        )
        consents.collect()
        self._write(CUSTOMERS, ["insert_consents"])
        return self._count(CUSTOMERS, ["accounts_customer", "accounts_contactpoint"])

    def loans(self) -> Taken:
        """Loans of customers that are known by now."""
        self._resolve(LOANS)
        self._report(LOANS, table="book_loan", column="problem_column", key="loan_no")
        self._write(LOANS, ["update_loans", "insert_loans"])
        return self._count(LOANS, ["accounts_loan"])

    def instalments(self) -> Taken:
        """Instalments of loans that are known by now."""
        self._resolve(INSTALMENTS)
        key = "loan_no || '/' || seq"
        self._report(INSTALMENTS, table="book_instalment", column="problem_column", key=key)
        self._write(
            INSTALMENTS, ["lock_loans_of_instalments", "update_instalments", "insert_instalments"]
        )
        return self._count(INSTALMENTS, ["accounts_instalment"])

    def payments(self) -> Taken:
        """Payments for loans that are known by now."""
        self._resolve(PAYMENTS)
        self._report(PAYMENTS, table="book_payment", column="problem_column", key="payment_no")
        self._write(
            PAYMENTS,
            ["lock_loans_of_payments", "recheck_payments", "update_payments", "insert_payments"],
        )
        return self._count(PAYMENTS, ["accounts_payment"])

    def payments_until(self) -> datetime | None:
        """Time of the latest payment that was taken."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(paid_at) FROM book_payment WHERE problem IS NULL")
            found: datetime | None = cursor.fetchone()[0]
            return found

    def allocate(self) -> operations.Allocated:
        """Allocate every loan that the merge touched, in slices."""
        with connection.cursor() as cursor:
            cursor.execute(statement("touched_loans"))
        total, loans = operations.Allocated(), 0
        for loan_ids in _slices(
            "SELECT loan_id FROM book_touched WHERE is_to_be_allocated ORDER BY loan_id",
            size=_LOANS_PER_SLICE,
        ):
            total += operations.allocate(loan_ids=loan_ids)
            loans += len(loan_ids)
            self._say(f"payments of {loans:,} loans allocated")
        return total

    def touched_customers(self) -> Iterator[list[int]]:
        """Ids of the customers whose risk may have changed, in slices."""
        return _slices(
            "SELECT customer_id FROM book_customer WHERE is_new AND problem IS NULL"
            " UNION SELECT customer_id FROM book_touched ORDER BY 1",
            size=_LOANS_PER_SLICE,
        )

    def _resolve(self, layout: FileLayout) -> None:
        self._say(f"{layout.file}: comparing with the ledger")
        self._write(layout, [f"resolve_{layout.file.removesuffix('.csv')}"])

    def _write(self, layout: FileLayout, names: list[str]) -> None:
        parameters = self._parameters(layout)
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(statement(name), parameters)

    def _parameters(self, layout: FileLayout) -> dict[str, Any]:
        present = self._present.get(layout.file, frozenset())
        has = {
            f"has_{column.name}": column.name in present
            for column in layout.columns
            if not column.is_required
        }
        return {"demonstration": self._demonstration, "now": self._now, **has}

    def _report(self, layout: FileLayout, *, table: str, column: str, key: str) -> None:
        query = (
            f"COPY (SELECT line, {column}, problem, {key} FROM {table} "  # noqa: S608 - our names
            "WHERE problem IS NOT NULL ORDER BY line) TO STDOUT"
        )
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            for line, name, problem, number in copy.rows():
                self._rejects.add(
                    file=layout.file, line=int(line), column=name, reason=problem, key=number
                )

    def _count(self, layout: FileLayout, tables: list[str]) -> Taken:
        name = f"count_{layout.file.removesuffix('.csv')}"
        with connection.cursor() as cursor:
            cursor.execute(statement(name))
            new, changed, taken = cursor.fetchone()
            if new >= _ANALYZE_FROM_ROWS:
                # Without this the next joins are planned for the table as it was before.
                cursor.execute(f"ANALYZE {', '.join(tables)}")
        return Taken(new=new, changed=changed, same=taken - new - changed)


def _slices(query: str, *, size: int) -> Iterator[list[int]]:
    """Rows of a one-column query, `size` at a time, from a server-side cursor."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            yield [row[0] for row in rows]
