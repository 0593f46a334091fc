"""Ratings are counted by week, and their comments read, newest first. Built beside the running work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("reminders", "0057_effects_of_policies")]

    operations = [
        AddIndexConcurrently(
            model_name="borrowerreply",
            index=models.Index(
                condition=models.Q(("kind", "rated")),
                fields=["-said_at", "-id"],
                name="borrower_reply_rated",
            ),
        ),
    ]
