"""See Note [A campaign is a row] in reminders/models/campaign.py.

The column of reminders and the loosened one cost no rewrite.
"""

from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import reminders.models.campaign

_PROTECT = django.db.models.deletion.PROTECT
_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
_STAGES = [
    ("before", "Before the due date"),
    ("on", "On the due date"),
    ("after", "After the due date"),
    ("apart", "About no instalment"),
]


def _person(label: str) -> Any:
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=_PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name=label,
    )


_FIELDS: list[tuple[str, Any]] = [
    ("id", _ID),
    ("key", models.SlugField(max_length=64, unique=True, verbose_name="key")),
    ("title", models.CharField(max_length=200, verbose_name="title")),
    (
        "template",
        models.ForeignKey(
            help_text="Of the purpose education, about no instalment.",
            on_delete=_PROTECT,
            related_name="campaigns",
            to="reminders.messagetemplate",
            verbose_name="template",
        ),
    ),
    (
        "tiers",
        django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(
                choices=[("low", "Low risk"), ("medium", "Medium risk"), ("high", "High risk")],
                max_length=6,
            ),
            default=reminders.models.campaign._any_tier,
            size=None,
            verbose_name="risk tiers",
        ),
    ),
    (
        "segments",
        django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(max_length=64),
            blank=True,
            default=list,
            help_text="None means all.",
            size=None,
            verbose_name="segments",
        ),
    ),
    (
        "only_punctual",
        models.BooleanField(
            db_default=False, default=False, verbose_name="only who owes nothing overdue"
        ),
    ),
    ("first_day", models.DateField(verbose_name="first day")),
    (
        "last_day",
        models.DateField(
            help_text="What was not sent by its end is not sent any more.",
            verbose_name="last day",
        ),
    ),
    (
        "local_time",
        models.TimeField(help_text="In the borrower's own zone.", verbose_name="local time"),
    ),
    (
        "per_day",
        models.PositiveIntegerField(
            blank=True,
            help_text="As many borrowers at most are planned for one day. None means no limit.",
            null=True,
            verbose_name="most texts a day",
        ),
    ),
    (
        "state",
        models.CharField(
            choices=[("draft", "Draft"), ("published", "Published"), ("stopped", "Stopped")],
            default="draft",
            max_length=10,
            verbose_name="state",
        ),
    ),
    ("created_at", models.DateTimeField(verbose_name="created at")),
    ("created_by", _person("created by")),
    ("changed_at", models.DateTimeField(blank=True, null=True, verbose_name="changed at")),
    (
        "changed_by_ids",
        django.contrib.postgres.fields.ArrayField(
            base_field=models.BigIntegerField(),
            db_default=[],
            default=list,
            size=None,
            verbose_name="changed by",
        ),
    ),
    ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
    ("published_by", _person("published by")),
    (
        "second_person",
        models.BooleanField(
            db_default=False, default=False, verbose_name="published by a second person"
        ),
    ),
    ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped at")),
    ("stopped_by", _person("stopped by")),
    ("planned_through", models.DateField(blank=True, null=True, verbose_name="planned through")),
]


def _check(condition: models.Q, *, name: str) -> migrations.AddConstraint:
    return migrations.AddConstraint(
        model_name="campaign", constraint=models.CheckConstraint(condition=condition, name=name)
    )


def _stage_of(model: str) -> migrations.AlterField:
    field = models.CharField(choices=_STAGES, max_length=6, verbose_name="stage")
    return migrations.AlterField(model_name=model, name="stage", field=field)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_search_by_parts"),
        ("reminders", "0058_ratings_in_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=_FIELDS,
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
                "permissions": [("publish_campaign", "Can publish and stop campaigns")],
            },
        ),
        _check(
            models.Q(last_day__gte=models.F("first_day")), name="campaign_ends_after_it_begins"
        ),
        _check(~models.Q(tiers=[]), name="campaign_is_for_somebody"),
        _check(
            models.Q(per_day__isnull=True) | models.Q(per_day__gt=0),
            name="campaign_writes_to_somebody_each_day",
        ),
        _check(
            ~models.Q(state="published") | models.Q(published_at__isnull=False),
            name="campaign_published_has_a_time",
        ),
        _check(
            ~models.Q(state="stopped") | models.Q(stopped_at__isnull=False),
            name="campaign_stopped_has_a_time",
        ),
        _stage_of("message"),
        _stage_of("messagetemplate"),
        migrations.AlterField(
            model_name="reminder",
            name="instalment",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=_PROTECT,
                related_name="reminders",
                to="accounts.instalment",
                verbose_name="instalment",
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=_PROTECT,
                related_name="reminders",
                to="reminders.campaign",
                verbose_name="campaign",
            ),
        ),
    ]
