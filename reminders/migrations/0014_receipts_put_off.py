"""Since when a callback has been put off because its borrower was being decided on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0013_find_what_waits")]

    operations = [
        migrations.AddField(
            model_name="rawreceipt",
            name="put_off_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="put off since"),
        ),
    ]
