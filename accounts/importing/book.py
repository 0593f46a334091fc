"""Import of one folder.

Note [One transaction]
A folder is merged in one transaction. Between loans without their payments and the payments,
people who have paid would look as if they had not, and be reminded; so nobody sees half a book.
A run that is killed leaves nothing behind and is simply started again.
"""

import zoneinfo
from array import array
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import OperationalError, connection, transaction

from accounts import operations
from accounts.importing import staging
from accounts.importing.errors import ImportInterrupted, ImportRefused
from accounts.importing.layout import BOOK, Context
from accounts.importing.merging import Merge, Taken
from accounts.importing.rejects import Rejects
from accounts.importing.staging import Say
from accounts.models import ImportRun
from accounts.risk.refresh import RiskCounts, refresh_risk

REJECTS_FILE = "rejects.csv"
_LOCK = 7_201_001
_NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})
_SOURCE_MAX = 500


@dataclass(slots=True)
class Outcome:
    """What an import did. `files` has an entry for each file that was there."""

    run_id: int | None = None
    files: dict[str, Taken] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    rejects_file: Path | None = None
    ignored_files: list[str] = field(default_factory=list)
    allocated: operations.Allocated = field(default_factory=operations.Allocated)
    risk: RiskCounts = field(default_factory=RiskCounts)
    payments_until: datetime | None = None
    demonstration: bool = False

    @property
    def rejected_total(self) -> int:
        """Rows that were not taken."""
        return sum(self.rejected.values())

    def as_json(self) -> dict[str, Any]:
        """The outcome for machines, and for ImportRun.summary."""
        return {
            "files": {
                name: {
                    "new": taken.new,
                    "changed": taken.changed,
                    "same": taken.same,
                    "rejected": self.rejected.get(name, 0),
                }
                for name, taken in self.files.items()
            },
            "rejected": self.rejected_total,
            "ignored_files": self.ignored_files,
            "demonstration": self.demonstration,
            "allocated": {
                "instalments_changed": self.allocated.instalments_changed,
                "loans_credited": self.allocated.loans_credited,
                "allocations_changed": self.allocated.allocations_changed,
            },
            "risk": self.risk.as_json(),
        }


def import_book(
    folder: Path,
    *,
    now: datetime,
    region: str,
    demonstration: bool = False,
    dry_run: bool = False,
    rejects_file: Path | None = None,
    say: Say,
) -> Outcome:
    """Bring a folder of CSV files into the ledger. Repeating it changes nothing.

    1. Read each file into a temporary table; bad rows go to the rejects.
    2. Merge customers, loans, instalments and payments, writing what differs.
    3. Allocate the payments of every loan that was touched.
    4. Commit (see Note [One transaction]), and refresh the risk of those borrowers.

    With `dry_run` step 4 is left out and everything undone; the rejects are written all the
    same. Raises ImportRefused, naming the place, when the folder is no book: nothing is written
    then but a note of the refusal. Raises ImportInterrupted when the database is full, too slow
    or away.
    """
    paths, ignored = _files_of(folder)
    outcome = Outcome(ignored_files=ignored, demonstration=demonstration)
    touched = array("q")  # eight bytes a borrower, where a list would take forty
    try:
        with Rejects(rejects_file or folder / REJECTS_FILE) as rejects, transaction.atomic():
            merge = _merge(
                paths,
                context=Context(region, demonstration, known_zones(), now),
                now=now,
                rejects=rejects,
                say=say,
                outcome=outcome,
            )
            if dry_run:
                transaction.set_rollback(True)
            else:
                outcome.run_id = _record_run(folder, outcome=outcome, now=now).pk
                for customer_ids in merge.touched_customers():
                    touched.extend(customer_ids)
    except ImportRefused as refusal:
        if not dry_run:
            _record_refusal(folder, refusal=refusal, now=now)
        raise
    # COPY lies outside what Django translates.
    except (OperationalError, psycopg.OperationalError) as error:
        first, *_ = str(error).splitlines() or [type(error).__name__]
        raise ImportInterrupted(f"the database stopped the import: {first}") from error
    if not dry_run:
        outcome.risk = refresh_risk(now=now, customer_ids=touched)
    return outcome


def finish_run(*, run_id: int, outcome: Outcome, now: datetime) -> None:
    """Note that a run has ended, and its whole outcome. A run without an end was cut short."""
    ImportRun.objects.filter(pk=run_id).update(finished_at=now, summary=outcome.as_json())


def known_zones() -> frozenset[str]:
    """Time zones that both Python and PostgreSQL know: decisions use one, set work the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        in_database = {name for (name,) in cursor.fetchall()}
    return frozenset((zoneinfo.available_timezones() & in_database) - _NO_PLACES)


def _merge(
    paths: dict[str, Path],
    *,
    context: Context,
    now: datetime,
    rejects: Rejects,
    say: Say,
    outcome: Outcome,
) -> Merge:
    _prepare()
    present: dict[str, frozenset[str]] = {}
    for layout in BOOK:
        if layout.file in paths:
            present[layout.file] = staging.stage_file(
                paths[layout.file], layout=layout, context=context, rejects=rejects, say=say
            )
    merge = Merge(
        demonstration=context.demonstration, now=now, present=present, rejects=rejects, say=say
    )
    taken = {
        "customers.csv": merge.customers(),
        "loans.csv": merge.loans(),
        "instalments.csv": merge.instalments(),
        "payments.csv": merge.payments(),
    }
    outcome.files = {name: taken[name] for name in present}
    outcome.payments_until = merge.payments_until()
    outcome.allocated = merge.allocate()
    rejects.flush()
    outcome.rejected = rejects.counts
    outcome.rejects_file = rejects.path if rejects.total else None
    return merge


def _prepare() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise ImportRefused("another import is running; start this one when it has ended")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        # Foreign keys are checked at the end of each statement, so that no list of millions
        # of checks is kept for the commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    staging.make_tables()


def _files_of(folder: Path) -> tuple[dict[str, Path], list[str]]:
    if not folder.is_dir():
        raise ImportRefused(f"{folder} is no folder; give the one that holds the CSV files")
    known = {layout.file for layout in BOOK}
    found = sorted(folder.glob("*.csv"))
    paths = {path.name: path for path in found if path.name in known}
    if not paths:
        raise ImportRefused(f"{folder} holds none of {', '.join(sorted(known))}")
    ignored = [path.name for path in found if path.name not in known | {REJECTS_FILE}]
    return paths, ignored


def _record_run(folder: Path, *, outcome: Outcome, now: datetime) -> ImportRun:
    return ImportRun.objects.create(
        source=str(folder)[:_SOURCE_MAX],
        started_at=now,
        payments_until=outcome.payments_until,
        summary=outcome.as_json(),
    )


def _record_refusal(folder: Path, *, refusal: ImportRefused, now: datetime) -> None:
    ImportRun.objects.create(
        source=str(folder)[:_SOURCE_MAX],
        started_at=now,
        finished_at=now,
        summary={"refused": str(refusal)},
    )
