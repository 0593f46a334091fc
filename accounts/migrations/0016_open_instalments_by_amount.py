"""The largest open instalments of a day come first in the list of borrowers at high risk.

Its index takes the place of the one by due date alone. Built beside the running work; the old one goes
once the new one is there.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("accounts", "0015_instalments_by_due_date")]

    operations = [
        AddIndexConcurrently(
            model_name="instalment",
            index=models.Index(
                models.F("due_date"),
                models.F("amount_due") - models.F("paid"),
                models.F("id"),
                condition=models.Q(settled_at__isnull=True),
                name="instalment_open_by_amount",
            ),
        ),
        RemoveIndexConcurrently(model_name="instalment", name="instalment_open_by_due_date"),
    ]
