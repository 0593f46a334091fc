"""`assess_risk`: refresh the risk tier of every borrower."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.clock import now
from accounts.models import Customer
from accounts.risk.refresh import refresh_risk


class Command(BaseCommand):
    """Assesses all borrowers, or one, and prints the counts."""

    help = "Refresh the risk tier of every borrower by the rules in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customer", metavar="NUMBER", help="only this customer number")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = None
        if options["customer"]:
            customers = Customer.objects.filter(customer_no=options["customer"])
            ids = list(customers.values_list("pk", flat=True))
            if not ids:
                raise CommandError(f"There is no customer {options['customer']}.")
        counts = refresh_risk(now=now(), customer_ids=ids)
        if options["format"] == "json":
            self.stdout.write(json.dumps(counts.as_json()))
            return
        self.stdout.write(
            f"{counts.total:,} borrowers assessed: {counts.low:,} low, {counts.medium:,} medium, "
            f"{counts.high:,} high; {counts.new:,} for the first time, "
            f"{counts.changed:,} changed, {counts.same:,} as before."
        )
