"""Texts that the carrier could not deliver for the time being, and that are followed by another."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0005_traces_of_decisions")]

    operations = [
        migrations.CreateModel(
            name="EarlierText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("planned_again_at", models.DateTimeField(verbose_name="planned again at")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="reminders.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "reminder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earlier_texts",
                        to="reminders.reminder",
                        verbose_name="reminder",
                    ),
                ),
            ],
            options={
                "verbose_name": "earlier text",
                "verbose_name_plural": "earlier texts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reminder", "message"), name="earlier_text_once_per_message"
                    ),
                    models.UniqueConstraint(
                        fields=("reminder", "number"), name="earlier_text_number_is_unique"
                    ),
                ],
            },
        ),
    ]
