"""Everything that waits for something: how much of it, for how long, and how long it may.

Each limbo has somebody who ends it (a claim, sweeping, a receipt, a person) and an age beyond which
that has failed. The runbook has a row for each; a test holds the two together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet

from reminders.models import Attempt, EarlierText, Message, RawReceipt, Receipt, Reminder
from reminders.models.choices import AttemptOutcome, MessageState, ReminderState

_UNREADABLE_FOR = timedelta(days=30)
"""By then the text has been asked about, and a person has settled it."""

_OF_NOBODY_FOR = timedelta(days=1)
"""Rows are committed before the call, so what is unknown on arrival stays so: news for a day."""


@dataclass(frozen=True, slots=True)
class Limbo:
    """One state that waits. `since` is the column that says since when."""

    name: str
    age_max: timedelta
    since: str
    rows: Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one limbo holds now; the age of an empty one is nothing."""

    name: str
    count: int
    oldest: timedelta
    age_max: timedelta


def _planned() -> QuerySet[Reminder]:
    return Reminder.objects.filter(state=ReminderState.PLANNED)


def _not_looked_at(now: datetime) -> QuerySet[Reminder]:
    return _planned().filter(next_attempt_at__lte=now)


def _past_its_end(now: datetime) -> QuerySet[Reminder]:
    """Those that were put off are `_put_off_beyond_its_end`."""
    return _not_looked_at(now).filter(expires_at__lte=now)


def _put_off_beyond_its_end(now: datetime) -> QuerySet[Reminder]:
    """No condition on the time: with one, the planner would look at all that is planned."""
    return _planned().filter(next_attempt_at__gte=F("expires_at"))


def _to_be_sent_again(now: datetime) -> QuerySet[EarlierText]:
    return EarlierText.objects.filter(
        reminder__state=ReminderState.PLANNED,
        reminder__message__isnull=False,
        message=F("reminder__message"),
    )


def _past_its_lease(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.SENDING, lease_until__lt=now)


def _waiting(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.WAITING)


def _waiting_for_nobody(now: datetime) -> QuerySet[Message]:
    return _waiting(now).exclude(Exists(_planned().filter(message=OuterRef("pk"))))


def _without_receipt(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.ACCEPTED, ask_at__isnull=False)


def _asked_about(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.UNKNOWN, ask_at__isnull=False)


def _not_asked_in_time(now: datetime) -> QuerySet[Message]:
    """Of the gateway in use: the others are not asked, and become a person's in the end."""
    return Message.objects.filter(ask_at__lt=now, gateway=settings.SMS_GATEWAY)


def _for_a_person(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.UNKNOWN, ask_at__isnull=True)


def _attempts_open(now: datetime) -> QuerySet[Attempt]:
    open_ = Attempt.objects.filter(outcome=AttemptOutcome.OPEN)
    return open_.exclude(message__state=MessageState.SENDING)


def _not_read(now: datetime) -> QuerySet[RawReceipt]:
    return RawReceipt.objects.filter(applied_at=None, put_off_since=None)


def _put_off(now: datetime) -> QuerySet[RawReceipt]:
    return RawReceipt.objects.filter(applied_at=None, put_off_since__isnull=False)


def _unreadable(now: datetime) -> QuerySet[RawReceipt]:
    rows = RawReceipt.objects.exclude(problem="")
    return rows.filter(received_at__gt=now - _UNREADABLE_FOR)


def _of_nobody(now: datetime) -> QuerySet[Receipt]:
    return Receipt.objects.filter(message=None, received_at__gt=now - _OF_NOBODY_FOR)


_MINUTES, _HOURS, _DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

LIMBOS = (
    Limbo("reminder_not_looked_at", 30 * _MINUTES, "next_attempt_at", _not_looked_at),
    Limbo("reminder_past_its_end", 30 * _MINUTES, "expires_at", _past_its_end),
    Limbo("reminder_put_off_beyond_its_end", 1 * _HOURS, "expires_at", _put_off_beyond_its_end),
    Limbo("reminder_to_be_sent_again", 2 * _DAYS, "planned_again_at", _to_be_sent_again),
    Limbo("message_past_its_lease", 5 * _MINUTES, "lease_until", _past_its_lease),
    Limbo("message_waiting", 2 * _HOURS, "opened_at", _waiting),
    Limbo("message_waiting_for_nobody", 1 * _HOURS, "opened_at", _waiting_for_nobody),
    Limbo("message_without_receipt", 73 * _HOURS, "opened_at", _without_receipt),
    Limbo("message_asked_about", 73 * _HOURS, "opened_at", _asked_about),
    Limbo("message_not_asked_in_time", 30 * _MINUTES, "ask_at", _not_asked_in_time),
    Limbo("message_for_a_person", 7 * _DAYS, "opened_at", _for_a_person),
    Limbo("attempt_open_after_its_message", 15 * _MINUTES, "opened_at", _attempts_open),
    Limbo("receipt_not_read", 5 * _MINUTES, "received_at", _not_read),
    Limbo("receipt_put_off", 15 * _MINUTES, "put_off_since", _put_off),
    Limbo("receipt_unreadable", 2 * _DAYS, "received_at", _unreadable),
    Limbo("receipt_of_nobody", 2 * _DAYS, "received_at", _of_nobody),
)
"""All of them, in the order of a text's way."""


def limbos(*, now: datetime) -> list[Waiting]:
    """What waits now, one statement for each limbo; those that hold nothing are there as well."""
    return [_measure(limbo, now=now) for limbo in LIMBOS]


def _measure(limbo: Limbo, *, now: datetime) -> Waiting:
    found = limbo.rows(now).aggregate(count=Count("pk"), first=Min(limbo.since))
    oldest = max(now - found["first"], timedelta(0)) if found["count"] else timedelta(0)
    return Waiting(limbo.name, found["count"], oldest, limbo.age_max)
