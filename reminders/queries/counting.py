"""Rows by state, for the gauges that operators watch."""

from collections.abc import Mapping

from django.db.models import Count

from reminders.models import Message, Reminder
from reminders.models.choices import MessageState, ReminderState


def messages_by_state() -> Mapping[str, int]:
    """Messages in each state; all states are there, also those without any."""
    counts = Message.objects.values("state").annotate(count=Count("id"))
    return dict.fromkeys(MessageState.values, 0) | dict(counts.values_list("state", "count"))


def reminders_by_state() -> Mapping[str, int]:
    """Reminders in each state; all states are there, also those without any."""
    counts = Reminder.objects.values("state").annotate(count=Count("id"))
    return dict.fromkeys(ReminderState.values, 0) | dict(counts.values_list("state", "count"))
