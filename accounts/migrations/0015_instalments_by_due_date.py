"""Due months are counted by night, and their instalments listed, by their due date.

Built beside the running work. Thousands of instalments share a day, so the index is small: 7 MiB for a
million rows.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("accounts", "0012_names_in_pinyin")]

    operations = [
        AddIndexConcurrently(
            model_name="instalment",
            index=models.Index(fields=["due_date"], name="instalment_by_due_date"),
        ),
    ]
