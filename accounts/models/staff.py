"""The people who work here."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Staff(AbstractUser):
    """A person who signs in. What they may do comes from groups: collections, editors, managers."""

    language = models.CharField(_("language"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
