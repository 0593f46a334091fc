"""Which columns each file of a book has, and how each is checked.

This is the import contract. A column that is not named here is refused, so that a misspelt one
is not silently left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.importing import checks
from accounts.importing.checks import Check

_SHOWN_MAX = 40


@dataclass(frozen=True, slots=True)
class Context:
    """What the checks need to know about this run."""

    region: str
    demonstration: bool
    zones: frozenset[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Its check fills the staging columns `into`: itself unless told otherwise.

    What a file does not have, the defaults of its staging table fill.
    """

    name: str
    is_required: bool = True
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileLayout:
    """One file of a book, its staging table, and the columns that tell its rows apart."""

    file: str
    table: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def expected(self) -> str:
        """The columns in words."""
        optional = [column.name for column in self.columns if not column.is_required]
        words = ", ".join(column.name for column in self.columns if column.is_required)
        return f"{words}, and optionally {', '.join(optional)}" if optional else words

    def problem_of(self, header: Sequence[str]) -> str:
        """What is wrong with a header, or blank."""
        known = {column.name for column in self.columns}
        for name in header:
            if name not in known:
                return f"column {name[:_SHOWN_MAX]!r} is unknown"
            if header.count(name) > 1:
                return f"column {name!r} stands there twice"
        for column in self.columns:
            if column.is_required and column.name not in header:
                return f"column {column.name!r} is missing"
        return ""


CUSTOMERS = FileLayout(
    "customers.csv",
    "stage_customer",
    ("customer_no",),
    (
        Column("customer_no"),
        Column("name", into=("name", "name_pinyin")),
        Column("phone", into=("phone_encrypted", "phone_hash", "phone_masked")),
        Column("language"),
        Column("timezone"),
        Column(
            "email",
            is_required=False,
            into=("email_encrypted", "email_hash", "email_masked"),
        ),
        Column("segment", is_required=False),
        Column("other_timezones", is_required=False),
        Column("consent", is_required=False),
    ),
)
LOANS = FileLayout(
    "loans.csv",
    "stage_loan",
    ("loan_no",),
    (
        Column("loan_no"),
        Column("customer_no"),
        Column("product"),
        Column("principal"),
        Column("currency"),
        Column("opened_on"),
        Column("annual_rate", is_required=False),
        Column("penalty_daily_rate", is_required=False),
        Column("grace_days", is_required=False),
        Column("status", is_required=False),
    ),
)
INSTALMENTS = FileLayout(
    "instalments.csv",
    "stage_instalment",
    ("loan_no", "seq"),
    (
        Column("loan_no"),
        Column("seq"),
        Column("due_date"),
        Column("amount_due"),
        Column("principal", is_required=False),
        Column("interest", is_required=False),
        Column("fee", is_required=False),
    ),
)
PAYMENTS = FileLayout(
    "payments.csv",
    "stage_payment",
    ("payment_no",),
    (
        Column("payment_no"),
        Column("loan_no"),
        Column("paid_at"),
        Column("amount"),
    ),
)
BOOK = (CUSTOMERS, LOANS, INSTALMENTS, PAYMENTS)
"""The files of a book, parents first."""


def checks_of(layout: FileLayout, *, context: Context) -> Mapping[str, Check]:
    """The check of each column of `layout`."""
    if layout is CUSTOMERS:
        return {
            "customer_no": checks.number,
            "name": checks.name,
            "phone": checks.phone(region=context.region, made_up_allowed=context.demonstration),
            "language": checks.language,
            "timezone": checks.timezone(context.zones),
            "email": checks.email,
            "segment": checks.number_or_blank,
            "other_timezones": checks.timezones(context.zones),
            "consent": checks.consent,
        }
    if layout is LOANS:
        return {
            "loan_no": checks.number,
            "customer_no": checks.number,
            "product": checks.number,
            "principal": checks.amount,
            "currency": checks.currency,
            "opened_on": checks.dates(),
            "annual_rate": checks.annual_rate,
            "penalty_daily_rate": checks.daily_rate,
            "grace_days": checks.grace_days,
            "status": checks.status,
        }
    if layout is INSTALMENTS:
        return {
            "loan_no": checks.number,
            "seq": checks.seq,
            "due_date": checks.dates(),
            "amount_due": checks.amount,
            "principal": checks.amount_or_null,
            "interest": checks.amount_or_null,
            "fee": checks.amount_or_null,
        }
    return {
        "payment_no": checks.number,
        "loan_no": checks.number,
        "paid_at": checks.paid_at(now=context.now),
        "amount": checks.amount,
    }
