"""Of a closed day also its texts are kept: by gateway, by beginning of the number, by step.

Days that are closed already are counted again, tick by tick; until then they keep the sums they have.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0033_planned_in_order")]

    operations = [
        migrations.AddField(
            model_name="closedday",
            name="has_texts",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="texts were counted as well"
            ),
        ),
        migrations.CreateModel(
            name="TextFact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("gateway", "Gateway"),
                            ("prefix", "Beginning of the number"),
                            ("step", "Step"),
                        ],
                        max_length=8,
                        verbose_name="counted by",
                    ),
                ),
                ("key", models.CharField(blank=True, max_length=40, verbose_name="of these")),
                ("state", models.CharField(max_length=12, verbose_name="state")),
                (
                    "currency",
                    models.CharField(max_length=3, verbose_name="currency of the price"),
                ),
                (
                    "within_seconds",
                    models.PositiveIntegerField(verbose_name="outcome within, in seconds"),
                ),
                ("texts", models.PositiveIntegerField(verbose_name="texts")),
                ("parts", models.PositiveIntegerField(verbose_name="parts")),
                (
                    "cost",
                    models.DecimalField(decimal_places=6, max_digits=18, verbose_name="cost"),
                ),
                (
                    "closed_day",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="reminders.closedday",
                        verbose_name="closed day",
                    ),
                ),
            ],
            options={
                "verbose_name": "texts of a day",
                "verbose_name_plural": "texts of days",
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "closed_day",
                            "kind",
                            "key",
                            "state",
                            "currency",
                            "within_seconds",
                        ),
                        name="text_fact_is_counted_once",
                    )
                ],
            },
        ),
    ]
