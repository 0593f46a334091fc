"""`make bench ARGS="--size 10k|100k|1M [--stages a,b] [--runs 3] [--format json] [--write]"`.

Starts a durable PostgreSQL and a Valkey of its own, the simulator's fast mode, and real workers;
builds a book of `--size` borrowers, and measures each stage on copies of it, side by side with two
references: a textbook sender and the bare limit. docs/performance.md tells how to read the table.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

from tests.bench.figures import Stage
from tests.bench.lab import StageFailed, laboratory
from tests.bench.report import as_json, as_table, progress
from tests.bench.stages.plan_of_stages import STAGES, measure
from tests.bench.writing import SIZES, write

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure, print; 1 when a stage failed."""
    options = _options()
    folder = ROOT / "var" / f"bench-{os.getpid()}"
    load = round(os.getloadavg()[0], 1)
    with laboratory(
        folder,
        borrowers=SIZES[options.size],
        workers=options.workers,
        most=options.most,
        textbook=options.textbook,
    ) as lab:
        try:
            stages = measure(lab, names=options.stages, runs=options.runs, say=progress)
        except StageFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    _tell(stages, options, load=load)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="10k", help="borrowers in the book")
    parser.add_argument("--stages", type=_names, default=list(STAGES), help=", ".join(STAGES))
    parser.add_argument("--runs", type=int, default=1, help="of each stage (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument(
        "--most", type=int, default=20_000, help="texts in slow stages (%(default)s)"
    )
    parser.add_argument(
        "--textbook", type=int, default=1_000, help="texts of the textbook (%(default)s)"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/performance.md"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in STAGES]:
        raise argparse.ArgumentTypeError(f"no such stage: {', '.join(unknown)}")
    return names


def _tell(stages: list[Stage], options: argparse.Namespace, *, load: float) -> None:
    about = {
        "command": f'make bench ARGS="{" ".join(sys.argv[1:])}"',
        "size": options.size,
        "runs": options.runs,
        "workers": options.workers,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "load": load,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
    }
    document = as_json(stages, about=about)
    print(json.dumps(document) if options.format == "json" else as_table(document))
    if options.write:
        write(document)


if __name__ == "__main__":
    sys.exit(main())
