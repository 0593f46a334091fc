"""What waits for staff is found without reading every hold, number and assessment."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("accounts", "0006_search_by_parts")]

    operations = [
        AddIndexConcurrently(
            model_name="hold",
            index=models.Index(
                condition=models.Q(kind="promise_to_pay", released_at__isnull=True),
                fields=["-until_at", "-id"],
                name="hold_promise_by_end",
            ),
        ),
        AddIndexConcurrently(
            model_name="contactpoint",
            index=models.Index(
                condition=models.Q(
                    channel="sms", is_current=True, unusable_since__isnull=False
                ),
                fields=["-unusable_since", "-id"],
                name="contact_point_unusable",
            ),
        ),
        AddIndexConcurrently(
            model_name="riskassessment",
            index=models.Index(
                condition=models.Q(tier="high"), fields=["customer"], name="risk_is_high"
            ),
        ),
    ]
