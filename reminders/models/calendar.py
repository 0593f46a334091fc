"""Days of rest, as loaded by `load_calendar`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DayKind(models.TextChoices):
    HOLIDAY = "holiday", _("Holiday")
    WORKDAY = "workday", _("Worked instead")


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a holiday, or a worked weekend day (调休)."""

    calendar = models.CharField(_("calendar"), max_length=16)
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=7, choices=DayKind.choices)
    name = models.CharField(_("name"), max_length=100)
    is_official = models.BooleanField(
        _("official"), help_text=_("By notice of the authorities; otherwise an estimate.")
    )

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["calendar", "date"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "date"], name="calendar_day_once_per_calendar"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.date} {self.name}"
