"""The policy, the campaign, texts and sender identities that come with Duecourse."""

from datetime import datetime, time, timedelta
from importlib import resources
from typing import Any

from django.db import transaction

from accounts.core.vocabulary import Purpose
from reminders.authoring import documents, strict_yaml, templates
from reminders.authoring.exchange import import_document, publish_all
from reminders.core.vocabulary import Stage
from reminders.facts.campaigns import CAMPAIGN_TONE
from reminders.models import Campaign, MessageTemplate, Policy, SenderIdentity, TemplateText

_FOLDER = resources.files("reminders") / "shipped"


def shipped_document() -> documents.Document:
    """The shipped policy with its templates."""
    return documents.read((_FOLDER / "standard.yaml").read_bytes())


def shipped_senders() -> dict[str, dict[str, Any]]:
    """The shipped sender identities by language."""
    found: dict[str, dict[str, Any]] = strict_yaml.load((_FOLDER / "senders.yaml").read_bytes())
    return found


@transaction.atomic
def load_shipped(*, now: datetime) -> bool:
    """Loads and publishes what is shipped where there is no policy at all; whether it did."""
    if Policy.objects.exists():
        return False
    for language, values in shipped_senders().items():
        SenderIdentity.objects.get_or_create(language=language, defaults=values)
    imported = import_document(shipped_document(), by=None, now=now)
    publish_all(imported, by=None, now=now)
    return True


def shipped_campaign() -> dict[str, Any]:
    """The shipped campaign: key, title, and a template with a text for each language."""
    found: dict[str, Any] = strict_yaml.load((_FOLDER / "campaign.yaml").read_bytes())
    return found


@transaction.atomic
def load_shipped_campaign(*, now: datetime) -> bool:
    """Drafts the shipped campaign where there is none at all, for the two weeks from tomorrow on,
    with its words published; whether it did. Raises CannotPublish."""
    if Campaign.objects.exists():
        return False
    said = shipped_campaign()
    template = MessageTemplate.objects.create(
        key=said["template"]["key"],
        title=said["template"]["title"],
        stage=Stage.APART,
        purpose=Purpose.EDUCATION,
        created_at=now,
    )
    version = templates.new_draft(template=template, by=None, now=now)
    TemplateText.objects.bulk_create(
        TemplateText(version=version, language=language, tone=CAMPAIGN_TONE, body=body)
        for language, body in said["template"]["texts"].items()
    )
    templates.publish(version=version, by=None, now=now)
    tomorrow = now.date() + timedelta(days=1)
    Campaign.objects.create(
        key=said["key"],
        title=said["title"],
        template=template,
        only_punctual=True,
        first_day=tomorrow,
        last_day=tomorrow + timedelta(days=13),
        local_time=time(14),
        per_day=1_000,
        created_at=now,
    )
    return True
