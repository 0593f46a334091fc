"""Notes of staff, who changed a number and from what, and holds that were taken back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_indexes_of_work_lists'),
    ]

    operations = [
        migrations.AddField(
            model_name='hold',
            name='is_undone',
            field=models.BooleanField(db_default=False, default=False, help_text='Released within minutes by whoever had placed it by mistake.', verbose_name='taken back'),
        ),
        migrations.CreateModel(
            name='AddressChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('sms', 'Text message'), ('email', 'E-mail'), ('push', 'App notification'), ('wechat', 'WeChat')], max_length=10, verbose_name='channel')),
                ('point_was_current', models.BooleanField(verbose_name='was current already')),
                ('was_unusable_since', models.DateTimeField(null=True, verbose_name='was unusable since')),
                ('was_unusable_reason', models.CharField(blank=True, max_length=64, verbose_name='why it was unusable')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('undone_at', models.DateTimeField(null=True, verbose_name='undone at')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='address_changes', to='accounts.customer', verbose_name='customer')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.contactpoint', verbose_name='contact point')),
                ('replaced', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.contactpoint', verbose_name='address before')),
            ],
            options={
                'verbose_name': 'change of address',
                'verbose_name_plural': 'changes of address',
                'indexes': [models.Index(fields=['customer', '-made_at'], name='address_change_by_customer')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=2000, verbose_name='text')),
                ('written_at', models.DateTimeField(verbose_name='written at')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='accounts.customer', verbose_name='customer')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
            ],
            options={
                'verbose_name': 'note',
                'verbose_name_plural': 'notes',
                'indexes': [models.Index(fields=['customer', '-written_at'], name='note_by_customer')],
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='note_says_something')],
            },
        ),
    ]
