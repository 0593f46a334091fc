"""Every decision, text and call was written into indexes that nothing reads.

Done beside the running work: Django's own way of taking the index from a foreign key would drop
the key as well and check it anew, row by row, with the table locked.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

_DROPPED = {
    "reminders_attempt_message_id_710f9394": ("reminders_attempt", "message_id"),
    "reminders_earliertext_reminder_id_33dd54f2": ("reminders_earliertext", "reminder_id"),
    "reminders_message_contact_point_id_64dff030": ("reminders_message", "contact_point_id"),
    "reminders_message_customer_id_62526593": ("reminders_message", "customer_id"),
    "reminders_reminder_customer_id_da9a18b4": ("reminders_reminder", "customer_id"),
    "reminders_reminder_instalment_id_f044e042": ("reminders_reminder", "instalment_id"),
    "reminders_reminder_requested_by_id_7ef03876": ("reminders_reminder", "requested_by_id"),
    "reminders_reminder_step_id_0313ac9f": ("reminders_reminder", "step_id"),
    "reminders_reminder_template_id_8db343aa": ("reminders_reminder", "template_id"),
}


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [
        ("accounts", "0003_possible_time_zones"),
        ("reminders", "0014_receipts_put_off"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({column})",
                )
                for name, (table, column) in _DROPPED.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="attempt",
                    name="message",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="reminders.message",
                        verbose_name="message",
                    ),
                ),
                migrations.AlterField(
                    model_name="earliertext",
                    name="reminder",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earlier_texts",
                        to="reminders.reminder",
                        verbose_name="reminder",
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="contact_point",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.contactpoint",
                        verbose_name="sent to",
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="customer",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="accounts.customer",
                        verbose_name="customer",
                    ),
                ),
                migrations.AlterField(
                    model_name="reminder",
                    name="customer",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="accounts.customer",
                        verbose_name="customer",
                    ),
                ),
                migrations.AlterField(
                    model_name="reminder",
                    name="instalment",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="accounts.instalment",
                        verbose_name="instalment",
                    ),
                ),
                migrations.AlterField(
                    model_name="reminder",
                    name="requested_by",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
                migrations.AlterField(
                    model_name="reminder",
                    name="step",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="reminders.policystep",
                        verbose_name="step",
                    ),
                ),
                migrations.AlterField(
                    model_name="reminder",
                    name="template",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reminders.messagetemplate",
                        verbose_name="template, by hand",
                    ),
                ),
            ],
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("requested_by__isnull", False)),
                fields=["requested_by"],
                name="reminder_by_hand_of",
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("template__isnull", False)),
                fields=["template"],
                name="reminder_by_hand_with",
            ),
        ),
    ]
