"""Campaigns: what stands in the way of one, and its way from a draft to its end."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from accounts.core.vocabulary import Purpose
from accounts.models import Staff
from reminders.authoring.problems import Problem, Review
from reminders.authoring.publishing import needs_second_person, refusal_of, refuse
from reminders.authoring.templates import untold
from reminders.core.vocabulary import Stage
from reminders.core.wording import choose_language
from reminders.facts.borrowers import rules_in_force
from reminders.facts.campaigns import CAMPAIGN_TONE, course_of
from reminders.models import Campaign, MessageTemplate, SenderIdentity, TemplateText
from reminders.models.choices import CampaignState, VersionState, profile_label


def review(campaign: Campaign, *, now: datetime) -> Review:
    """Everything that stands in the way of publishing `campaign`, and what one should know."""
    if campaign.state != CampaignState.DRAFT:
        return Review((Problem("", _("Only a draft can be published.")),))
    texts, missing = _of_template(campaign.template)
    calendar, odd = _of_calendar(campaign, now=now)
    return Review((*texts, *calendar), (*missing, *odd))


def _of_template(template: MessageTemplate) -> tuple[list[Problem], list[Problem]]:
    if template.stage != Stage.APART or template.purpose != Purpose.EDUCATION:
        what = _("A campaign needs a template of the purpose education, about no instalment.")
        return [Problem(template.title, what)], []
    spoken = set(
        TemplateText.objects.filter(
            version__template=template, version__state=VersionState.PUBLISHED, tone=CAMPAIGN_TONE
        ).values_list("language", flat=True)
    )
    if not spoken:
        what = _("No version of this template with a friendly text is published.")
        return [Problem(template.title, what)], []
    if not SenderIdentity.objects.exists():
        return [Problem("", _("There is no sender identity to sign the texts with."))], []
    languages = dict(settings.LANGUAGES)
    return [], [
        Problem(str(name), untold())
        for language, name in languages.items()
        if choose_language(language, available=spoken, fallback=settings.LANGUAGE_CODE) != language
    ]


def _of_calendar(campaign: Campaign, *, now: datetime) -> tuple[list[Problem], list[Problem]]:
    rules = rules_in_force()
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    if campaign.last_day < today:
        return [Problem("", _("Its last day is past: nobody would be written to."))], []
    days = [day for day in course_of(campaign).days(rules) if day >= today]
    if not days:
        what = _("All its days are days of rest: nobody would be written to.")
        return [Problem("", what)], []
    warnings = []
    if not rules.earliest <= campaign.local_time < rules.latest:
        warnings.append(
            Problem(
                "",
                _(
                    "Rule hours: at %(time)s nobody may be written to (%(profile)s); "
                    "the texts will wait until that is permitted."
                )
                % {
                    "time": time_format(campaign.local_time, "H:i"),
                    "profile": profile_label(rules.profile),
                },
            )
        )
    if campaign.first_day < today:
        warnings.append(Problem("", _("Its first day is past: it begins today.")))
    return [], warnings


@transaction.atomic
def publish(*, campaign: Campaign, by: Staff | None, now: datetime) -> Campaign:
    """Freezes a draft; planning places its texts from the next tick on. Raises CannotPublish."""
    campaign = locked(campaign)
    refuse(review(campaign, now=now), refusal=refusal_of(campaign, by=by))
    campaign.state, campaign.published_at, campaign.published_by = CampaignState.PUBLISHED, now, by
    campaign.second_person = needs_second_person(campaign, by=by)
    campaign.planned_through = None
    campaign.save(
        update_fields=["state", "published_at", "published_by", "second_person", "planned_through"]
    )
    return campaign


@transaction.atomic
def stop(*, campaign: Campaign, by: Staff | None, now: datetime) -> bool:
    """Nothing more of it is sent from the commit on; whether it was published until then.

    A claim that comes later finds it stopped (P2). What is only planned is withdrawn with the next
    tick of planning.
    """
    campaign = locked(campaign)
    if campaign.state != CampaignState.PUBLISHED:
        return False
    campaign.state, campaign.stopped_at, campaign.stopped_by = CampaignState.STOPPED, now, by
    campaign.save(update_fields=["state", "stopped_at", "stopped_by"])
    return True


@transaction.atomic
def draft_anew(*, campaign: Campaign) -> bool:
    """Makes a stopped campaign a draft; whether it was stopped.

    Where two people agreed to what it says, whoever changes it from now on counts as its author;
    else those who wrote it still do.
    """
    campaign = locked(campaign)
    if campaign.state != CampaignState.STOPPED:
        return False
    if campaign.second_person:
        campaign.changed_by_ids = []
    campaign.state, campaign.second_person = CampaignState.DRAFT, False
    campaign.save(update_fields=["state", "changed_by_ids", "second_person"])
    return True


def locked(campaign: Campaign) -> Campaign:
    """The campaign as it is now, after every other publisher and editor of it."""
    campaigns = Campaign.objects.select_for_update(of=("self",)).select_related("template")
    return campaigns.get(pk=campaign.pk)
