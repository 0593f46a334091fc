"""Days that are over are counted once (Note [Closed days] in reminders/models/fact.py).

The triggers note what changes afterwards. Their conditions are looked at for each updated row and are
hardly ever true, so their functions are hardly ever called.
"""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION duecourse_note_late_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'reminders_message' THEN
        INSERT INTO reminders_latechange (at) VALUES (OLD.opened_at);
    ELSE
        INSERT INTO reminders_latechange (at) VALUES (OLD.decided_at);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER message_of_unknown_outcome_moved AFTER UPDATE ON reminders_message
    FOR EACH ROW WHEN (OLD.state = 'unknown' AND NEW.state <> 'unknown')
    EXECUTE FUNCTION duecourse_note_late_change();
CREATE TRIGGER reminder_decided_was_changed AFTER UPDATE ON reminders_reminder
    FOR EACH ROW WHEN (
        OLD.state <> 'planned'
        AND OLD.decided_at IS NOT NULL
        AND (OLD.state, OLD.reason, OLD.decided_at)
        IS DISTINCT FROM (NEW.state, NEW.reason, NEW.decided_at)
    )
    EXECUTE FUNCTION duecourse_note_late_change();
"""

BACKWARD = """
DROP TRIGGER reminder_decided_was_changed ON reminders_reminder;
DROP TRIGGER message_of_unknown_outcome_moved ON reminders_message;
DROP FUNCTION duecourse_note_late_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0046_four_eyes")]

    operations = [
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("begins_at", models.DateTimeField(verbose_name="begins at")),
                ("ends_at", models.DateTimeField(verbose_name="ends at")),
                ("counted_at", models.DateTimeField(verbose_name="counted at")),
            ],
            options={
                "verbose_name": "closed day",
                "verbose_name_plural": "closed days",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("zone", "day"), name="closed_day_once_per_zone"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("begins_at"))),
                        name="closed_day_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayFact",
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
                        choices=[("text", "Texts"), ("decision", "Decisions")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("state", models.CharField(max_length=12, verbose_name="state")),
                ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
                ("count", models.PositiveIntegerField(verbose_name="count")),
                (
                    "closed_day",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="facts",
                        to="reminders.closedday",
                        verbose_name="closed day",
                    ),
                ),
            ],
            options={
                "verbose_name": "fact of a day",
                "verbose_name_plural": "facts of days",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("closed_day", "kind", "state", "reason"),
                        name="day_fact_is_counted_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LateChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="of")),
            ],
            options={
                "verbose_name": "late change",
                "verbose_name_plural": "late changes",
                "indexes": [models.Index(fields=["at"], name="late_change_by_day")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
