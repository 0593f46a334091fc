"""The beat entries that `create_schedule` makes."""

from io import StringIO

import pytest
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from config.celery import app
from reminders.management.commands.create_schedule import ENTRIES

pytestmark = pytest.mark.django_db


def test_new_entries_are_due_at_once() -> None:
    call_command("create_schedule", stdout=StringIO())
    entries = PeriodicTask.objects.filter(task__in=[entry.task for entry in ENTRIES])
    assert [ModelEntry(entry, app=app).is_due().is_due for entry in entries] == [True] * len(
        ENTRIES
    )


def test_what_an_operator_changed_stays() -> None:
    call_command("create_schedule", stdout=StringIO())
    PeriodicTask.objects.filter(name="Plan").update(enabled=False, last_run_at=None)
    call_command("create_schedule", stdout=StringIO())
    assert not PeriodicTask.objects.get(name="Plan").enabled
