"""Pages find their rows on 50 million messages; indexes that nothing reads as a whole go.

Everything is built beside the running work. See docs/storage.md for the query behind each index.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import BrinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_BLOOM = "int8_bloom_ops(n_distinct_per_range=64)"

_INDEX = "reminders_message_template_version_id_3944e13f"


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("reminders", "0030_closed_days")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["opened_at", "state"], name="message_by_day"),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=BrinIndex(
                OpClass("template_version", _BLOOM),
                autosummarize=True,
                name="message_by_template",
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(
                    ("next_attempt_at__gte", models.F("expires_at")), ("state", "planned")
                ),
                fields=["expires_at"],
                name="reminder_beyond_its_end",
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["decided_at", "state", "reason"],
                name="reminder_by_day",
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("message__isnull", False), ("state", "planned")),
                fields=["message"],
                name="reminder_planned_again",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_INDEX}"
                    " ON reminders_message (template_version_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="message",
                    name="template_version",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reminders.templateversion",
                        verbose_name="template version",
                    ),
                ),
            ],
        ),
    ]
