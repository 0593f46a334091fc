"""`python -m tests.bench.hosts [--size 10k] [--runs 3] [--rabbitmq] [--format json] [--write]`.

Workers on one host and on several: network namespaces of this machine, with PostgreSQL, the broker
and the gateway in one of them and workers in the others. For each case of CASES: texts a second,
CPU for a thousand of them, and what part of the work each host did. Needs root and iproute2.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from config.local.processes import wait_until
from tests.bench.beat import Beat
from tests.bench.lab import Lab, StageFailed, laboratory
from tests.bench.measure import Meter
from tests.bench.network import CENTRE, Hosts, move_into_one
from tests.bench.report import progress
from tests.bench.stages.dispatching import wait_until_sent
from tests.bench.stages.ready import PLANNED, ready
from tests.bench.writing import SIZES, put_between

ROOT = Path(__file__).resolve().parents[2]
CASES = {
    "1": (1, 1),
    "2 in one": (1, 2),
    "2 in two": (2, 1),
    "4 in one": (1, 4),
    "4 in four": (4, 1),
}
"""Hosts, and worker processes on each."""

SAID_SECONDS_MAX = 5.0
_MARKS = {"Valkey": "bench hosts", "RabbitMQ": "bench hosts with RabbitMQ"}
_SENT = re.compile(r"dispatched: DispatchCounts\(.*messages=Counter\(\{'accepted': (\d+)")


@dataclass(frozen=True, slots=True)
class Case:
    """One run: texts, seconds, CPU seconds by whom, and how many texts each host had accepted."""

    name: str
    texts: int
    seconds: float
    cpu: dict[str, float]
    shares: list[int]


def main() -> int:
    """Measure, print; 1 when a text was lost or sent twice."""
    options = _options()
    move_into_one("tests.bench.hosts")
    folder = ROOT / "var" / f"hosts-{os.getpid()}"
    load = round(os.getloadavg()[0], 1)
    with (
        Hosts(max(hosts for hosts, _ in CASES.values())) as hosts,
        laboratory(
            folder,
            borrowers=SIZES[options.size],
            workers=1,
            address=CENTRE,
            rabbitmq=options.rabbitmq,
        ) as lab,
    ):
        try:
            found = [
                _run(lab, name, hosts=hosts) for _ in range(options.runs) for name in options.cases
            ]
        except StageFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    document = _document(found, options, load=load)
    print(json.dumps(document) if options.format == "json" else _table(document))
    if options.write:
        put_between(_MARKS[document["broker"]], _table(document))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hosts", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="10k", help="borrowers in the book")
    parser.add_argument("--cases", type=lambda t: t.split(","), default=list(CASES))
    parser.add_argument("--runs", type=int, default=1, help="of each case (%(default)s)")
    parser.add_argument("--rabbitmq", action="store_true", help="as the broker, in Valkey's place")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/performance.md"
    )
    return parser.parse_args()


def _run(lab: Lab, name: str, *, hosts: Hosts) -> Case:
    """All that is due, by that many workers. Raises StageFailed when a text is lost or doubled."""
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    lab.servers.hush()
    lab.gateway.begin()
    beat = Beat(lab.servers, "run")
    on, lab.workers = CASES[name]
    logs: list[Path] = []
    with ExitStack() as workers:
        pids = {}
        for number in range(on):
            pid, log = workers.enter_context(_worker(lab, hosts, number))
            pids[f"host {number}"] = pid
            logs.append(log)
        meter = Meter(lab.servers, "run", pids, gateway_pid=lab.gateway.pid)
        meter.start()
        beat.start()
        wait_until_sent(lab, beat=beat, database="run")
        meter.stop()
        stats = lab.gateway.stats()
        wait_until(lambda: sum(map(_sent, logs)) == stats["texts"], seconds=SAID_SECONDS_MAX)
    shares = [_sent(log) for log in logs]
    with lab.servers.connect("run") as connection:
        states = dict(connection.execute(_STATES).fetchall())
    # What was due and is not in these would have kept `wait_until_sent` waiting.
    if stats["repeats"] or states != {"accepted": stats["texts"]} or sum(shares) != stats["texts"]:
        raise StageFailed(f"{name}: gateway {stats}, messages {states}, hosts said {shares}")
    figures = meter.read(what="messages", count=stats["texts"])
    cpu = {who: figures.cpu[who] for who in ("postgres", "broker", "gateway")}
    cpu["workers"] = sum(figures.cpu[host] for host in pids)
    progress(f"{name}: {figures.per_second:,.0f}/s, shares {shares}")
    return Case(name, figures.count, figures.seconds, cpu, shares)


@contextmanager
def _worker(lab: Lab, hosts: Hosts, number: int) -> Iterator[tuple[int, Path]]:
    """A worker as `make run` starts it, on that host; its process id and its log."""
    program = lab.program_of("worker", port=8_000 + number)  # a worker's name has the port in it
    with lab.running(
        hosts.on(number, program.command),
        name=f"host-{number}",
        env=lab.environment("run"),
        is_up=lambda said: " ready." in said,
    ) as pid:
        yield pid, max((lab.servers.folder / "log").glob(f"*-host-{number}.log"))


def _sent(log: Path) -> int:
    """Texts that the workers of this log say were accepted."""
    return sum(map(int, _SENT.findall(log.read_text(encoding="utf-8", errors="replace"))))


def _document(found: Sequence[Case], options: argparse.Namespace, *, load: float) -> dict[str, Any]:
    """One object: what was run, and for each case its median rate and costs."""
    cases = {}
    for name in options.cases:
        runs = [case for case in found if case.name == name]
        thousands = sum(case.texts for case in runs) / 1_000
        of_all = {
            who: round(sum(case.cpu[who] for case in runs) / thousands, 3) for who in runs[0].cpu
        }
        spent = sum(seconds for who, seconds in of_all.items() if who != "gateway")
        cases[name] = {
            "texts": runs[0].texts,
            "per_second": round(median(case.texts / case.seconds for case in runs)),
            "cpu_seconds_per_1000": round(spent, 3),
            "cpu_seconds_per_1000_by": of_all,
            "shares": [round(share / case.texts, 2) for case in runs[-1:] for share in case.shares],
        }
    return {
        "command": f"python -m tests.bench.hosts {' '.join(sys.argv[1:])}".strip(),
        "broker": "RabbitMQ" if options.rabbitmq else "Valkey",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": os.cpu_count(),
        "load": load,
        "runs": options.runs,
        "cases": cases,
    }


def _table(document: Mapping[str, Any]) -> str:
    """For people, and for docs/performance.md."""
    cases = document["cases"]
    first = next(iter(cases.values()))
    lines = [
        f"{document['date']}, {document['cores']} cores, load {document['load']} when it began; "
        f"{document['runs']} runs, {first['texts']:,} texts each; broker {document['broker']}:",
        "",
        f"```console\n$ {document['command']}\n```",
        "",
        "| workers | texts a second | of one worker | CPU s/1000 | of one worker | workers, "
        "PostgreSQL, broker | gateway | share of each host |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, case in cases.items():
        by = case["cpu_seconds_per_1000_by"]
        lines.append(
            f"| {name} | {case['per_second']:,} | {case['per_second'] / first['per_second']:.2f} "
            f"| {case['cpu_seconds_per_1000']} "
            f"| {case['cpu_seconds_per_1000'] / first['cpu_seconds_per_1000']:.2f} "
            f"| {by['workers']}, {by['postgres']}, {by['broker']} | {by['gateway']} "
            f"| {', '.join(f'{share:.0%}' for share in case['shares'])} |"
        )
    return "\n".join(lines)


_STATES = "SELECT state, count(*) FROM reminders_message GROUP BY state"

if __name__ == "__main__":
    sys.exit(main())
