"""Versions that take effect later, and the return to an earlier one.

A scheduled version is frozen and waits; the tick that plans puts it in force first, at or soon
after its time, so that planning never mixes two versions. What was planned until then under the old
version is re-timed as with any publication, and nothing is repeated (P10).
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Staff
from reminders.authoring import policies, templates
from reminders.authoring.problems import CannotPublish, Problem, Review
from reminders.authoring.publishing import needs_second_person, refusal_of, refuse
from reminders.models import PolicyVersion, TemplateVersion
from reminders.models.choices import VersionState

log = logging.getLogger(__name__)

Version = PolicyVersion | TemplateVersion


@dataclass(frozen=True, slots=True)
class TookEffect:
    """How many scheduled versions were put in force, and how many could not be."""

    published: int = 0
    refused: int = 0


@transaction.atomic
def schedule(*, version: Version, by: Staff | None, at: datetime, now: datetime) -> Version:
    """Freezes a draft until `at`, when it takes effect by itself. Raises CannotPublish.

    Asks all that publishing asks, now and again at that time.
    """
    version = _locked(version)
    found = _review(version)
    problems = [*found.problems]
    if version.state != VersionState.DRAFT:
        problems.append(Problem("", _("Only a draft can be scheduled.")))
    if at <= now:
        problems.append(Problem("", _("The time to take effect is past: choose a later one.")))
    refuse(Review(tuple(problems)), refusal=refusal_of(version, by=by))
    version.published_by, version.second_person = by, needs_second_person(version, by=by)
    version.state, version.publish_at = VersionState.SCHEDULED, at
    version.schedule_problem = ""
    version.save(
        update_fields=["state", "publish_at", "published_by", "second_person", "schedule_problem"]
    )
    return version


@transaction.atomic
def cancel(version: Version, *, because: str = "") -> bool:
    """Makes a scheduled version a draft again; whether it was still scheduled."""
    version = _locked(version)
    if version.state != VersionState.SCHEDULED:
        return False
    version.state, version.publish_at, version.published_by = VersionState.DRAFT, None, None
    version.second_person, version.schedule_problem = False, because
    version.save(
        update_fields=["state", "publish_at", "published_by", "second_person", "schedule_problem"]
    )
    return True


def publish_scheduled(*, now: datetime) -> TookEffect:
    """Puts in force what is scheduled until `now`: texts first, for policies rely on them.

    What cannot be published any more (the contact rules were tightened meanwhile) becomes a draft
    again that says why, and an error is logged; the others go on.
    """
    published = refused = 0
    for model in (TemplateVersion, PolicyVersion):
        due = model.objects.filter(state=VersionState.SCHEDULED, publish_at__lte=now)
        for version in due.order_by("publish_at", "pk"):
            try:
                published += _take_effect(version, now=now)
            except CannotPublish as refusal:
                refused += cancel(version, because=str(refusal))
                log.error(
                    "%s %s was to take effect at %s and is a draft again: %s",
                    model._meta.model_name,
                    version.pk,
                    version.publish_at,
                    refusal,
                )
    return TookEffect(published, refused)


@transaction.atomic
def _take_effect(version: Version, *, now: datetime) -> bool:
    version = _locked(version)
    if version.state != VersionState.SCHEDULED:  # cancelled, or another tick was quicker
        return False
    refuse(_review(version), refusal=None)
    _put_in_force(version, now=now)
    return True


@transaction.atomic
def return_to(*, version: Version, by: Staff | None, now: datetime) -> Version:
    """Publishes a new version that says what `version`, an earlier one, said.

    A draft that somebody is writing stays as it is. Nothing is repeated: step keys keep their
    identity over all versions. Raises CannotPublish, for the rules may have changed since.
    """
    version = _locked(version)
    if version.state != VersionState.RETIRED:
        what = _("Only a version that was in force before can be returned to.")
        raise CannotPublish([Problem("", what)])
    note = _("Return to %(version)s.") % {"version": version}
    if isinstance(version, PolicyVersion):
        of_policy = policies.copy_of(
            version, policy=version.policy, by=by, now=now, returns_to=version
        )
        of_policy.note = note
        of_policy.save(update_fields=["note"])
        return policies.publish(version=of_policy, by=by, now=now)
    of_template = templates.copy_of(
        version, template=version.template, by=by, now=now, returns_to=version
    )
    of_template.note = note
    of_template.save(update_fields=["note"])
    return templates.publish(version=of_template, by=by, now=now)


def _locked(version: Version) -> Version:
    if isinstance(version, PolicyVersion):
        return policies.locked(version)
    return templates.locked(version)


def _review(version: Version) -> Review:
    if isinstance(version, PolicyVersion):
        return policies.review(version)
    return templates.review(version)


def _put_in_force(version: Version, *, now: datetime) -> None:
    if isinstance(version, PolicyVersion):
        policies.put_in_force(version, now=now)
    else:
        templates.put_in_force(version, now=now)
