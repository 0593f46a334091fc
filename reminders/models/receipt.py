"""What gateways say later: stored raw first, applied afterwards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from reminders.models.message import Message


class RawReceipt(models.Model):
    """One verified callback as it came. `applied_at` is null until it was read; `put_off_since` is
    when it was first left for the next round because its borrower was being decided on."""

    gateway = models.CharField(_("gateway"), max_length=32)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received at"))
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    put_off_since = models.DateTimeField(_("put off since"), null=True, blank=True)
    problem = models.TextField(_("what could not be read"), blank=True)

    class Meta:
        verbose_name = _("raw receipt")
        verbose_name_plural = _("raw receipts")
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(applied_at__isnull=True),
                name="raw_receipt_to_apply",
            ),
            models.Index(
                fields=["received_at"],
                condition=~models.Q(problem=""),
                name="raw_receipt_unreadable",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.pk}"


class Receipt(models.Model):
    """One statement of a gateway about one message, with what it changed.

    Doubled statements collide on (gateway, event) and are only counted. `effect` is `applied`,
    `late` (the message had already ended) or `unknown_reference`.
    """

    gateway = models.CharField(_("gateway"), max_length=32)
    event = models.CharField(_("the gateway's event"), max_length=128)
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        related_name="receipts",
        null=True,
        blank=True,
        verbose_name=_("message"),
    )
    reference = models.CharField(_("reference"), max_length=128)
    status = models.CharField(_("status"), max_length=12)
    code = models.CharField(_("code"), max_length=64, blank=True)
    happened_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"))
    effect = models.CharField(_("effect"), max_length=20)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event"], name="receipt_event_is_unique")
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=models.Q(message__isnull=True),
                name="receipt_of_nobody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.status}"
