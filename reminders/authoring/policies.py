"""Drafts of policies, and putting them in force."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Loan, Staff
from accounts.models.choices import Channel, RiskTier
from reminders.authoring.conflicts import conflicts_with_rules, speak_at_once
from reminders.authoring.problems import DraftExists, Problem, Review
from reminders.authoring.publishing import (
    UNPUBLISHED,
    freeze,
    needs_second_person,
    refusal_of,
    refuse,
)
from reminders.authoring.purposes import problem_of_stage
from reminders.authoring.templates import place, tones_of
from reminders.core import contact_rules
from reminders.core.vocabulary import Stage
from reminders.facts.borrowers import rules_in_force
from reminders.models import (
    Policy,
    PolicyStep,
    PolicyVersion,
    SenderIdentity,
    StepVersion,
    TemplateText,
)
from reminders.models.choices import Stage as StageChoices
from reminders.models.choices import Tone, VersionState, profile_label

CHANNELS = frozenset({Channel.SMS.value})
"""Channels that have a gateway; a step on others alone would reach nobody."""


@transaction.atomic
def new_draft(
    *, policy: Policy, by: Staff | None, now: datetime, base: PolicyVersion | None = None
) -> PolicyVersion:
    """A draft with the steps of `base`, else of the published version. Raises DraftExists."""
    Policy.objects.select_for_update().get(pk=policy.pk)
    versions = PolicyVersion.objects.filter(policy=policy)
    if versions.filter(state__in=UNPUBLISHED).exists():
        raise DraftExists(policy.key)
    base = base or versions.filter(state=VersionState.PUBLISHED).first()
    return copy_of(base, policy=policy, by=by, now=now)


def copy_of(
    base: PolicyVersion | None,
    *,
    policy: Policy,
    by: Staff | None,
    now: datetime,
    returns_to: PolicyVersion | None = None,
) -> PolicyVersion:
    """A draft that says what `base` says, under the next number. The policy is locked."""
    newest = PolicyVersion.objects.filter(policy=policy).aggregate(newest=Max("number"))["newest"]
    draft = PolicyVersion.objects.create(
        policy=policy,
        number=(newest or 0) + 1,
        holdout_percent=base.holdout_percent if base else 0,
        created_at=now,
        created_by=by,
        changed_by_ids=[by.pk] if by else [],
        returns_to=returns_to,
    )
    if base is not None:
        StepVersion.objects.bulk_create(
            StepVersion(version=draft, **step.as_values()) for step in base.steps.all()
        )
    return draft


@transaction.atomic
def publish(*, version: PolicyVersion, by: Staff | None, now: datetime) -> PolicyVersion:
    """Puts a draft in force and retires the version before it. Raises CannotPublish.

    Steps:
    1. lock the policy, so that of two publishers one waits, and the draft, so that no editor's
       change comes in unseen between the review and the freeze;
    2. review it as it is now, and see that a second person publishes it;
    3. give new step keys their lasting identity;
    4. retire the version in force and freeze this one.
    """
    version = locked(version)
    refuse(review(version), refusal=refusal_of(version, by=by))
    version.published_by, version.second_person = by, needs_second_person(version, by=by)
    return put_in_force(version, now=now)


def locked(version: PolicyVersion) -> PolicyVersion:
    """The version as it is now, after every other publisher and editor of it."""
    Policy.objects.select_for_update().get(pk=version.policy_id)
    return PolicyVersion.objects.select_for_update().get(pk=version.pk)


def put_in_force(version: PolicyVersion, *, now: datetime) -> PolicyVersion:
    """Retires what is in force and freezes this version, which is locked and was reviewed."""
    PolicyStep.objects.bulk_create(
        (PolicyStep(policy_id=version.policy_id, key=step.key) for step in version.steps.all()),
        ignore_conflicts=True,
    )
    PolicyVersion.objects.filter(policy=version.policy_id, state=VersionState.PUBLISHED).update(
        state=VersionState.RETIRED
    )
    return freeze(version, now=now)


def review(version: PolicyVersion) -> Review:
    """Everything that stands in the way of publishing `version`, and what looks odd about it."""
    if version.state not in UNPUBLISHED:
        return Review((Problem("", _("Only a draft can be published.")),))
    steps = list(version.steps.select_related("template"))
    problems = [] if steps else [Problem("", _("The policy has no step."))]
    rules = rules_in_force()
    for step in steps:
        found = [*step_problems(step), *_hours(step, rules=rules), *_words(step)]
        problems += [Problem(step.key, what) for __, what in found]
    problems += _repeated_keys(steps)
    problems += [
        Problem(
            f"{one.key}, {other.key}",
            _("Both speak to the same borrowers at the same moment."),
        )
        for one, other in combinations(steps, 2)
        if speak_at_once(one, other=other)
    ]
    if not SenderIdentity.objects.exists():
        problems.append(Problem("", _("There is no sender identity to sign the texts with.")))
    warnings = [
        *_warnings(version, steps=steps),
        *_untold(steps),
        *conflicts_with_rules(steps, rules=rules),
    ]
    return Review(tuple(problems), tuple(warnings))


def step_problems(step: StepVersion) -> list[tuple[str, str]]:
    """What is wrong with a step in itself, as pairs of the field and words."""
    found = []
    stage = Stage.of(step.offset_days)
    last_day = step.valid_until_offset_days
    if last_day < step.offset_days:
        found.append(("valid_until_offset_days", _("It ends before it begins.")))
    elif stage is Stage.BEFORE and last_day >= 0:
        found.append(
            ("valid_until_offset_days", _("What is said before the due date ends at day −1."))
        )
    elif stage is Stage.ON and last_day != 0:
        found.append(
            ("valid_until_offset_days", _("What is said on the due date ends that day, day 0."))
        )
    if step.template.stage != stage:
        found.append(
            (
                "template",
                _("“%(template)s” is for “%(its)s”, but day %(day)s is “%(ours)s”.")
                % {
                    "template": step.template.title,
                    "its": StageChoices(step.template.stage).label,
                    "day": step.offset_days,
                    "ours": StageChoices(stage).label,
                },
            )
        )
    if what := problem_of_stage(step.template):
        found.append(("template", what))
    for field, allowed in (("tiers", set(RiskTier.values)), ("channels", set(Channel.values))):
        values = getattr(step, field)
        if not values:
            found.append((field, _("Choose at least one.")))
        if unknown := [value for value in values if value not in allowed]:
            found.append((field, _("Unknown: %(values)s.") % {"values": ", ".join(unknown)}))
    if step.channels and not set(step.channels) & CHANNELS:
        found.append(("channels", _("None of these channels has a gateway here.")))
    for field in ("tiers", "channels", "products", "segments"):
        values = getattr(step, field)
        if any(not value.strip() or value != value.strip() for value in values):
            found.append((field, _("A name is empty or has spaces around it.")))
        if twice := [value for value, times in Counter(values).items() if times > 1]:
            found.append((field, _("Named twice: %(values)s.") % {"values": ", ".join(twice)}))
    return found


def _hours(step: StepVersion, *, rules: contact_rules.ContactRules) -> list[tuple[str, str]]:
    if rules.earliest <= step.local_time < rules.latest:
        return []
    return [
        (
            "local_time",
            _(
                "Rule %(rule)s: %(time)s is outside the permitted hours, %(earliest)s to "
                "%(latest)s (%(profile)s)."
            )
            % {
                "rule": "earliest" if step.local_time < rules.earliest else "latest",
                "time": f"{step.local_time:%H:%M}",
                "earliest": f"{rules.earliest:%H:%M}",
                "latest": f"{rules.latest:%H:%M}",
                "profile": profile_label(rules.profile),
            },
        )
    ]


def _words(step: StepVersion) -> list[tuple[str, str]]:
    """Whether the template can speak in every tone that the step may need."""
    published = TemplateText.objects.filter(
        version__template=step.template, version__state=VersionState.PUBLISHED
    )
    if not published.exists():
        return [
            (
                "template",
                _("“%(template)s” has no published version.") % {"template": step.template.title},
            )
        ]
    spoken = set(published.filter(language=settings.LANGUAGE_CODE).values_list("tone", flat=True))
    return [
        (
            "template",
            _("“%(template)s” has no published text: %(place)s.")
            % {"template": step.template.title, "place": place(settings.LANGUAGE_CODE, tone=tone)},
        )
        for tone in Tone.values
        if tone in tones_of(step) - spoken
    ]


def _untold(steps: Sequence[StepVersion]) -> list[Problem]:
    """Languages of the installation in which a step would fall back to the default one."""
    spoken = set(
        TemplateText.objects.filter(
            version__template__in=[step.template_id for step in steps],
            version__state=VersionState.PUBLISHED,
        ).values_list("version__template", "language")
    )
    templates_that_speak = {template for template, _language in spoken}
    return [
        Problem(
            step.key,
            _("“%(template)s” has no text in %(language)s.")
            % {"template": step.template.title, "language": place(language)},
        )
        for step in steps
        for language, _name in settings.LANGUAGES
        if step.template_id in templates_that_speak and (step.template_id, language) not in spoken
    ]


def _repeated_keys(steps: Sequence[StepVersion]) -> list[Problem]:
    return [
        Problem(key, _("Two steps have this key."))
        for key, times in Counter(step.key for step in steps).items()
        if times > 1
    ]


def _warnings(version: PolicyVersion, *, steps: Sequence[StepVersion]) -> list[Problem]:
    """What may be meant so: products nobody has, an inactive policy, everybody held out."""
    named = {product for step in steps for product in step.products}
    warnings = [
        Problem(product, _("No loan is of this product."))
        for product in sorted(named)
        if not Loan.objects.filter(product=product).exists()
    ]
    if version.holdout_percent == 100:
        warnings.append(Problem("", _("All borrowers are held out: nobody will be reminded.")))
    if not version.policy.is_active:
        warnings.append(Problem("", _("The policy is inactive: nothing will be planned.")))
    return warnings
