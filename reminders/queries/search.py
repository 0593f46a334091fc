"""Search results: who it may be, and what an agent wants to know before opening the page."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models.choices import RiskTier
from accounts.search import FoundCustomer, find_customers
from reminders.facts.borrowers import TIER_BEFORE_ASSESSMENT
from reminders.queries.overdue import OverdueRow, overdue_of

RESULTS_MAX = 20


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One borrower in the results."""

    customer_no: str
    name: str
    phone: str
    loan_nos: tuple[str, ...]
    tier: str
    tier_label: str
    is_demonstration: bool
    overdue: tuple[OverdueRow, ...]


def search(text: str, *, now: datetime) -> tuple[FoundRow, ...]:
    """Up to RESULTS_MAX borrowers that `text` may mean, in a fixed number of statements."""
    found = find_customers(text, limit=RESULTS_MAX)
    if not found:
        return ()
    overdue = overdue_of([row.id for row in found], now=now)
    return tuple(_row(row, overdue=overdue.get(row.id, ())) for row in found)


def _row(row: FoundCustomer, *, overdue: tuple[OverdueRow, ...]) -> FoundRow:
    tier = row.tier or TIER_BEFORE_ASSESSMENT.value
    return FoundRow(
        customer_no=row.customer_no,
        name=row.name,
        phone=row.phone_masked,
        loan_nos=row.loan_nos,
        tier=tier,
        tier_label=str(RiskTier(tier).label),
        is_demonstration=row.is_demonstration,
        overdue=overdue,
    )
