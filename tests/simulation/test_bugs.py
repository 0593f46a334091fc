"""Does the simulation see what is wrong? Each fault of `bugs` is put into a copy of the tree."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests import environment
from tests.simulation.bugs import BUGS, Bug

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("accounts", "config", "reminders", "tests/simulation")
SEEDS = range(1, 9)
AT_ONCE = 2
SECONDS_MAX = 240


def url_of(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def run(*command: str, tree: Path, database: str) -> subprocess.CompletedProcess[str]:
    """A command of the product in this tree and database."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def copied(to: Path) -> Path:
    """The tree without what a world does not need."""
    for folder in NEEDED:
        shutil.copytree(
            ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "*.mo")
        )
    shutil.copy(ROOT / "manage.py", to)
    (to / "tests" / "__init__.py").touch()
    return to


def hunt(bug: Bug, *, tree: Path, database: str) -> str:
    """The promise that the simulation saw broken, or what it said instead."""
    path = tree / bug.path
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(bug.right, bug.wrong), encoding="utf-8")
    seeds = (bug.seed, *(seed for seed in SEEDS if seed != bug.seed))
    try:
        done = run(
            "-m",
            "tests.simulation.hunt",
            *(("--campaigns",) if bug.of_campaigns else ()),
            *map(str, seeds),
            tree=tree,
            database=database,
        )
    except subprocess.TimeoutExpired:
        return f"not seen in {SECONDS_MAX} s"
    finally:
        path.write_text(right, encoding="utf-8")
    return (
        done.stdout if done.returncode == 1 and done.stdout else f"not seen: {done.stderr[-2000:]}"
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """What the simulation said of each fault; some hunts at a time, each in its own database."""
    if not environment.DATABASE_WAS_GIVEN:
        pytest.fail("DATABASE_URL is not set: run the suite with `make test`", pytrace=False)
    places: SimpleQueue[tuple[Path, str]] = SimpleQueue()
    names = [f"hunt_{os.getpid()}_{number}" for number in range(AT_ONCE)]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        for name in names:
            server.execute(f'CREATE DATABASE "{name}"')
            tree = copied(tmp_path_factory.mktemp("tree"))
            made = run("manage.py", "migrate", "-v0", tree=tree, database=url_of(name))
            assert made.returncode == 0, made.stderr
            places.put((tree, url_of(name)))

        def one(bug: Bug) -> tuple[str, str]:
            tree, database = places.get()
            try:
                return bug.name, hunt(bug, tree=tree, database=database)
            finally:
                places.put((tree, database))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield dict(pool.map(one, BUGS))
        for name in names:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class TestBugs:
    def test_are_many_and_different(self) -> None:
        assert len({bug.name for bug in BUGS}) == len(BUGS) >= 20
        assert len({(bug.path, bug.right) for bug in BUGS}) == len(BUGS)

    @pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
    def test_fit_the_code_as_it_is(self, bug: Bug) -> None:
        assert (ROOT / bug.path).read_text(encoding="utf-8").count(bug.right) == 1

    @pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
    def test_are_seen_by_the_simulation(self, bug: Bug, seen: Mapping[str, str]) -> None:
        assert seen[bug.name].startswith("seed "), seen[bug.name]
