"""An import on a disk that is full or a database that is slow: all of it or nothing, in words."""

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.processes import tail
from tests.faults.book import Book
from tests.faults.servers import Servers
from tests.faults.stack import TEN_IN_SHANGHAI, Stack

pytestmark = pytest.mark.faults

SECONDS_MAX = 120
LEFT_BYTES = 512 * 1024
TABLES = ("customer", "contactpoint", "loan", "instalment", "payment", "consentevent")


@pytest.fixture
def small_disk(servers: Servers) -> Iterator[Path]:
    """A disk that a test may fill up, with a tablespace on it."""
    folder = servers.folder / "small-disk"
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    servers.give_to_postgres(folder)
    with servers.connect("postgres") as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
    yield folder
    with servers.connect("postgres") as admin:
        admin.execute('DROP DATABASE "disk_full" WITH (FORCE)')
        admin.execute("DROP TABLESPACE small")
    subprocess.run(["umount", str(folder)], check=True)


def a_folder(stack: Stack, *, borrowers: int) -> Path:
    book = Book(stack.folder / "book", TEN_IN_SHANGHAI.date(), random.Random(1))
    return next(book.wave(borrowers)).path


def rows(stack: Stack) -> dict[str, int]:
    return {t: stack.query(f"SELECT count(*) FROM accounts_{t}")[0][0] for t in TABLES}


def refusal(stack: Stack, folder: Path, **environment: str) -> str:
    """The last words of an import that must not succeed."""
    process = stack.command("import_book", str(folder), **environment)
    status = process.wait(timeout=SECONDS_MAX)
    said = "\n".join(tail(stack.folder / "commands.log", lines=40))
    assert status == 1, said
    assert "Traceback" not in said
    return said


class TestFullDisk:
    def test_refuses_the_book_and_takes_it_when_there_is_room(
        self, servers: Servers, small_disk: Path
    ) -> None:
        with Stack(servers, name="disk_full", options="TABLESPACE small") as stack:
            folder = a_folder(stack, borrowers=2_000)
            ballast = small_disk / "ballast"
            ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - LEFT_BYTES))

            said = refusal(stack, folder)

            assert "No space left on device" in said
            assert "Nothing of it is half there" in said
            assert set(rows(stack).values()) == {0}

            ballast.unlink()
            stack.run("import_book", str(folder))

            assert rows(stack)["customer"] == 2_000
            assert rows(stack)["instalment"] == rows(stack)["loan"] == 2_100


class TestSlowDatabase:
    def test_waits_for_a_lock_that_somebody_holds(self, servers: Servers) -> None:
        with Stack(servers, name="lock_held") as stack:
            folder = a_folder(stack, borrowers=50)
            with servers.connect(stack.name) as holder, holder.transaction():
                holder.execute("LOCK TABLE accounts_customer IN SHARE ROW EXCLUSIVE MODE")
                process = stack.command("import_book", str(folder))
                stack.wait_until(
                    lambda: bool(stack.query(_WAITING)), what="an import that waits", seconds=60
                )
                time.sleep(1)
                assert process.poll() is None

            assert process.wait(timeout=SECONDS_MAX) == 0
            assert rows(stack)["customer"] == 50

    def test_gives_up_when_told_to_and_lands_the_second_time(self, servers: Servers) -> None:
        with Stack(servers, name="too_slow") as stack:
            folder = a_folder(stack, borrowers=50)
            with servers.connect(stack.name) as holder, holder.transaction():
                holder.execute("LOCK TABLE accounts_loan IN SHARE ROW EXCLUSIVE MODE")

                said = refusal(stack, folder, PGOPTIONS="-c statement_timeout=1000")

            assert "statement timeout" in said
            assert set(rows(stack).values()) == {0}

            stack.run("import_book", str(folder))

            assert rows(stack)["customer"] == 50


_WAITING = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""
