"""What a version of a policy and a version of a template have in common.

Note [Four eyes]
Who publishes a version is none of those who changed it, where PUBLISH_BY_SECOND_PERSON asks for
that. `changed_by_ids` grows while it is a draft; `second_person` says that the rule was kept, and
a constraint in the database refuses a row that says so and is not true. A return to an earlier
version (`returns_to`) needs one person: two agreed to its words before, and a trigger refuses a
return that says anything else.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Staff
from reminders.models.choices import VersionState


class Version(models.Model):
    """A draft that people edit until it is scheduled or published; then it is frozen.

    `publish_at` is when a scheduled version takes effect. Where it could not, it is a draft again
    and `schedule_problem` tells why.
    """

    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )
    note = models.TextField(_("what changed"), blank=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("created by"),
    )
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    changed_by_ids = ArrayField(
        models.BigIntegerField(), verbose_name=_("changed by"), default=list, db_default=[]
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("published by"),
    )

    second_person = models.BooleanField(_("published by a second person"), db_default=False)
    publish_at = models.DateTimeField(_("takes effect at"), null=True, blank=True)
    schedule_problem = models.TextField(_("why it did not take effect"), blank=True, db_default="")
    returns_to = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("returns to"),
    )

    class Meta:
        abstract = True
