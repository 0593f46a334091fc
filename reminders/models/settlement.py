"""What a person found out about a text of which no machine could say what became."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Staff
from reminders.models.message import Message


class Settlement(models.Model):
    """The word of a member of staff, kept as evidence. One for a message: final means final."""

    message = models.OneToOneField(
        Message, on_delete=models.PROTECT, related_name="settlement", verbose_name=_("message")
    )
    arrived = models.BooleanField(_("it arrived"))
    note = models.TextField(_("how it was found out"))
    settled_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="+", verbose_name=_("settled by")
    )
    settled_at = models.DateTimeField(_("settled at"))

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.CheckConstraint(condition=~models.Q(note=""), name="settlement_says_how")
        ]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.arrived}"
