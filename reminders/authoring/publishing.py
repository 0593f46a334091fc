"""What publishing policies, templates and campaigns has in common. See Note [Four eyes]."""

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Staff
from reminders.authoring.problems import CannotPublish, Problem, Review
from reminders.models import Campaign, PolicyVersion, TemplateVersion
from reminders.models.choices import VersionState

UNPUBLISHED = (VersionState.DRAFT, VersionState.SCHEDULED)

Version = PolicyVersion | TemplateVersion
V = TypeVar("V", PolicyVersion, TemplateVersion)


def needs_second_person(version: Version | Campaign, *, by: Staff | None) -> bool:
    """Whether none of those who changed `version` may publish it.

    A command without a name is run by who has the database in hand; a return to an earlier
    version says what two people agreed to before.
    """
    is_return = not isinstance(version, Campaign) and version.returns_to_id is not None
    return bool(settings.PUBLISH_BY_SECOND_PERSON) and by is not None and not is_return


def refusal_of(version: Version | Campaign, *, by: Staff | None) -> Problem | None:
    """Why this person may not publish `version`, or None."""
    if by is None or not needs_second_person(version, by=by):
        return None
    if by.pk not in version.changed_by_ids:
        return None
    return Problem(
        "",
        _(
            "Who wrote or changed a draft cannot publish it: another person must "
            "(setting PUBLISH_BY_SECOND_PERSON)."
        ),
    )


def refuse(found: Review, *, refusal: Problem | None) -> None:
    """Raises CannotPublish when anything stands in the way."""
    if problems := (*found.problems, *((refusal,) if refusal else ())):
        raise CannotPublish(problems)


def note_change(version: Version | Campaign, *, by: Staff, now: datetime) -> None:
    """Records that `by` changed the draft, which is locked. To be called with every change."""
    version.changed_at = now
    if by.pk not in version.changed_by_ids:
        version.changed_by_ids = [*version.changed_by_ids, by.pk]
    version.save(update_fields=["changed_at", "changed_by_ids"])


def freeze(version: V, *, now: datetime) -> V:
    """The last step of publishing: the version is in force from `now` on."""
    version.state, version.published_at = VersionState.PUBLISHED, now
    changed = ["state", "published_at"]
    if version.publish_at is None:  # else it is frozen already, with who scheduled it
        changed += ["published_by", "second_person"]
    version.save(update_fields=changed)
    return version
