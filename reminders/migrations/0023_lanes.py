"""What is asked for by hand, and what is due on the day, goes before all others.

The column costs no rewrite, its index is built beside a system that runs. What is planned already
keeps its place among the others, but for what somebody asked for.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("reminders", "0022_planning_looks_at_what_changed")]

    operations = [
        migrations.AddField(
            model_name="reminder",
            name="lane",
            field=models.SmallIntegerField(
                choices=[(0, "By hand"), (1, "Due on the day"), (2, "All others")],
                db_default=2,
                default=2,
                help_text="Who is looked at first when many wait.",
                verbose_name="lane",
            ),
        ),
        migrations.RunSQL(
            "UPDATE reminders_reminder SET lane = 0"
            " WHERE state = 'planned' AND requested_by_id IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("lane__lt", 2), ("state", "planned")),
                fields=["lane", "next_attempt_at"],
                name="reminder_due_first",
            ),
        ),
    ]
