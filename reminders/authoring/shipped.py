"""The policy, texts and sender identities that come with Duecourse."""

from datetime import datetime
from importlib import resources
from typing import Any

from django.db import transaction

from reminders.authoring import documents, strict_yaml
from reminders.authoring.exchange import import_document, publish_all
from reminders.models import Policy, SenderIdentity

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
