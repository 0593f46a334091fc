"""What came of a campaign, in figures that open to their rows (P11).

A refusal counts as one of the campaign's if the borrower took back their consent to education by
text within REFUSED_WITHIN after its text was opened.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.core.vocabulary import Channel, Purpose
from accounts.models import ConsentEvent
from reminders.models import Campaign, Reminder
from reminders.models.choices import MessageState, ReminderState
from reminders.queries.words import reason_label

PAGE = 50
REFUSED_WITHIN = timedelta(days=30)

_NOT_SENT = (ReminderState.SKIPPED, ReminderState.EXPIRED, ReminderState.CANCELLED)
_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "delivered": (MessageState.DELIVERED,),
    "under_way": (MessageState.SENDING, MessageState.WAITING, MessageState.ACCEPTED),
    "undelivered": (MessageState.UNDELIVERED,),
    "unknown": (MessageState.UNKNOWN,),
    "rejected": (MessageState.REJECTED, MessageState.CANCELLED),
}
"""What became of the texts; the parts add up to `sent`."""

FIGURES = ("all", "planned", "sent", *_OUTCOMES, "refused", "not_sent")


@dataclass(frozen=True, slots=True)
class ReasonFigure:
    """How many borrowers were not written to for one reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Results:
    """Counts by figure; `all` is `planned` + `sent` + `not_sent`, whose reasons add up to it."""

    figures: Mapping[str, int]
    reasons: tuple[ReasonFigure, ...]


def results(campaign: Campaign) -> Results:
    """The figures of `campaign`, in three statements."""
    counts = Counter[tuple[str, str]]()
    rows = Reminder.objects.filter(campaign=campaign)
    for state, reason, number in (
        rows.values("state", "reason").annotate(n=Count("*")).values_list("state", "reason", "n")
    ):
        counts[state, reason] += number
    texts = Counter(
        dict(
            rows.filter(state=ReminderState.MESSAGED)
            .values("message__state")
            .annotate(n=Count("*"))
            .values_list("message__state", "n")
        )
    )
    reasons = Counter[str]()
    for (state, reason), number in counts.items():
        if state in _NOT_SENT:
            reasons[reason] += number
    figures = {
        "all": counts.total(),
        "planned": sum(n for (state, _), n in counts.items() if state == ReminderState.PLANNED),
        "sent": texts.total(),
        **{key: sum(texts[state] for state in states) for key, states in _OUTCOMES.items()},
        "refused": _refused(rows).count(),
        "not_sent": reasons.total(),
    }
    in_order = sorted(reasons.items(), key=lambda row: (-row[1], row[0]))
    return Results(figures, tuple(ReasonFigure(code, n) for code, n in in_order))


def _refused(rows: QuerySet[Reminder]) -> QuerySet[Reminder]:
    """Those whose borrower refused education by text soon after the text."""
    said = ConsentEvent.objects.filter(
        customer=OuterRef("customer"),
        granted=False,
        channel__in=["", Channel.SMS],
        purpose__in=["", Purpose.EDUCATION],
        happened_at__gt=OuterRef("message__opened_at"),
        happened_at__lte=OuterRef("message__opened_at") + REFUSED_WITHIN,
    )
    return rows.filter(state=ReminderState.MESSAGED).filter(Exists(said))


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One borrower behind a figure: what became of the reminder, and when."""

    reminder_id: int
    customer_no: str
    name: str
    at: datetime
    state_label: str
    reason_label: str


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Some rows in the order of their numbers; `after` begins the next page, 0 at the end."""

    rows: tuple[ResultRow, ...]
    after: int


def listed(campaign: Campaign, *, figure: str, reason: str = "", after: int = 0) -> ResultPage:
    """A page of the rows that `figure` counts; `reason` narrows `not_sent`."""
    rows = _rows_of(figure, Reminder.objects.filter(campaign=campaign))
    if reason:
        rows = rows.filter(reason=reason)
    page = list(
        rows.filter(pk__gt=after).select_related("customer", "message").order_by("pk")[: PAGE + 1]
    )
    shown = page[:PAGE]
    return ResultPage(tuple(_row(row) for row in shown), shown[-1].pk if len(page) > PAGE else 0)


def _rows_of(figure: str, rows: QuerySet[Reminder]) -> QuerySet[Reminder]:
    if figure == "planned":
        return rows.filter(state=ReminderState.PLANNED)
    if figure == "sent":
        return rows.filter(state=ReminderState.MESSAGED)
    if figure == "not_sent":
        return rows.filter(state__in=_NOT_SENT)
    if figure == "refused":
        return _refused(rows)
    if figure in _OUTCOMES:
        return rows.filter(state=ReminderState.MESSAGED, message__state__in=_OUTCOMES[figure])
    return rows


def _row(row: Reminder) -> ResultRow:
    message: Any = row.message if row.state == ReminderState.MESSAGED else None
    if message is not None:
        at, state, reason = message.opened_at, MessageState(message.state).label, ""
    else:
        at = row.next_attempt_at if row.state == ReminderState.PLANNED else row.decided_at
        state, reason = ReminderState(row.state).label, row.reason
    return ResultRow(
        row.pk,
        row.customer.customer_no,
        row.customer.name,
        at or row.planned_at,
        str(state),
        reason_label(reason) if reason else "",
    )
