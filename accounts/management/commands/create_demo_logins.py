"""`create_demo_logins`: people to sign in as on a demonstration."""

import json
import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.demonstration.logins import create_logins

PASSWORD_VARIABLE = "DEMO_PASSWORD"  # noqa: S105 - the name of a variable
_RANDOM_BYTES = 9


class Command(BaseCommand):
    """Makes the groups and users that are missing."""

    help = (
        "Create the roles and one demonstration login for each. The password is that of the "
        f"environment variable {PASSWORD_VARIABLE}, or a random one that is printed this once. "
        "Users who exist keep their password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        given = os.environ.get(PASSWORD_VARIABLE, "")
        password = given or secrets.token_urlsafe(_RANDOM_BYTES)
        logins = create_logins(password=password)
        # A password from the environment is known to who set it and is not repeated here.
        shown = None if given or not any(login.is_new for login in logins) else password
        if options["format"] == "json":
            rows = [
                {
                    "username": login.username,
                    "groups": list(login.groups),
                    "is_new": login.is_new,
                    **({"password": shown} if shown and login.is_new else {}),
                }
                for login in logins
            ]
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for login in logins:
            state = "created" if login.is_new else "is there already"
            self.stdout.write(f"{login.username:<10} {', '.join(login.groups) or '-':<24} {state}")
        if shown:
            self.stdout.write(f"Password of the new ones: {shown}")
