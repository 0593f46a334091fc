"""How the book stood at ends of months, and how due months were paid: counted by night."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_instalments_by_due_date'),
        ('reminders', '0055_texts_of_closed_days'),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('loans', models.PositiveIntegerField(verbose_name='loans')),
                ('counted_at', models.DateTimeField(verbose_name='counted at')),
            ],
            options={
                'verbose_name': 'end of a month',
                'verbose_name_plural': 'ends of months',
            },
        ),
        migrations.CreateModel(
            name='CohortFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_month', models.DateField(verbose_name='due month')),
                ('after_days', models.PositiveSmallIntegerField(verbose_name='days after')),
                ('instalments', models.PositiveIntegerField(verbose_name='instalments')),
                ('unpaid', models.PositiveIntegerField(verbose_name='unpaid')),
                ('counted_at', models.DateTimeField(verbose_name='counted at')),
            ],
            options={
                'verbose_name': 'due month in figures',
                'verbose_name_plural': 'due months in figures',
                'constraints': [models.UniqueConstraint(fields=('due_month', 'after_days'), name='cohort_is_counted_once'), models.CheckConstraint(condition=models.Q(('unpaid__lte', models.F('instalments'))), name='cohort_unpaid_is_a_part')],
            },
        ),
        migrations.CreateModel(
            name='LateLoan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bucket', models.PositiveSmallIntegerField(verbose_name='bucket')),
                ('days_past_due', models.PositiveIntegerField(verbose_name='days past due')),
                ('loan', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.loan', verbose_name='loan')),
                ('month_end', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='late', to='reminders.monthend', verbose_name='end of a month')),
            ],
            options={
                'verbose_name': 'late loan',
                'verbose_name_plural': 'late loans',
                'indexes': [models.Index(fields=['month_end', 'bucket', 'loan'], name='late_loan_by_bucket')],
                'constraints': [models.UniqueConstraint(fields=('month_end', 'loan'), name='late_loan_once_per_month')],
            },
        ),
    ]
