"""What staff wrote down about a borrower, and who changed where texts go."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Channel
from accounts.models.customer import ContactPoint, Customer
from accounts.models.staff import Staff

NOTE_MAX = 2_000


class Note(models.Model):
    """A note for colleagues. It is never sent to anybody."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="notes",
        verbose_name=_("customer"),
    )
    text = models.CharField(_("text"), max_length=NOTE_MAX)
    written_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="note_says_something"),
        ]
        indexes = [models.Index(fields=["customer", "-written_at"], name="note_by_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.written_at:%Y-%m-%d}"


class AddressChange(models.Model):
    """Somebody made another address the one that is written to; and what was there before, so that
    it can be set back.

    `point` is the address from then on; `point_was_current` where it had been so already and only
    lost a mark, which `was_unusable_*` keep. `replaced` is the one that was written to before.
    """

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="address_changes",
        verbose_name=_("customer"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    point = models.ForeignKey(
        ContactPoint,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("contact point"),
    )
    point_was_current = models.BooleanField(_("was current already"))
    was_unusable_since = models.DateTimeField(_("was unusable since"), null=True)
    was_unusable_reason = models.CharField(_("why it was unusable"), max_length=64, blank=True)
    replaced = models.ForeignKey(
        ContactPoint,
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        verbose_name=_("address before"),
    )
    made_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"))
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta:
        verbose_name = _("change of address")
        verbose_name_plural = _("changes of address")
        indexes = [models.Index(fields=["customer", "-made_at"], name="address_change_by_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.made_at:%Y-%m-%d}"
