"""`manage.py export_policy KEY`: a policy and its templates as a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from reminders.authoring.documents import write
from reminders.authoring.exchange import export_version
from reminders.models import Policy
from reminders.models.choices import VersionState


class Command(BaseCommand):
    help = (
        "Writes a policy and the templates it names as YAML, as import_policy reads it. Without "
        "--version it is the published version, or the newest when none is published."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's own --version, the number of Django, gives way to the policy's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """See --help."""
        parser.add_argument("key", metavar="KEY", help="key of the policy")
        parser.add_argument("--version", type=int, metavar="N", help="number of the version")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="instead of standard output"
        )

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Finds the version and writes it."""
        policy = Policy.objects.filter(key=options["key"]).first()
        if policy is None:
            known = ", ".join(Policy.objects.order_by("key").values_list("key", flat=True))
            raise CommandError(f"there is no policy {options['key']}; there are: {known or 'none'}")
        versions = policy.versions.order_by("-number")
        if options["version"] is not None:
            version = versions.filter(number=options["version"]).first()
        else:
            version = versions.filter(state=VersionState.PUBLISHED).first() or versions.first()
        if version is None:
            known = ", ".join(str(other.number) for other in versions)
            raise CommandError(f"{policy.key} has no such version; it has: {known or 'none'}")
        text = write(export_version(version))
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            options["output"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror or error}") from error
        self.stderr.write(f"wrote {policy.key} {version} to {options['output']}")
