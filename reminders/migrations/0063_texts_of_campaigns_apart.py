"""Texts of campaigns were counted as by hand; the tick counts the texts of their days again."""

from datetime import UTC

from django.db import migrations
from django.db.models.functions import TruncDate


def count_again(apps, schema_editor):
    Reminder = apps.get_model("reminders", "Reminder")
    ClosedDay = apps.get_model("reminders", "ClosedDay")
    of_campaigns = Reminder.objects.filter(campaign__isnull=False, message__isnull=False)
    opened = set(
        of_campaigns.annotate(day=TruncDate("message__opened_at", tzinfo=UTC))
        .values_list("day", flat=True)
        .distinct()
    )
    again = [
        closed.pk
        for closed in ClosedDay.objects.iterator()
        if {closed.begins_at.date(), closed.ends_at.date()} & opened
    ]
    ClosedDay.objects.filter(pk__in=again).update(has_texts=False)


class Migration(migrations.Migration):
    dependencies = [("reminders", "0062_published_campaigns_are_frozen")]

    operations = [migrations.RunPython(count_again, migrations.RunPython.noop, elidable=True)]
