"""What a borrower allowed and refused, as events that are only ever added."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Channel, Purpose
from accounts.models.customer import Customer


class ConsentEvent(models.Model):
    """One grant or refusal. The newest event for (channel, purpose) holds; blank means all."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="consent_events",
        verbose_name=_("customer"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, blank=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices, blank=True)
    granted = models.BooleanField(_("granted"))
    source = models.CharField(_("source"), max_length=64, help_text=_("import, reply, staff …"))
    happened_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        indexes = [models.Index(fields=["customer", "-happened_at"], name="consent_by_customer")]

    def __str__(self) -> str:
        answer = _("Allowed") if self.granted else _("Refused")
        return f"{self.customer_id}: {answer}"
