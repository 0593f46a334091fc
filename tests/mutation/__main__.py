"""`make mutate`: every mutant of the core against the tests that reach it.

Exit status 1 when the score is below 90 %, a survivor is not explained in `survivors.toml`, or an
explanation there is stale.
"""

import argparse
import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutation import memory, report, reviewed, selection
from tests.mutation.children import CannotJudge, Verdict
from tests.mutation.mutants import all_mutants
from tests.mutation.running import Reached, judge, measure


def main() -> int:
    """Run it; the exit status."""
    options = _options()
    # What hypothesis does to make a counter-example smaller is lost time here.
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    started = time.monotonic()
    every = all_mutants()
    chosen = [m for m in every if _is_wanted(m.name, only=options.only)]
    verdicts = memory.killed_before(chosen) if options.again else {}
    judged = [mutant for mutant in chosen if mutant.name not in verdicts]
    with tempfile.TemporaryDirectory() as folder:
        data_file = Path(folder) / "reach"
        try:
            cpu_seconds = measure(data_file)
            reach = selection.read_reach(data_file)
            verdicts |= judge(
                [
                    Reached(
                        mutant,
                        selection.tests_for(mutant, reach=reach),
                        selection.runs_at_import(mutant, reach=reach),
                    )
                    for mutant in judged
                ],
                workers=options.workers,
                cpu_seconds_max=math.ceil(2 * cpu_seconds) + 5,
                told=_Progress(of=len(judged)),
            )
        except CannotJudge as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    memory.remember(judged, verdicts)
    known = reviewed.read()
    known = {name: s for name, s in known.items() if _is_wanted(name, only=options.only)}
    figures = report.table(chosen, verdicts=verdicts, reviewed=known)
    print(figures)
    counts = Counter(verdict.value for verdict in verdicts.values())
    print(", ".join(f"{name}: {count:,}" for name, count in counts.most_common()), end="; ")
    print(f"{time.monotonic() - started:,.0f} s with {options.workers} workers")
    found = report.problems(verdicts, reviewed=known, existing={m.name for m in every})
    for problem in sorted(found):
        print(problem)
    if options.write and not found and not options.only:
        report.write(figures + report.survivors_in_words(known))
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="TEXT", help="mutants whose name holds a text"
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="judge only who was not killed in an earlier run; not after tests were taken away",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the figures into docs/mutation.md when all is good",
    )
    return parser.parse_args()


def _is_wanted(name: str, *, only: Sequence[str]) -> bool:
    return not only or any(text in name for text in only)


class _Progress:
    """Says how far it is and who lives, to whoever looks."""

    def __init__(self, *, of: int) -> None:
        self._of, self._done = of, 0

    def __call__(self, name: str, verdict: Verdict) -> None:
        self._done += 1
        if not verdict.is_killed:
            print(f"{verdict}: {name}", file=sys.stderr)
        if self._done % 50 == 0:
            print(f"{self._done:,} of {self._of:,}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
