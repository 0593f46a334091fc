"""What reminding changed, counted by night."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0056_book_by_night")]

    operations = [
        migrations.CreateModel(
            name="EffectFact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("after_days", models.PositiveSmallIntegerField(verbose_name="days after")),
                ("is_held_out", models.BooleanField(verbose_name="held out")),
                ("borrowers", models.PositiveIntegerField(verbose_name="borrowers")),
                ("paid", models.PositiveIntegerField(verbose_name="paid in time")),
                ("first_due", models.DateField(verbose_name="due from")),
                ("last_due", models.DateField(verbose_name="due to")),
                ("counted_at", models.DateTimeField(verbose_name="counted at")),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="reminders.policy",
                        verbose_name="policy",
                    ),
                ),
            ],
            options={
                "verbose_name": "effect of a policy",
                "verbose_name_plural": "effects of policies",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("policy", "after_days", "is_held_out"),
                        name="effect_is_counted_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paid__lte", models.F("borrowers"))),
                        name="effect_paid_is_a_part",
                    ),
                ],
            },
        ),
    ]
