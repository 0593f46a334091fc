"""`preview`: what the policies would do over the coming days."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.clock import now
from reminders.authoring.publishing import UNPUBLISHED
from reminders.facts.policies import StepInForce, steps_in_force, steps_of
from reminders.models import PolicyVersion
from reminders.queries.preview import Preview, preview


class Command(BaseCommand):
    """See `handle`."""

    help = (
        "Count what the policies would do on the days from --from on: per day, step, channel, "
        "decision and reason, with messages, parts and cost. Stores nothing. Days are those of "
        "the TIME_ZONE setting; payments still to come are not foreseen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares --from, --days, --policy and --format."""
        parser.add_argument("--from", dest="first", help="first day, YYYY-MM-DD; default today")
        parser.add_argument("--days", type=int, default=1, help="how many days; default 1")
        parser.add_argument(
            "--policy", help="a policy's key: its draft in place of its published version"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the counts. Exit status 1 for a day in the past or an unknown policy."""
        moment, zone = now(), ZoneInfo(settings.TIME_ZONE)
        today = moment.astimezone(zone).date()
        first = _day(options["first"]) if options["first"] else today
        if first < today:
            raise CommandError(
                f"{first} is past: what was done is in the history, not in a preview"
            )
        if options["days"] < 1:
            raise CommandError("--days must be at least 1")
        last = first + timedelta(days=options["days"] - 1)
        steps = _steps(options["policy"])
        found = preview(steps, first=first, last=last, zone=zone, now=moment)
        if options["format"] == "json":
            self.stdout.write(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
        else:
            self._print(found)

    def _print(self, found: Preview) -> None:
        for line, count in sorted(found.reminders.items()):
            what = f"{line.decision} {line.channel}{line.reason}".strip()
            self.stdout.write(f"{line.day}  {line.step:<16} {what:<36} {count:>9,}")
        for day in sorted(found.messages):
            self.stdout.write(
                f"{day}  {found.messages[day]:,} messages, {found.parts[day]:,} parts, "
                f"{found.price[day]:,.2f} {settings.SMS_PRICE_CURRENCY}"
            )
        if not found.reminders:
            self.stdout.write("nothing is due in these days")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day such as 2026-11-23") from None


def _steps(policy_key: str | None) -> list[StepInForce]:
    if policy_key is None:
        return steps_in_force()
    draft = PolicyVersion.objects.filter(
        policy__key=policy_key, state__in=UNPUBLISHED, returns_to=None
    ).select_related("policy")
    if not draft:
        raise CommandError(f"there is no policy {policy_key!r} with a draft")
    return [s for s in steps_in_force() if s.policy_key != policy_key] + steps_of(list(draft))


def _as_json(found: Preview) -> dict[str, Any]:
    return {
        "reminders": [
            {**asdict(line), "day": line.day.isoformat(), "count": count}
            for line, count in sorted(found.reminders.items())
        ],
        "days": [
            {
                "day": day.isoformat(),
                "messages": found.messages[day],
                "parts": found.parts[day],
                "price": str(found.price[day]),
                "currency": settings.SMS_PRICE_CURRENCY,
            }
            for day in sorted(found.messages)
        ],
        "examples": found.examples,
    }
