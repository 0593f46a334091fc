"""When and how the ledger was fed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One run of an import: how fresh the ledger is, and what came in."""

    source = models.CharField(_("source"), max_length=500)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    payments_until = models.DateTimeField(
        _("payments until"), null=True, blank=True, help_text=_("The latest payment it brought.")
    )
    summary = models.JSONField(_("summary"), default=dict)

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M}"
