"""What was counted of days that are over.

Note [Closed days]
A day is closed once it has been over for a day and none of its texts is under way any more; then
it is counted, and pages and gauges read the sums. What may still change afterwards (a person
settles a text of unknown outcome, a receipt comes very late, planning takes a cancelled reminder up
again) is seen by two triggers, which note the instant in `LateChange` in the transaction that makes
the change. A day with such a note is counted live until it has been counted again. So a sum never
differs from its rows (P11).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LateChange(models.Model):
    """Something that counts on the day of `at` was changed. Written by triggers."""

    at = models.DateTimeField(_("of"))

    class Meta:
        verbose_name = _("late change")
        verbose_name_plural = _("late changes")
        indexes = [models.Index(fields=["at"], name="late_change_by_day")]

    def __str__(self) -> str:
        return self.at.isoformat()


class ClosedDays(models.QuerySet["ClosedDay"]):
    """Closed days, to be narrowed."""

    def holding(self, *, zone: str) -> "ClosedDays":
        """Those of the clock of `zone` whose sums hold: nothing of them was changed since."""
        changed = LateChange.objects.filter(
            at__gte=models.OuterRef("begins_at"), at__lt=models.OuterRef("ends_at")
        )
        return self.filter(~models.Exists(changed), zone=zone)


class ClosedDay(models.Model):
    """A day of the clock of `zone` that was counted, from `begins_at` to just before `ends_at`."""

    day = models.DateField(_("day"))
    zone = models.CharField(_("time zone"), max_length=64)
    begins_at = models.DateTimeField(_("begins at"))
    ends_at = models.DateTimeField(_("ends at"))
    counted_at = models.DateTimeField(_("counted at"))
    has_texts = models.BooleanField(
        _("texts were counted as well"), default=False, db_default=False
    )

    objects = ClosedDays.as_manager()

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")
        constraints = [
            models.UniqueConstraint(fields=["zone", "day"], name="closed_day_once_per_zone"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")),
                name="closed_day_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.zone}"


class DayFact(models.Model):
    """How many texts of a closed day are in a state, or how many reminders were decided on it and
    are in a state for a reason."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Texts")
        DECISION = "decision", _("Decisions")

    closed_day = models.ForeignKey(
        ClosedDay,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="facts",
        verbose_name=_("closed day"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=12)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    count = models.PositiveIntegerField(_("count"))

    class Meta:
        verbose_name = _("fact of a day")
        verbose_name_plural = _("facts of days")
        constraints = [
            models.UniqueConstraint(
                fields=["closed_day", "kind", "state", "reason"], name="day_fact_is_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.closed_day_id}: {self.state} {self.count}"


class TextFact(models.Model):
    """How many texts of a closed day share a gateway, a beginning of the number or a step, and
    how they fared. Each text is counted once in every kind."""

    class Kind(models.TextChoices):
        GATEWAY = "gateway", _("Gateway")
        PREFIX = "prefix", _("Beginning of the number")
        STEP = "step", _("Step")

    closed_day = models.ForeignKey(
        ClosedDay,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="texts",
        verbose_name=_("closed day"),
    )
    kind = models.CharField(_("counted by"), max_length=8, choices=Kind.choices)
    key = models.CharField(_("of these"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=12)
    currency = models.CharField(_("currency of the price"), max_length=3)
    within_seconds = models.PositiveIntegerField(_("outcome within, in seconds"))
    texts = models.PositiveIntegerField(pgettext_lazy("messages", "texts"))
    parts = models.PositiveIntegerField(_("parts"))
    cost = models.DecimalField(_("cost"), max_digits=18, decimal_places=6)

    class Meta:
        verbose_name = _("texts of a day")
        verbose_name_plural = _("texts of days")
        constraints = [
            models.UniqueConstraint(
                fields=["closed_day", "kind", "key", "state", "currency", "within_seconds"],
                name="text_fact_is_counted_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.closed_day_id}: {self.kind} {self.key} {self.texts}"
