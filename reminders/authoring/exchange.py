"""Policies and their templates in from documents and out to them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Staff
from reminders.authoring import policies, templates
from reminders.authoring.documents import (
    Document,
    PolicySpec,
    StepSpec,
    TemplateSpec,
)
from reminders.authoring.problems import CannotPublish, Problem
from reminders.authoring.publishing import UNPUBLISHED
from reminders.models import (
    MessageTemplate,
    Policy,
    PolicyVersion,
    StepVersion,
    TemplateText,
    TemplateVersion,
)
from reminders.models.choices import VersionState


class CannotImport(Exception):
    """The document is readable and does not fit what is here; holds every problem."""

    def __init__(self, problems: list[Problem]) -> None:
        """At least one problem."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(slots=True)
class Imported:
    """What an import made: versions that are drafts, and how many were the same already."""

    policy: PolicyVersion | None = None
    templates: list[TemplateVersion] = field(default_factory=list)
    unchanged: int = 0


def export_version(version: PolicyVersion) -> Document:
    """A version with the templates it names, each as it is in force, else as its draft is."""
    steps = list(version.steps.select_related("template"))
    used = {step.template_id: step.template for step in steps}
    specs = [template_spec(template) for template in used.values()]
    return Document(
        policy=PolicySpec(
            key=version.policy.key,
            title=version.policy.title,
            holdout_percent=version.holdout_percent,
            note=version.note.strip(),
            steps=tuple(_step_spec(step) for step in steps),
        ),
        templates=tuple(sorted(specs, key=lambda spec: spec.key)),
    )


def template_spec(template: MessageTemplate) -> TemplateSpec:
    """A template with its published texts, else those of its newest version."""
    versions = template.versions.order_by("-number")
    version = versions.filter(state=VersionState.PUBLISHED).first() or versions.first()
    return _spec_of(template, version=version)


def _spec_of(template: MessageTemplate, *, version: TemplateVersion | None) -> TemplateSpec:
    texts = version.texts.order_by("language", "tone") if version else []
    return TemplateSpec(
        key=template.key,
        title=template.title,
        stage=template.stage,
        purpose=template.purpose,
        texts={(text.language, text.tone): text.body for text in texts},
    )


def _step_spec(step: StepVersion) -> StepSpec:
    values = step.as_values()
    lists = ("tiers", "channels", "products", "segments")
    return StepSpec(
        **{
            **values,
            "template": step.template.key,
            **{name: tuple(values[name]) for name in lists},
        }
    )


@transaction.atomic
def import_document(
    document: Document, *, by: Staff | None, now: datetime, replace_draft: bool = False
) -> Imported:
    """Turns a document into drafts; what is the same as the version in force is left alone.

    Raises CannotImport and changes nothing when a template is missing, changes its stage or
    purpose, or when a draft that says something else stands in the way and `replace_draft` is no.
    """
    problems: list[Problem] = []
    done = Imported()
    for spec in document.templates:
        _import_template(
            spec, by=by, now=now, replace_draft=replace_draft, done=done, problems=problems
        )
    known = dict(MessageTemplate.objects.values_list("key", "pk"))
    problems += [
        Problem(
            f"policy.steps[{at}].template",
            _("There is no template “%(key)s”, here or in the file.") % {"key": step.template},
        )
        for at, step in enumerate(document.policy.steps)
        if step.template not in known
    ]
    if not problems:
        _import_policy(
            document.policy,
            by=by,
            now=now,
            replace_draft=replace_draft,
            known=known,
            done=done,
            problems=problems,
        )
    if problems:
        raise CannotImport(problems)
    return done


