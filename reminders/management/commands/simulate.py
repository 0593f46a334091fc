"""`simulate`: the real pipeline under a virtual clock, with the promises checked."""

import json
import time
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reminders.core.contact_rules import PROFILES
from reminders.simulation.runner import run_all
from reminders.simulation.scenario import Scenario, drawn
from reminders.simulation.world import Result


class Command(BaseCommand):
    """Draws the worlds, runs them, adds up."""

    help = (
        "Let made-up borrowers live for some days under a virtual clock, with the real pipeline on "
        "a database of its own that is dropped afterwards, and check every promise. With "
        "--jobs 1 the same arguments make the same world. Exit status 1 when a promise breaks, "
        "with its seed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="simulated days; default 30")
        parser.add_argument("--customers", type=int, default=100, help="borrowers; default 100")
        parser.add_argument("--seed", type=int, default=1, help="the first seed; default 1")
        parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
        parser.add_argument(
            "--faults", action="store_true", help="workers die, gateways misbehave, ticks fail"
        )
        parser.add_argument(
            "--campaigns", action="store_true", help="campaigns speak beside the reminders"
        )
        parser.add_argument(
            "--profile", choices=sorted(PROFILES), help="contact rules; default: by seed"
        )
        parser.add_argument("--jobs", type=int, default=1, help="worlds at a time; default 1")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["days"], options["customers"], options["seeds"], options["jobs"]) < 1:
            raise CommandError("--days, --customers, --seeds and --jobs must be at least 1")
        first = options["seed"]
        scenarios = [
            drawn(
                seed,
                days=options["days"],
                customers=options["customers"],
                faults=options["faults"],
                profile=options["profile"],
                campaigns=options["campaigns"],
            )
            for seed in range(first, first + options["seeds"])
        ]
        started = time.monotonic()
        results = []
        is_text = options["format"] == "text"
        for result in run_all(scenarios, jobs=min(options["jobs"], len(scenarios))):
            results.append(result)
            if is_text:
                self._tell(result, of=scenarios[result.seed - first])
        summary = _summary(results, seconds=time.monotonic() - started)
        if is_text:
            for name, value in summary.items():
                self.stdout.write(f"{name.replace('_', ' ')}: {value}")
        else:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
        if broken := [result.seed for result in results if result.broken]:
            raise CommandError(f"broken promises with seeds {', '.join(map(str, sorted(broken)))}")

    def _tell(self, result: Result, *, of: Scenario) -> None:
        if result.broken:
            self.stdout.write(f"seed {result.seed}: {result.broken}")
            self.stdout.write(f"  {of}")
            for line in result.trace:
                self.stdout.write(f"  {line}")
            return
        self.stdout.write(
            f"seed {result.seed}: {of.profile}, {', '.join(of.zones)}; {result.texts} texts, "
            f"{result.deaths} workers died, every promise held"
        )


def _summary(results: list[Result], *, seconds: float) -> dict[str, Any]:
    decided: Counter[str] = Counter()
    for result in results:
        decided += result.decided
    days = sum(result.days for result in results)
    return {
        "worlds": len(results),
        "days": days,
        "texts": sum(result.texts for result in results),
        "hand_overs_checked": sum(result.checked for result in results),
        "workers_died": sum(result.deaths for result in results),
        "decided": dict(decided.most_common()),
        "broken": [
            {**asdict(result), "decided": dict(result.decided)}
            for result in results
            if result.broken
        ],
        "seconds": round(seconds, 1),
        "days_per_second": round(days / seconds, 2),
    }
