"""Texts that were sent in vain and are followed by another for the same reminder."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from reminders.models.message import Message
from reminders.models.reminder import Reminder


class EarlierText(models.Model):
    """A text of a reminder that the carrier could not deliver for the time being.

    Written when the reminder goes back to being planned; its next text is a message of its own.
    `number` counts the texts of one reminder from 1.
    """

    reminder = models.ForeignKey(
        Reminder,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="earlier_texts",
        verbose_name=_("reminder"),
    )
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, related_name="followed_by", verbose_name=_("message")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    planned_again_at = models.DateTimeField(_("planned again at"))

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")
        constraints = [
            models.UniqueConstraint(
                fields=["reminder", "message"], name="earlier_text_once_per_message"
            ),
            models.UniqueConstraint(
                fields=["reminder", "number"], name="earlier_text_number_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reminder_id}/{self.number}"