def _import_template(
    spec: TemplateSpec,
    *,
    by: Staff | None,
    now: datetime,
    replace_draft: bool,
    done: Imported,
    problems: list[Problem],
) -> None:
    where = f"templates.{spec.key}"
    template, is_new = MessageTemplate.objects.get_or_create(
        key=spec.key,
        defaults={
            "title": spec.title,
            "stage": spec.stage,
            "purpose": spec.purpose,
            "created_at": now,
        },
    )
    if (template.stage, template.purpose) != (spec.stage, spec.purpose):
        problems.append(
            Problem(where, _("The template exists with another stage or purpose; use a new key."))
        )
        return
    newest = _newest(template)
    if not is_new and newest and _spec_of(template, version=newest).texts == spec.texts:
        done.unchanged += 1
        if newest.state == VersionState.DRAFT:
            done.templates.append(newest)
        return
    if newest and newest.state in UNPUBLISHED:
        if not replace_draft or newest.state == VersionState.SCHEDULED:
            problems.append(_in_the_way(where, version=newest))
            return
        newest.delete()
    draft = templates.new_draft(template=template, by=by, now=now)
    draft.texts.all().delete()
    TemplateText.objects.bulk_create(
        TemplateText(version=draft, language=language, tone=tone, body=body)
        for (language, tone), body in spec.texts.items()
    )
    done.templates.append(draft)


def _import_policy(
    spec: PolicySpec,
    *,
    by: Staff | None,
    now: datetime,
    replace_draft: bool,
    known: dict[str, int],
    done: Imported,
    problems: list[Problem],
) -> None:
    policy, _is_new = Policy.objects.get_or_create(
        key=spec.key, defaults={"title": spec.title, "created_at": now}
    )
    newest = _newest(policy)
    if newest and _says_the_same(newest, spec=spec):
        done.unchanged += 1
        if newest.state == VersionState.DRAFT:
            done.policy = newest
        return
    if newest and newest.state in UNPUBLISHED:
        if not replace_draft or newest.state == VersionState.SCHEDULED:
            problems.append(_in_the_way("policy", version=newest))
            return
        newest.delete()
    draft = policies.new_draft(policy=policy, by=by, now=now)
    draft.steps.all().delete()
    draft.holdout_percent, draft.note = spec.holdout_percent, spec.note
    draft.save(update_fields=["holdout_percent", "note"])
    for at, step in enumerate(spec.steps):
        row = StepVersion(version=draft, **_values(step, known=known))
        try:
            row.full_clean()
        except ValidationError as refusal:
            found = policies.step_problems(row) or [("", " ".join(refusal.messages))]
            problems += [
                Problem(f"policy.steps[{at}].{name}".removesuffix("."), what)
                for name, what in found
            ]
        else:
            row.save(force_insert=True)
    done.policy = draft


def _values(step: StepSpec, *, known: dict[str, int]) -> dict[str, Any]:
    return {
        "key": step.key,
        "offset_days": step.offset_days,
        "local_time": step.local_time,
        "valid_until_offset_days": step.valid_until_offset_days,
        "tiers": list(step.tiers),
        "products": list(step.products),
        "segments": list(step.segments),
        "channels": list(step.channels),
        "template_id": known[step.template],
        "tone": step.tone,
    }


def _says_the_same(version: PolicyVersion, *, spec: PolicySpec) -> bool:
    """Whether a version would do what the document says; title and note do nothing."""
    mine = export_version(version).policy
    return mine.holdout_percent == spec.holdout_percent and sorted(
        mine.steps, key=lambda step: step.key
    ) == sorted(spec.steps, key=lambda step: step.key)


def _newest(parent: Any) -> Any:
    """The version that is not in force yet, else the last one. A return has the higher number."""
    versions = parent.versions.order_by("-number")
    return versions.filter(state__in=UNPUBLISHED).first() or versions.first()


def _in_the_way(where: str, *, version: PolicyVersion | TemplateVersion) -> Problem:
    if version.state == VersionState.SCHEDULED:
        what = _("Version %(number)s is scheduled: call that off first.")
    else:
        what = _("Draft %(number)s is not published yet: publish or delete it, or replace it.")
    return Problem(where, what % {"number": version.number})


@transaction.atomic
def publish_all(imported: Imported, *, by: Staff | None, now: datetime) -> None:
    """Publishes the templates and then the policy, or nothing. Raises CannotPublish."""
    problems: list[Problem] = []
    for version in imported.templates:
        try:
            templates.publish(version=version, by=by, now=now)
        except CannotPublish as refusal:
            key = version.template.key
            problems += [Problem(f"{key}, {p.where}", p.what) for p in refusal.problems]
    if problems:
        raise CannotPublish(problems)
    if imported.policy is not None:
        policies.publish(version=imported.policy, by=by, now=now)
