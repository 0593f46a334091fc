"""What can be sent by hand: open instalments, and the templates for where they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reminders.core.vocabulary import Stage
from reminders.models import MessageTemplate
from reminders.models.choices import Stage as StageLabel
from reminders.models.choices import VersionState
from reminders.queries.loans import LoanRow

SOON_DAYS = 31


@dataclass(frozen=True, slots=True)
class OpenInstalment:
    """An instalment that a text may be about."""

    id: int
    loan_no: str
    seq: int
    due_date: date
    outstanding: Decimal
    currency: str
    dpd: int
    stage: str
    stage_label: str


@dataclass(frozen=True, slots=True)
class UsableTemplate:
    """A template with published words."""

    id: int
    title: str


def open_instalments(loans: Iterable[LoanRow], *, today: date) -> tuple[OpenInstalment, ...]:
    """What is open on active loans, the longest overdue first: all that is overdue or due within
    SOON_DAYS, and if that is nothing, what is due next."""
    rows = []
    for loan in loans:
        for row in loan.instalments if loan.is_active else ():
            if row.figures.settled_at is None:
                stage = Stage.of((today - row.figures.due_date).days)
                rows.append(
                    OpenInstalment(
                        id=row.figures.id,
                        loan_no=loan.figures.loan_no,
                        seq=row.figures.seq,
                        due_date=row.figures.due_date,
                        outstanding=row.figures.outstanding,
                        currency=loan.figures.currency,
                        dpd=max(0, row.figures.days_past_due),
                        stage=stage.value,
                        stage_label=str(StageLabel(stage.value).label),
                    )
                )
    rows.sort(key=lambda row: (row.due_date, row.loan_no))
    soon = [row for row in rows if row.due_date <= today + timedelta(days=SOON_DAYS)]
    return tuple(soon or rows[:1])


def templates_for(stage: str) -> tuple[UsableTemplate, ...]:
    """Templates of that stage that have a published version, by title."""
    rows = MessageTemplate.objects.filter(
        stage=stage, versions__state=VersionState.PUBLISHED
    ).order_by("title")
    return tuple(UsableTemplate(row.pk, row.title) for row in rows)
