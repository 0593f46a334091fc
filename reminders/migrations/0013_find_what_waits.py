"""Indexes of what waits: the work list of unknown texts, and the gauges of every limbo.

Built beside a system that runs. Each holds only the rows that wait, which are few.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("reminders", "0012_settlements_by_staff")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["id"],
                condition=models.Q(state="unknown", ask_at__isnull=True),
                name="message_for_a_person",
            ),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["id"],
                condition=models.Q(state="waiting"),
                name="message_waiting",
            ),
        ),
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(
                fields=["received_at"],
                condition=models.Q(message__isnull=True),
                name="receipt_of_nobody",
            ),
        ),
        AddIndexConcurrently(
            model_name="rawreceipt",
            index=models.Index(
                fields=["received_at"],
                condition=~models.Q(problem=""),
                name="raw_receipt_unreadable",
            ),
        ),
    ]
