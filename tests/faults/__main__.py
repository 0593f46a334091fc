"""`python -m tests.faults`: the whole size, with figures; exit status 1 on a broken promise."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.faults.fire import RECOVERY_SECONDS_MAX, Fire, Size
from tests.faults.servers import Servers
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict, judge


def set_fire(
    servers: Servers,
    size: Size,
    *,
    name: str,
    honours: bool,
    say: Callable[[str], None] = lambda _line: None,
) -> Verdict:
    """One fire on a stack of its own: what came of it."""
    started = time.monotonic()
    with Stack(servers, name=name, honours=honours) as stack:
        fire = Fire(stack, size, say=say)
        fire.burn()
        settle_seconds = fire.settle()
        verdict = judge(stack, borrowers=fire.book.borrowers)
        falls = {m.name: m.falls for m in stack.members.values() if m.falls}
    slowest = max(fire.done.recoveries, default=None)
    if slowest is None or slowest > RECOVERY_SECONDS_MAX:
        verdict.broken.append(f"recovery after the broker was emptied: {slowest} s")
    verdict.figures |= {
        "gateway_honours_references": honours,
        "seed": size.seed,
        "kills": fire.done.kills.total(),
        "kills_of": dict(fire.done.kills),
        "restarts": fire.done.harms["stop_broker"] + fire.done.harms["stop_database"],
        "harms": dict(fire.done.harms),
        "imports": dict(fire.lender.outcomes),
        "fell_by_themselves": falls,
        "recovery_seconds": [round(seconds, 1) for seconds in fire.done.recoveries],
        "settle_seconds": round(settle_seconds),
        "wall_seconds": round(time.monotonic() - started),
    }
    return verdict


def main() -> int:
    """Both kinds of gateway, one after the other."""
    # So that the servers are stopped and the folder is removed, whoever ends us.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    options = _options()
    size = Size(options.messages, options.kills, options.restarts, options.seed)
    results: list[Verdict] = []
    with Servers() as servers:
        for name, honours in (("honours", True), ("ignores", False)):
            if options.gateway in (name, "both"):
                results.append(set_fire(servers, size, name=name, honours=honours, say=_say))
                if options.format == "text":
                    print(table(results[-1].figures), flush=True)
    broken = [words for verdict in results for words in verdict.broken]
    if options.format == "json":
        print(json.dumps({"fires": [v.figures for v in results], "broken": broken}, indent=2))
    for words in broken:
        print(f"BROKEN: {words}", file=sys.stderr)
    if broken:
        print(f"seed {options.seed}", file=sys.stderr)
    return 1 if broken else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def table(figures: dict[str, Any]) -> str:
    """A line for each figure."""
    lines = []
    for name, value in figures.items():
        words = (
            ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        lines.append(f"{name.replace('_', ' '):<34}{words}")
    return "\n".join(lines) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="at least (%(default)s)")
    parser.add_argument("--kills", type=int, default=100, help="kill -9 (%(default)s)")
    parser.add_argument(
        "--restarts", type=int, default=10, help="of PostgreSQL and Valkey (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gateway", choices=["honours", "ignores", "both"], default="both")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
