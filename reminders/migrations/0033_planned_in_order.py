"""What is planned can be listed page by page: thousands of reminders share the instant of a zone's step.

With the key behind it the index is read in the order of the list; without it all that share an instant
were read and sorted for each page. Claims use its beginning, as before.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("reminders", "0032_vacuum_big_tables_often")]

    operations = [
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("state", "planned")),
                fields=["next_attempt_at", "id"],
                name="reminder_due_in_order",
            ),
        ),
        RemoveIndexConcurrently(model_name="reminder", name="reminder_due"),
    ]
