"""`manage.py load_shipped_campaign`: a campaign to look at, as a draft."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from accounts.clock import now
from reminders.authoring.problems import CannotPublish
from reminders.authoring.shipped import load_shipped_campaign


class Command(BaseCommand):
    help = (
        "Loads the campaign that comes with Duecourse as a draft and publishes its texts. Nothing "
        "is sent by it. Does nothing where there is a campaign already."
    )

    @no_translations
    def handle(self, *_args: Any, **_options: Any) -> None:
        """One transaction: all of it or nothing."""
        try:
            loaded = load_shipped_campaign(now=now())
        except CannotPublish as refusal:
            raise CommandError("\n".join(map(str, refusal.problems))) from refusal
        self.stdout.write(
            "loaded the shipped campaign as a draft"
            if loaded
            else "there is a campaign already: nothing was changed"
        )
