"""Names and numbers are found by their parts without reading every borrower.

pg_trgm is an extension that every PostgreSQL brings along and that the owner of a database may create.
"""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations

import accounts.characters


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("accounts", "0005_foreign_keys_by_the_statement")]

    operations = [
        TrigramExtension(),
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                accounts.characters.OtherCharacters("name"), name="customer_by_characters"
            ),
        ),
        AddIndexConcurrently(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"
                ),
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("customer_no"), name="gin_trgm_ops"
                ),
                name="customer_by_letters",
            ),
        ),
        AddIndexConcurrently(
            model_name="loan",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("loan_no"), name="gin_trgm_ops"
                ),
                name="loan_by_part",
            ),
        ),
        # What the planner knows of expressions it learns from their index, and only now.
        migrations.RunSQL(
            "ANALYZE accounts_customer, accounts_loan", migrations.RunSQL.noop
        ),
    ]
