"""Links to borrowers' own pages, by the hash of their secret, and what borrowers say there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_possible_time_zones"),
        ("reminders", "0023_lanes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BorrowerLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, verbose_name="token, hashed")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                (
                    "wrong_answers",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, verbose_name="wrong answers"
                    ),
                ),
                (
                    "last_wrong_at",
                    models.DateTimeField(null=True, verbose_name="last wrong answer at"),
                ),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked at")),
                (
                    "contact_point",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.contactpoint",
                        verbose_name="contact point",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="accounts.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="reminders.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="revoked by",
                    ),
                ),
            ],
            options={
                "verbose_name": "link to a borrower's page",
                "verbose_name_plural": "links to borrowers' pages",
            },
        ),
        migrations.CreateModel(
            name="BorrowerReply",
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
                        choices=[
                            ("plan_asked", "Asks for instalments"),
                            ("plan_accepted", "Agreed to instalments"),
                            ("paid", "Says they have paid"),
                            ("call_me", "Asks for a call"),
                            ("wrong_number", "Says it is the wrong number"),
                            ("stopped", "Stopped a channel"),
                            ("language", "Chose a language"),
                            ("rated", "Rated a notice"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                ("rating", models.PositiveSmallIntegerField(null=True, verbose_name="rating")),
                ("detail", models.JSONField(default=dict, verbose_name="detail")),
                ("said_at", models.DateTimeField(verbose_name="said at")),
                ("wants_reader", models.BooleanField(verbose_name="to be read")),
                ("read_at", models.DateTimeField(null=True, verbose_name="read at")),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="accounts.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "hold",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reply",
                        to="accounts.hold",
                        verbose_name="hold",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="reminders.borrowerlink",
                        verbose_name="link",
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="read by",
                    ),
                ),
            ],
            options={
                "verbose_name": "borrower's reply",
                "verbose_name_plural": "borrowers' replies",
            },
        ),
        migrations.AddConstraint(
            model_name="borrowerlink",
            constraint=models.UniqueConstraint(
                fields=("token_hash",), name="borrower_link_token_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="borrowerlink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("message__isnull", False), ("made_by__isnull", False), _connector="OR"
                ),
                name="borrower_link_is_in_a_text_or_made_by_staff",
            ),
        ),
        migrations.AddConstraint(
            model_name="borrowerlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="borrower_link_ends_after_it_begins",
            ),
        ),
        migrations.AddIndex(
            model_name="borrowerreply",
            index=models.Index(fields=["customer", "-said_at"], name="borrower_reply_by_customer"),
        ),
        migrations.AddIndex(
            model_name="borrowerreply",
            index=models.Index(
                condition=models.Q(("read_at__isnull", True), ("wants_reader", True)),
                fields=["id"],
                name="borrower_reply_to_read",
            ),
        ),
        migrations.AddIndex(
            model_name="borrowerreply",
            index=models.Index(
                condition=models.Q(("read_at__isnull", False)),
                fields=["-read_at", "-id"],
                name="borrower_reply_read",
            ),
        ),
        migrations.AddConstraint(
            model_name="borrowerreply",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "rated")),
                fields=("link",),
                name="borrower_reply_one_rating_per_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="borrowerreply",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "rated"), ("rating__gte", 1), ("rating__lte", 5)),
                    models.Q(models.Q(("kind", "rated"), _negated=True), ("rating__isnull", True)),
                    _connector="OR",
                ),
                name="borrower_reply_rating_is_from_one_to_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="borrowerreply",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("read_at__isnull", True), ("read_by__isnull", True)),
                    models.Q(("read_at__isnull", False), ("read_by__isnull", False)),
                    _connector="OR",
                ),
                name="borrower_reply_read_by_somebody_at_some_time",
            ),
        ),
    ]
