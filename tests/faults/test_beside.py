"""Two of what there should be one of: two beats, and workers of two versions."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.book import Book
from tests.faults.servers import Servers
from tests.faults.stack import ROOT, TEN_IN_SHANGHAI, Stack
from tests.faults.verdict import judge

pytestmark = [pytest.mark.broker, pytest.mark.faults]

PREVIOUS = "6a01859"
"""A version before the tables of today: its worker runs on while the tables are migrated."""

SECONDS_MAX = 240


@pytest.fixture
def previous_version(tmp_path: Path) -> Path:
    """The sources of PREVIOUS, out of the history."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here to take the previous version out of the history")
    archive = subprocess.run(
        ["git", "archive", PREVIOUS], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip(f"the history with {PREVIOUS} is not here: {archive.stderr.decode().strip()}")
    # Python's own tarfile knows no filter in Debian's 3.11.2, and warns without one in later ones.
    subprocess.run(["tar", "-x"], cwd=tmp_path, input=archive.stdout, check=True)
    return tmp_path


def a_book(stack: Stack, *, borrowers: int) -> Book:
    """An imported book whose instalments are all due."""
    book = Book(stack.folder / "book", TEN_IN_SHANGHAI.date(), random.Random(1))
    stack.run("import_book", str(next(book.wave(borrowers)).path))
    return book


def wait_for_everything(stack: Stack) -> None:
    stack.wait_until(
        lambda: stack.query(_NOT_DONE)[0][0] == 0, what="every text", seconds=SECONDS_MAX
    )


class TestTwoBeats:
    def test_send_nothing_twice(self, servers: Servers) -> None:
        with Stack(servers, name="two_beats") as stack:
            book = a_book(stack, borrowers=500)
            for name in ("web", "worker-1", "beat-1", "beat-2"):
                stack.add(name, what=name.partition("-")[0])

            wait_for_everything(stack)

            verdict = judge(stack, borrowers=book.borrowers)
            assert verdict.broken == []
            assert verdict.figures["texts_on_phones"] == 490
            assert not any(member.falls for member in stack.members.values())


class TestPreviousVersion:
    def test_works_beside_the_new_one(self, servers: Servers, previous_version: Path) -> None:
        with Stack(servers, name="two_versions") as stack:
            book = a_book(stack, borrowers=2_000)
            stack.set_faults(latency_ms=1_000)
            old = stack.add("worker-old", what="worker", code=previous_version)
            new = stack.add("worker-new", what="worker")
            for member in (old, new):
                stack.wait_until(
                    lambda member=member: " ready." in member.log.read_text(),  # type: ignore[misc] # mypy cannot infer a lambda with a default
                    what=f"{member.name} ready",
                    seconds=60,
                )
            stack.add("web")
            stack.add("beat")

            wait_for_everything(stack)

            verdict = judge(stack, borrowers=book.borrowers)
            assert verdict.broken == []
            assert verdict.figures["texts_on_phones"] == 1_960
            for member in (old, new):
                assert member.falls == []
                said = member.log.read_text()
                assert "dispatched: " in said
                # A tick that came after the old version is not for it: thrown away, rung again.
                assert said.count("Traceback") == said.count("Received unregistered task")


_NOT_DONE = """
    SELECT (SELECT count(*) FROM reminders_reminder WHERE state = 'planned')
        + (SELECT count(*) FROM reminders_message WHERE state <> 'delivered')
        + (
            SELECT count(*) FROM accounts_instalment
            WHERE NOT EXISTS (
                SELECT 1 FROM reminders_reminder WHERE instalment_id = accounts_instalment.id
            )
        )
"""
