"""Drafts of message templates, and putting them in force."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Staff
from reminders.authoring.preview import longest_text
from reminders.authoring.problems import DraftExists, Problem, Review, in_words
from reminders.authoring.publishing import (
    UNPUBLISHED,
    freeze,
    needs_second_person,
    refusal_of,
    refuse,
)
from reminders.authoring.purposes import problem_of_stage, problems_of_refusal
from reminders.core.vocabulary import Stage
from reminders.core.wording import MAX_LENGTH, choose_tone, validate
from reminders.facts.campaigns import CAMPAIGN_TONE
from reminders.models import (
    Campaign,
    MessageTemplate,
    SenderIdentity,
    StepVersion,
    TemplateText,
    TemplateVersion,
)
from reminders.models.choices import CampaignState, Tone, ToneRule, VersionState


@transaction.atomic
def new_draft(
    *,
    template: MessageTemplate,
    by: Staff | None,
    now: datetime,
    base: TemplateVersion | None = None,
) -> TemplateVersion:
    """A draft with the texts of `base`, else of the published version. Raises DraftExists."""
    MessageTemplate.objects.select_for_update().get(pk=template.pk)
    versions = TemplateVersion.objects.filter(template=template)
    if versions.filter(state__in=UNPUBLISHED).exists():
        raise DraftExists(template.key)
    base = base or versions.filter(state=VersionState.PUBLISHED).first()
    return copy_of(base, template=template, by=by, now=now)


def copy_of(
    base: TemplateVersion | None,
    *,
    template: MessageTemplate,
    by: Staff | None,
    now: datetime,
    returns_to: TemplateVersion | None = None,
) -> TemplateVersion:
    """A draft that says what `base` says, under the next number. The template is locked."""
    versions = TemplateVersion.objects.filter(template=template)
    draft = TemplateVersion.objects.create(
        template=template,
        number=(versions.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        created_at=now,
        created_by=by,
        changed_by_ids=[by.pk] if by else [],
        returns_to=returns_to,
    )
    if base is not None:
        TemplateText.objects.bulk_create(
            TemplateText(version=draft, language=text.language, tone=text.tone, body=text.body)
            for text in base.texts.all()
        )
    return draft


@transaction.atomic
def publish(*, version: TemplateVersion, by: Staff | None, now: datetime) -> TemplateVersion:
    """Puts a draft in force and retires the version before it. Raises CannotPublish.

    Steps refer to the template, so the policies that use it speak with the new words from the
    next message on.
    """
    version = locked(version)
    refuse(review(version), refusal=refusal_of(version, by=by))
    version.published_by, version.second_person = by, needs_second_person(version, by=by)
    return put_in_force(version, now=now)


def locked(version: TemplateVersion) -> TemplateVersion:
    """The version as it is now, after every other publisher and editor of it."""
    MessageTemplate.objects.select_for_update().get(pk=version.template_id)
    versions = TemplateVersion.objects.select_for_update(of=("self",)).select_related("template")
    return versions.get(pk=version.pk)


def put_in_force(version: TemplateVersion, *, now: datetime) -> TemplateVersion:
    """Retires what is in force and freezes this version, which is locked and was reviewed."""
    TemplateVersion.objects.filter(
        template=version.template_id, state=VersionState.PUBLISHED
    ).update(state=VersionState.RETIRED)
    return freeze(version, now=now)


def review(version: TemplateVersion) -> Review:
    """Everything that stands in the way of publishing `version`."""
    if version.state not in UNPUBLISHED:
        return Review((Problem("", _("Only a draft can be published.")),))
    texts = list(version.texts.all())
    stage = Stage(version.template.stage)
    problems = [
        Problem(place(text.language, tone=text.tone), in_words(problem, stage=stage))
        for text in texts
        for problem in validate(text.body, stage=stage)
    ]
    problems += _too_long_when_filled(texts, stage=stage)
    if what := problem_of_stage(version.template):
        problems.append(Problem("", what))
    problems += [
        Problem(place(text.language, tone=text.tone), what)
        for text, what in problems_of_refusal(
            texts, purpose=version.template.purpose, profile=settings.CONTACT_PROFILE
        )
    ]
    problems += _missing(texts, needed=tones_in_use(version.template))
    unsigned = {text.language for text in texts} - set(
        SenderIdentity.objects.values_list("language", flat=True)
    )
    warnings = [
        Problem(
            place(language),
            _("There is no sender identity in this language; another one signs the text."),
        )
        for language in sorted(unsigned)
    ]
    spoken = {text.language for text in texts}
    warnings += [
        Problem(place(language), untold())
        for language, _name in settings.LANGUAGES
        if spoken and language not in spoken and language != settings.LANGUAGE_CODE
    ]
    return Review(tuple(problems), tuple(warnings))


def untold() -> str:
    """What it means when a language of the installation has no text."""
    return _("There is no text in this language: its readers get the default language's.")


def _too_long_when_filled(texts: Iterable[TemplateText], *, stage: Stage) -> Iterable[Problem]:
    """Texts that are short enough as written and would be refused by a gateway when filled."""
    for text in texts:
        length = longest_text(text.body, stage=stage, language=text.language)
        if length > MAX_LENGTH >= len(text.body):
            yield Problem(
                place(text.language, tone=text.tone),
                _(
                    "Signed and filled with long values it has %(length)s characters; gateways "
                    "take %(limit)s. Shorten it."
                )
                % {"length": length, "limit": MAX_LENGTH},
            )


def _missing(texts: Iterable[TemplateText], *, needed: set[str]) -> list[Problem]:
    """Languages and tones that must be there, because someone would be left without a text."""
    tones = defaultdict(set)
    for text in texts:
        tones[text.language].add(text.tone)
    default = settings.LANGUAGE_CODE
    if default not in tones:
        return [Problem(place(default), _("There is no text in the default language."))]
    problems = [
        Problem(place(default, tone=tone), _("A published policy or campaign uses this tone."))
        for tone in Tone.values
        if tone in needed - tones[default]
    ]
    return problems + [
        Problem(
            place(language, tone=tone),
            _("This text is missing: the default language has the tone."),
        )
        for language in sorted(tones)
        for tone in Tone.values
        if tone in tones[default] - tones[language]
    ]


def tones_in_use(template: MessageTemplate) -> set[str]:
    """Tones in which published policies and campaigns may speak with this template."""
    steps = StepVersion.objects.filter(template=template, version__state=VersionState.PUBLISHED)
    tones = {tone for step in steps for tone in tones_of(step)}
    campaigns = Campaign.objects.filter(template=template, state=CampaignState.PUBLISHED)
    return tones | ({CAMPAIGN_TONE.value} if campaigns.exists() else set())


def tones_of(step: StepVersion) -> set[str]:
    """Tones in which a step may speak: its own, or one for each of its risk tiers."""
    if step.tone != ToneRule.BY_RISK:
        return {step.tone}
    return {choose_tone(step.tone, tier=tier).value for tier in step.tiers}


def place(language: str, *, tone: str = "") -> str:
    """A text's place in words: its language and tone."""
    name = str(dict(settings.LANGUAGES).get(language, language))
    return f"{name}, {Tone(tone).label}" if tone else name
