"""`manage.py load_shipped_policy`: the policy and the texts to start with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from accounts.clock import now
from reminders.authoring.problems import CannotPublish
from reminders.authoring.shipped import load_shipped


class Command(BaseCommand):
    help = (
        "Loads and publishes the policy, the message templates and the example sender identities "
        "that come with Duecourse. Does nothing where there is a policy already."
    )

    @no_translations
    def handle(self, *_args: Any, **_options: Any) -> None:
        """One transaction: all of it or nothing."""
        try:
            loaded = load_shipped(now=now())
        except CannotPublish as refusal:
            raise CommandError("\n".join(map(str, refusal.problems))) from refusal
        self.stdout.write(
            "loaded and published the shipped policy"
            if loaded
            else "there is a policy already: nothing was changed"
        )
