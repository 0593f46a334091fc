"""Borrowers and the ways to reach them.

Note [Indexes are counted]
A book of a million borrowers is written through every index. So a foreign key has no index of its
own where a unique constraint begins with it (`db_index=False`), and the lender's numbers are
unique by constraint: Django's `unique=True` on a text would add a second index for LIKE.

Note [Foreign keys are checked by the statement]
PostgreSQL checks a foreign key row by row, and locks and rewrites the row that is named: half the
cost of importing a book. For the tables that a book fills (`db_constraint=False`) triggers hold the
same line (migration 0005): one looks at all rows that a statement has written together and refuses
it when one of them names nothing; another refuses to delete what is named, after it has waited for
whoever is writing and while nobody else can.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Right, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.characters import OtherCharacters
from accounts.models.choices import Channel


class Customer(models.Model):
    """A borrower, under the lender's own number."""

    customer_no = models.CharField(_("customer number"), max_length=64)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=500)
    name_pinyin = models.TextField(
        # Note [What a name is found by] in accounts/pinyin.py
        _("name in pinyin"),
        default="",
        db_default="",
        blank=True,
        editable=False,
    )
    language = models.CharField(_("language"), max_length=10)
    timezone = models.CharField(_("time zone"), max_length=64, help_text=_("IANA name"))
    other_timezones = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("other time zones"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("Where they may be as well: written to only when it is permitted in all."),
    )
    segment = models.CharField(_("segment"), max_length=64, blank=True)
    is_demonstration = models.BooleanField(
        _("demonstration"),
        default=False,
        help_text=_("Made up: every gateway but the simulator refuses this borrower."),
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(fields=["customer_no"], name="customer_no_is_unique"),
        ]
        indexes = [
            models.Index(fields=["name"], name="customer_by_name"),
            models.Index(fields=["timezone"], name="customer_by_timezone"),
            # What these two are for tells Note [Characters and trigrams].
            GinIndex(OtherCharacters("name"), name="customer_by_characters"),
            GinIndex(
                OpClass(Upper("name"), "gin_trgm_ops"),
                OpClass(Upper("customer_no"), "gin_trgm_ops"),
                name="customer_by_letters",
            ),
            GinIndex(
                fields=["name_pinyin"],
                opclasses=["gin_trgm_ops"],
                name="customer_by_pinyin",
                condition=~models.Q(name_pinyin=""),
            ),
        ]

    def __str__(self) -> str:
        return self.customer_no


class ContactPoint(models.Model):
    """An address of a borrower on a channel: encrypted, with a keyed hash to find it by."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="contact_points",
        verbose_name=_("customer"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    address_encrypted = models.BinaryField(_("address, encrypted"))
    address_hash = models.BinaryField(_("address, keyed hash"), max_length=32)
    address_masked = models.CharField(_("address"), max_length=100)
    is_current = models.BooleanField(
        _("current"), default=True, help_text=_("The address that is written to on this channel.")
    )
    unusable_since = models.DateTimeField(_("unusable since"), null=True, blank=True)
    unusable_reason = models.CharField(_("why unusable"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "address_hash"],
                name="contact_point_once_per_customer",
            ),
            models.UniqueConstraint(
                fields=["customer", "channel"],
                condition=models.Q(is_current=True),
                name="contact_point_one_current_per_channel",
            ),
            models.CheckConstraint(
                condition=models.Q(unusable_since__isnull=True) | ~models.Q(unusable_reason=""),
                name="contact_point_unusable_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["address_hash"], name="contact_point_by_address"),
            models.Index(Right("address_masked", 4), name="contact_point_by_last_four"),
            models.Index(
                fields=["-unusable_since", "-id"],
                name="contact_point_unusable",
                condition=models.Q(
                    channel=Channel.SMS, is_current=True, unusable_since__isnull=False
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.address_masked
