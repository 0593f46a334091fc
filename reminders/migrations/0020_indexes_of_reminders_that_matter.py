"""Indexes that hold only the reminders they are asked for: with a message, and on hold.

Built beside a system that runs; 0021 drops the index of all messages.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("reminders", "0015_fewer_indexes")]

    operations = [
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                fields=["message"],
                condition=models.Q(message__isnull=False),
                name="reminder_by_message",
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="planned", reason="on_hold"),
                name="reminder_on_hold",
            ),
        ),
    ]
