"""Where the time of dispatch goes: `python -m tests.bench.profiling [--size 100k] [--write]`.

Runs the stage `dispatch_batch` once. py-spy looks at the stacks of every process of the pool, a
hundred times a second, and counts those that are on a processor; pg_stat_statements tells how long
PostgreSQL worked on each statement. Needs the right to look into other processes (root).
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from accounts import sql as accounts_sql
from reminders import sql as reminders_sql
from tests.bench.figures import Figures
from tests.bench.lab import StageFailed, laboratory
from tests.bench.procfs import family
from tests.bench.servers import Servers
from tests.bench.stages.dispatching import dispatch_batch
from tests.bench.writing import SIZES, put_between

ROOT = Path(__file__).resolve().parents[2]
RATE_HERTZ = 100
STATEMENTS_SHOWN = 14
_LOOK_SECONDS = 0.2
_END_SECONDS_MAX = 30.0
_BEGINNING, _UNKNOWN_SHOWN = 110, 70

PARTS: Mapping[str, str] = {
    "_claim (reminders/pipeline/opening": "claim borrowers",
    "stop_resends (": "stop resends of what arrived",
    "due_reminders (": "read the reminders that are due",
    "rules_in_force (": "read the rules",
    "known (reminders/facts": "read the facts of borrowers",
    "Words.__init__ (": "read the templates",
    "decide (reminders/core": "decide, with a trace of every rule",
    "_write (reminders/pipeline": "compose texts, open addresses",
    "_decide_all (reminders/pipeline": "around decisions",
    "open_messages (": "store messages and open attempts",
    "store_links (": "store links to borrowers' pages",
    "_record (reminders/pipeline": "store verdicts and traces",
    "_hand_over (": "call the gateway",
    "close_batch (": "close attempts and messages",
    "dispatch_all (reminders/pipeline": "transactions, and what is around the batch",
}
"""How frames begin, innermost first where one is called by another, and what they are a part of."""

_OTHER = "Celery, and what is around the task"
_IDLE = "_worker (concurrent/futures/thread"
"""A thread that waits for work, which py-spy takes for one at work."""


def main() -> int:
    """Measure, print; 1 when the stage failed."""
    options = _options()
    folder = ROOT / "var" / f"profile-{os.getpid()}"
    load = round(os.getloadavg()[0], 1)
    with laboratory(folder, borrowers=SIZES[options.size], workers=2) as lab:
        try:
            with _stacks(folder / "stacks") as stacks:
                figures = dispatch_batch(lab)
        except StageFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        statements = _statements(lab.servers)
    told = "\n\n".join(
        [
            f"{time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} cores, load {load} when "
            f"it began; {figures.count:,} texts, {figures.per_second:,.0f} a second while "
            "it was looked at:",
            f"```console\n$ python -m tests.bench.profiling {' '.join(sys.argv[1:])}\n```",
            _of_workers(_parts(stacks), figures=figures),
            _of_postgres(statements, figures=figures),
        ]
    )
    print(told)
    if options.write:
        put_between("profile", told)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.profiling", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="100k", help="borrowers in the book")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/performance.md"
    )
    return parser.parse_args()


@contextmanager
def _stacks(folder: Path) -> Iterator[list[str]]:
    """Lines of "outermost;...;innermost samples" of the processes of the pool, complete when the
    block has ended. Raises StageFailed when none was seen."""
    folder.mkdir()
    found: list[str] = []
    over = threading.Event()
    recorders: dict[int, subprocess.Popen[bytes]] = {}

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            for pid in _pool():
                if pid not in recorders:
                    recorders[pid] = _recorder(pid, folder)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()
        for recorder in recorders.values():
            # It ends by itself when the process that it looks at has ended.
            recorder.wait(timeout=_END_SECONDS_MAX)
    for path in folder.glob("*.raw"):
        found += path.read_text(encoding="utf-8").splitlines()
    if not found:
        raise StageFailed(
            "py-spy saw nothing: may this user look into processes? "
            + " ".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
        )


def _recorder(pid: int, folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / f"{pid}.log").open("wb") as log:
        return subprocess.Popen(
            [
                *(str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(pid)),
                *("--format", "raw", "--function", "--rate", str(RATE_HERTZ)),
                *("--output", str(folder / f"{pid}.raw")),
            ],
            stdout=log,
            stderr=log,
        )


def _pool() -> list[int]:
    """Processes of a Celery pool below this process: forked by one that was called the same."""
    words = {pid: _command(pid) for pid in family(os.getpid())}
    workers = [pid for pid, said in words.items() if b"celery" in said and b"worker" in said]
    return [pid for one in workers for pid in family(one) if pid != one and pid in workers]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _parts(stacks: Iterable[str]) -> Counter[str]:
    """Samples by the part of dispatch that they were in."""
    found: Counter[str] = Counter()
    for line in stacks:
        frames, _, samples = line.rpartition(" ")
        stack = frames.split(";")
        if not stack[-1].startswith(_IDLE):
            found[_part(stack)] += int(samples)
    return found


def _part(stack: list[str]) -> str:
    for begins, part in PARTS.items():
        if any(frame.startswith(begins) for frame in stack):
            return part
    return _OTHER


def _statements(servers: Servers) -> list[tuple[str, int, float]]:
    """Name, calls and milliseconds of each statement in the database of the run."""
    with servers.connect("duecourse") as connection:
        rows = connection.execute(
            "SELECT query, calls, total_exec_time FROM pg_stat_statements WHERE dbid ="
            " (SELECT oid FROM pg_database WHERE datname = 'run')"
        ).fetchall()
    begins = _beginnings()
    total: dict[str, tuple[int, float]] = {}
    for query, calls, spent in rows:
        name = _name(query, begins=begins)
        before = total.get(name, (0, 0.0))
        total[name] = before[0] + calls, before[1] + spent
    return sorted(((name, *both) for name, both in total.items()), key=lambda one: -one[2])


def _beginnings() -> dict[str, str]:
    """How each of our statements begins, without what varies, and its file."""
    return {
        _form(path.read_text(encoding="utf-8"))[:_BEGINNING]: path.name
        for package in (accounts_sql, reminders_sql)
        for path in Path(str(package.__file__)).parent.glob("*.sql")
    }


def _name(query: str, *, begins: Mapping[str, str]) -> str:
    form = _form(query)
    known = begins.get(form[:_BEGINNING])
    return f"`{known or form[:_UNKNOWN_SHOWN]}`"


def _form(query: str) -> str:
    """In one line, without comments, and with a question mark for each constant and parameter."""
    query = re.sub(r"--.*", "", query)
    query = re.sub(r"%\(\w+\)[sb]|'[^']*'|\$\d+|\b\d+\b", "?", query)
    return " ".join(query.replace("|", "").split())


def _of_workers(parts: Counter[str], *, figures: Figures) -> str:
    """CPU seconds of the workers, shared out by the samples."""
    spent = figures.cpu["worker"] * 1_000 / figures.count
    total = parts.total()
    rows = ["| workers, in Python | share | CPU s/1000 |", "|---|---|---|"]
    rows += [
        f"| {part} | {100 * samples / total:.1f} % | {spent * samples / total:.3f} |"
        for part, samples in parts.most_common()
    ]
    return "\n".join([*rows, f"| all | 100 % | {spent:.3f} |"])


def _of_postgres(statements: list[tuple[str, int, float]], *, figures: Figures) -> str:
    """Seconds on statements for a thousand texts; PostgreSQL's CPU seconds stand below."""
    thousands = figures.count / 1_000
    total = sum(spent for _, _, spent in statements)
    rows = [
        "| PostgreSQL, on statements | share | seconds/1000 | calls/1000 |",
        "|---|---|---|---|",
    ]
    rest = statements[STATEMENTS_SHOWN:]
    shown = statements[:STATEMENTS_SHOWN]
    if rest:
        shown.append(("others", sum(one[1] for one in rest), sum(one[2] for one in rest)))
    rows += [
        f"| {name} | {100 * spent / total:.1f} % | {spent / 1_000 / thousands:.3f} "
        f"| {calls / thousands:.1f} |"
        for name, calls, spent in shown
    ]
    of_processor = figures.cpu["postgres"] / thousands
    return "\n".join([*rows, f"| CPU of PostgreSQL, all told | | {of_processor:.3f} | |"])


if __name__ == "__main__":
    sys.exit(main())
