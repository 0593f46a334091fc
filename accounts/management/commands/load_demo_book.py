"""`load_demo_book`: a made-up book for a database without borrowers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.clock import now
from accounts.demonstration.book import CUSTOMERS, SEED
from accounts.demonstration.load import load_demo_book
from accounts.importing.errors import ImportRefused

_CUSTOMERS_MAX = 10_000_000


class Command(BaseCommand):
    """Makes the book up and imports it."""

    help = "Load a made-up book when there are no borrowers yet; otherwise do nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=CUSTOMERS, help="how many borrowers")
        parser.add_argument("--seed", type=int, default=SEED, help="another seed, another book")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["customers"] <= _CUSTOMERS_MAX:
            raise CommandError(f"--customers must be from 1 to {_CUSTOMERS_MAX:,}.")
        try:
            outcome = load_demo_book(
                customers=options["customers"],
                seed=options["seed"],
                now=now(),
                say=lambda line: self.stderr.write(line, self.style.NOTICE),
            )
        except ImportRefused as refusal:
            raise CommandError(f"{refusal}. Nothing was loaded.") from refusal
        if outcome is None:
            self.stdout.write("There are borrowers already; the demonstration book stays out.")
            return
        risk = outcome.risk
        self.stdout.write(
            f"{outcome.files['customers.csv'].new:,} made-up borrowers with "
            f"{outcome.files['loans.csv'].new:,} loans "
            f"({risk.low:,} at low, {risk.medium:,} at medium, {risk.high:,} at high risk)."
        )
