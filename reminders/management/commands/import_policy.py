"""`manage.py import_policy FILE`: a policy and its templates from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction

from accounts.clock import now
from accounts.models import Staff
from reminders.authoring.documents import read
from reminders.authoring.exchange import CannotImport, import_document, publish_all
from reminders.authoring.problems import CannotPublish
from reminders.authoring.strict_yaml import CannotRead


class Command(BaseCommand):
    help = (
        "Reads a policy and its templates from a YAML file, as export_policy writes it, and makes "
        "drafts of what differs from what is here. Changes nothing and exits with 1 when anything "
        "in the file is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """See --help."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--publish", action="store_true", help="put the drafts in force as well"
        )
        parser.add_argument(
            "--replace-draft", action="store_true", help="replace drafts that say something else"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only tell what would happen, change nothing"
        )
        parser.add_argument("--by", metavar="USERNAME", help="who it is recorded for")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Reads, imports, perhaps publishes, all in one transaction."""
        instant = now()
        path: Path = options["file"]
        try:
            document = read(path.read_bytes())
            by = Staff.objects.get(username=options["by"]) if options["by"] else None
            with transaction.atomic():
                done = import_document(
                    document, by=by, now=instant, replace_draft=options["replace_draft"]
                )
                if options["publish"]:
                    publish_all(done, by=by, now=instant)
                transaction.set_rollback(options["dry_run"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from error
        except Staff.DoesNotExist as error:
            raise CommandError(f"nobody is called {options['by']} here") from error
        except (CannotRead, CannotImport, CannotPublish) as refusal:
            raise CommandError(
                "\n".join(f"{path}: {problem}" for problem in refusal.problems)
            ) from refusal
        what = "published" if options["publish"] else "draft"
        for version in done.templates:
            self.stdout.write(f"template {version.template.key} {version}: {what}")
        if done.policy:
            self.stdout.write(f"policy {done.policy.policy.key} {done.policy}: {what}")
        self.stdout.write(f"{done.unchanged} unchanged")
        if options["dry_run"]:
            self.stdout.write("dry run: nothing was changed")
