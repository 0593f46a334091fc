"""What is said: templates, their versions, and a text for each language and tone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Purpose
from reminders.models.choices import Stage, Tone, VersionState
from reminders.models.version import Version


class SenderIdentity(models.Model):
    """How the lender presents itself in one language."""

    language = models.CharField(_("language"), max_length=10, unique=True)
    signature = models.CharField(
        _("signature"),
        max_length=40,
        help_text=_("Stands before every text and is billed with it."),
    )
    how_to_pay = models.CharField(_("how to pay"), max_length=200)
    hotline = models.CharField(_("hotline"), max_length=40)

    class Meta:
        verbose_name = _("sender identity")
        verbose_name_plural = _("sender identities")

    def __str__(self) -> str:
        return self.signature


class MessageTemplate(models.Model):
    """A named text; steps refer to it and always use its published version."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    title = models.CharField(_("title"), max_length=200)
    stage = models.CharField(_("stage"), max_length=6, choices=Stage.choices)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")

    def __str__(self) -> str:
        return self.title


class TemplateVersion(Version):
    """One version of a template. Frozen when published, as policies are."""

    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        related_name="versions",
        verbose_name=_("template"),
    )

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        permissions = [("publish_templateversion", _("Can publish message templates"))]
        ordering = ["template", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"], name="template_version_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["template"],
                condition=models.Q(
                    state__in=[VersionState.DRAFT, VersionState.SCHEDULED],
                    returns_to__isnull=True,
                ),
                name="template_has_one_draft",
            ),
            models.UniqueConstraint(
                fields=["template"],
                condition=models.Q(state=VersionState.PUBLISHED),
                name="template_has_one_published_version",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[VersionState.DRAFT, VersionState.SCHEDULED])
                | models.Q(published_at__isnull=False),
                name="template_version_published_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=VersionState.SCHEDULED)
                | models.Q(publish_at__isnull=False),
                name="template_version_scheduled_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class TemplateText(models.Model):
    """The words of one version in one language and tone."""

    version = models.ForeignKey(
        TemplateVersion, on_delete=models.CASCADE, related_name="texts", verbose_name=_("version")
    )
    language = models.CharField(_("language"), max_length=10)
    tone = models.CharField(_("tone"), max_length=10, choices=Tone.choices)
    body = models.TextField(_("text"), max_length=500)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["version", "language", "tone"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language", "tone"], name="text_once_per_language_and_tone"
            )
        ]

    def __str__(self) -> str:
        return f"{self.language}/{self.tone}"
