"""What one borrower gets on one channel, and every call to a gateway made for it.

Note [Blooms]
Deleting a draft asks whether a text or a reminder names it. None does, and an index of every row
for that question would be written with every text. A BRIN index with a small Bloom filter for each
megabyte answers it in milliseconds, takes a thousandth of the space and costs a write nothing.
"""

import uuid

from django.contrib.postgres.indexes import BrinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactPoint, Customer
from accounts.models.choices import Channel, Purpose
from reminders.models.choices import AttemptOutcome, MessageState, Stage, Tone
from reminders.models.template import TemplateVersion


class Message(models.Model):
    """One text to one borrower: what was sent is what is stored.

    `reference` goes to the gateway with every attempt and comes back in receipts. `lease_until`
    is set while a worker holds it between opening an attempt and closing it. `ask_at` is set
    while its end is not known: then sweeping asks the gateway, until it is too old to ask.

    `may_have_reached_at`: after the message had ended otherwise, the gateway said that it took or
    delivered it nevertheless. The end stands, but it counts as a contact and is not sent again.

    Customers and contact points are never deleted, so no index has to find their messages for that.
    A draft of a template may be: Note [Blooms].
    """

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="messages",
        verbose_name=_("customer"),
    )
    contact_point = models.ForeignKey(
        ContactPoint,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("sent to"),
    )
    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    gateway = models.CharField(_("gateway"), max_length=32)
    stage = models.CharField(_("stage"), max_length=6, choices=Stage.choices)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    template_version = models.ForeignKey(
        TemplateVersion,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("template version"),
    )
    language = models.CharField(_("language"), max_length=10)
    tone = models.CharField(_("tone"), max_length=10, choices=Tone.choices)
    body = models.TextField(_("text"))
    parts = models.PositiveSmallIntegerField(_("parts"))
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=6)
    price_currency = models.CharField(_("currency of the price"), max_length=3)
    amount = models.DecimalField(_("amount in the text"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=12, choices=MessageState.choices)
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ask_at = models.DateTimeField(_("gateway asked next at"), null=True, blank=True)
    may_have_reached_at = models.DateTimeField(
        _("known after its end that it may have arrived"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=MessageState.SENDING, lease_until__isnull=False)
                | (~models.Q(state=MessageState.SENDING) & models.Q(lease_until__isnull=True)),
                name="message_is_leased_while_sending",
            ),
            models.CheckConstraint(
                condition=~models.Q(
                    state__in=[
                        MessageState.DELIVERED,
                        MessageState.UNDELIVERED,
                        MessageState.REJECTED,
                        MessageState.CANCELLED,
                    ]
                )
                | models.Q(ended_at__isnull=False),
                name="message_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[MessageState.REJECTED, MessageState.CANCELLED])
                | ~models.Q(reason=""),
                name="message_not_sent_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-opened_at"], name="message_by_customer"),
            models.Index(fields=["opened_at", "state"], name="message_by_day"),
            BrinIndex(
                OpClass("template_version", "int8_bloom_ops(n_distinct_per_range=64)"),
                autosummarize=True,
                name="message_by_template",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state=MessageState.SENDING),
                name="message_leased",
            ),
            models.Index(
                fields=["ask_at"],
                condition=models.Q(ask_at__isnull=False),
                name="message_to_ask_about",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(state=MessageState.UNKNOWN, ask_at__isnull=True),
                name="message_for_a_person",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(state=MessageState.WAITING),
                name="message_waiting",
            ),
        ]

    def __str__(self) -> str:
        return str(self.reference)


class Attempt(models.Model):
    """One gateway call. Opened and committed before the call, closed after it."""

    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="attempts",
        verbose_name=_("message"),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    gateway = models.CharField(_("gateway"), max_length=32)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=AttemptOutcome.choices, default=AttemptOutcome.OPEN
    )
    code = models.CharField(_("code"), max_length=64, blank=True)
    provider_id = models.CharField(_("the gateway's number"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="attempt_number_is_unique"),
            models.UniqueConstraint(
                fields=["message"],
                condition=models.Q(outcome=AttemptOutcome.OPEN),
                name="attempt_one_open_per_message",
            ),
            models.UniqueConstraint(
                fields=["message"],
                condition=models.Q(outcome=AttemptOutcome.ACCEPTED),
                name="attempt_one_accepted_per_message",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome=AttemptOutcome.OPEN, closed_at__isnull=True)
                | (~models.Q(outcome=AttemptOutcome.OPEN) & models.Q(closed_at__isnull=False)),
                name="attempt_closed_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.number}"
