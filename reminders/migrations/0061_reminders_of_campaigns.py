"""What a reminder comes from, and once per campaign and borrower.

Built and checked beside the running work. Both indexes hold reminders of campaigns alone, so those
of instalments cost nothing more; `state` and `reason` stand in other indexes already, so no update
becomes dearer either.
"""

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models import Q

_ONCE = "reminder_once_per_campaign_and_borrower"
_SOURCE = "reminder_comes_from_policy_person_or_campaign"

_FROM_A_POLICY = Q(
    instalment__isnull=False,
    campaign__isnull=True,
    step__isnull=False,
    step_version__isnull=False,
    requested_by__isnull=True,
)
_BY_HAND = Q(
    instalment__isnull=False,
    campaign__isnull=True,
    step__isnull=True,
    template__isnull=False,
    requested_by__isnull=False,
)
_OF_A_CAMPAIGN = Q(
    instalment__isnull=True,
    campaign__isnull=False,
    step__isnull=True,
    step_version__isnull=True,
    template__isnull=True,
    requested_by__isnull=True,
)


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY asks for it

    dependencies = [("reminders", "0060_campaigns")]

    operations = [
        AddConstraintNotValid(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=_FROM_A_POLICY | _BY_HAND | _OF_A_CAMPAIGN, name=_SOURCE
            ),
        ),
        migrations.RemoveConstraint(
            model_name="reminder", name="reminder_comes_from_a_policy_or_a_person"
        ),
        ValidateConstraint(model_name="reminder", name=_SOURCE),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {_ONCE}"
                    " ON reminders_reminder (campaign_id, customer_id)"
                    " WHERE campaign_id IS NOT NULL",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_ONCE}",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="reminder",
                    constraint=models.UniqueConstraint(
                        condition=Q(campaign__isnull=False),
                        fields=("campaign", "customer"),
                        name=_ONCE,
                    ),
                )
            ],
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=Q(campaign__isnull=False),
                fields=["campaign", "state", "reason", "id"],
                name="reminder_of_campaign",
            ),
        ),
    ]
