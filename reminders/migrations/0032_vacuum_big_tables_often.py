"""The big tables are vacuumed and analysed after a morning's worth of change, not after a fifth of all.

With PostgreSQL's own factors a table of 50 million rows waits for ten million before its newest pages are
known to be visible to all: until then, counting today from an index looks into the table for each row
(docs/storage.md). The settings take a lock that only other changes of the table's definition wait for.
"""

from django.db import migrations

_TABLES = (
    "reminders_message",
    "reminders_reminder",
    "reminders_attempt",
    "reminders_receipt",
)
_SETTINGS = (
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_scale_factor",
)
_SET = ", ".join(f"{name} = 0.002" for name in _SETTINGS)
_THRESHOLDS = "autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_insert_threshold = 20000"


class Migration(migrations.Migration):
    dependencies = [("reminders", "0031_indexes_for_pages")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} SET ({_SET}, {_THRESHOLDS})",
                f"ALTER TABLE {table} RESET ({', '.join(_SETTINGS)}, autovacuum_vacuum_threshold,"
                " autovacuum_vacuum_insert_threshold)",
            )
            for table in _TABLES
        ),
    ]
