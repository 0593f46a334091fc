"""Chinese names as they are typed, stored for the search.

The column is added empty, which takes an instant; it is filled in short transactions of its own, in the
order of ids, so that nobody waits; then it is indexed beside the running work. What an older version
writes meanwhile is mended by the next import (Note [What a name is found by]). Run again after a
breach, it goes on where rows are still empty.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from accounts.pinyin import pinyin_of

SLICE = 5_000


def fill(apps, schema_editor):
    """Slice by slice; a name that was changed in between is left to whoever changed it."""
    connection = schema_editor.connection
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, name FROM accounts_customer WHERE id > %s ORDER BY id LIMIT %s",
                [after, SLICE],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            found = [(pk, name, pinyin_of(name)) for pk, name in rows if not name.isascii()]
            cursor.execute(
                "UPDATE accounts_customer AS customer SET name_pinyin = typed.pinyin"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS typed (id, name, pinyin)"
                " WHERE customer.id = typed.id AND customer.name = typed.name"
                " AND customer.name_pinyin = '' AND typed.pinyin <> ''",
                [list(column) for column in zip(*found, strict=True)] if found else [[], [], []],
            )


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it, and each slice is a transaction

    dependencies = [("accounts", "0011_notes_and_what_is_undone")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="name_pinyin",
            field=models.TextField(
                blank=True, db_default="", default="", editable=False, verbose_name="name in pinyin"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("name_pinyin", ""), _negated=True),
                fields=["name_pinyin"],
                name="customer_by_pinyin",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        # What the planner knows of a column it learns now.
        migrations.RunSQL("ANALYZE accounts_customer", migrations.RunSQL.noop),
    ]
