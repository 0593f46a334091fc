"""Messages of which the gateway said, after they had ended otherwise, that they may have arrived."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0010_texts_sent_in_vain")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="may_have_reached_at",
            field=models.DateTimeField(
                blank=True,
                null=True,
                verbose_name="known after its end that it may have arrived",
            ),
        ),
    ]
