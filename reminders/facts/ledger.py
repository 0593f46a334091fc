"""How old the ledger is: when payments were last fed into it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import ImportRun
from reminders.core.contact_rules import ContactRules
from reminders.core.types import Borrower

PAYMENTS_FILE = "payments.csv"

_LATEST = 50
"""Imports that are looked at first: every claim asks, and must not read all that ever ran. No more
run at once, so one that began before them ended before the last of them."""


def ledger_as_of() -> datetime | None:
    """When the last import that brought payments ended; None when there was none.

    A run that was cut short after its commit counts from its beginning: the payments are in. The
    demonstration book is no feed: nobody will ever bring its next payments.
    """
    pks = ImportRun.objects.order_by("-pk").values_list("pk", flat=True)
    last_left_out = pks[_LATEST : _LATEST + 1].first()
    latest = ImportRun.objects.filter(pk__gt=last_left_out or 0)
    return _newest_feed(latest) or (
        _newest_feed(ImportRun.objects.all()) if last_left_out is not None else None
    )


def _newest_feed(runs: QuerySet[ImportRun]) -> datetime | None:
    feeds = runs.filter(summary__files__has_key=PAYMENTS_FILE)
    found: datetime | None = feeds.exclude(summary__contains={"demonstration": True}).aggregate(
        at=Max(Coalesce("finished_at", "started_at"))
    )["at"]
    return found


@dataclass(frozen=True, slots=True)
class LedgerAge:
    """`as_of` None: nothing was ever imported, so nothing is old. `hours_max` 0: never asked."""

    as_of: datetime | None
    hours: float | None
    hours_max: int

    @property
    def is_stale(self) -> bool:
        """Whether overdue messages wait for the next feed."""
        return bool(self.hours_max) and self.hours is not None and self.hours > self.hours_max


def ledger_age(rules: ContactRules, *, now: datetime) -> LedgerAge:
    """How old the ledger is and how old it may be."""
    as_of = ledger_as_of()
    hours = None if as_of is None else (now - as_of) / timedelta(hours=1)
    return LedgerAge(as_of, hours, rules.ledger_max_age_hours)


def as_if_fed(borrower: Borrower, *, at: datetime, now: datetime) -> Borrower:
    """The same facts for a look at the future: the feed is taken to go on from now."""
    if borrower.ledger_as_of is None or at <= now:
        return borrower
    return replace(borrower, ledger_as_of=at)
