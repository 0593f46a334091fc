"""One morning on the real book: 30,000 borrowers, a real worker, real HTTP: the counts add up.

It is Tuesday, 24 November 2026, 10:00 in Taipei, where all of them live.
"""

import csv
import json
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Count
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.clock import now
from accounts.models import Instalment
from config.celery import app
from reminders.facts.policies import steps_in_force
from reminders.models import Message, Receipt, Reminder, StepVersion
from reminders.queries.preview import foreseen
from tests.clocks import set_clock
from tests.real_book import make_real_book
from tests.simulator_process import SimulatorProcess
from tests.worker_process import WorkerProcess

pytestmark = [
    pytest.mark.book,
    pytest.mark.broker,
    pytest.mark.django_db(transaction=True),
]

TEN_IN_TAIPEI = datetime(2026, 11, 24, 2, 0, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
SECONDS_MAX = 300


def imported(folder: Path) -> dict[str, dict[str, int]]:
    out = StringIO()
    call_command("import_book", str(folder), format="json", stdout=out)
    files: dict[str, dict[str, int]] = json.loads(out.getvalue())["files"]
    return files


def rows_of(folder: Path, name: str) -> int:
    with (folder / name).open(newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def named_by_the_policy() -> int:
    """Instalments times steps whose time has come and not gone, counted without the planner.

    All live in one zone, all steps speak at 10:00, and it is a minute past.
    """
    return sum(
        Instalment.objects.filter(
            settled_at__isnull=True,
            due_date__gte=TODAY - timedelta(days=step.valid_until_offset_days),
            due_date__lte=TODAY - timedelta(days=step.offset_days),
        ).count()
        for step in StepVersion.objects.filter(version__state="published")
    )


def states(rows: object) -> Counter[str]:
    counted = rows.values_list("state").annotate(n=Count("pk"))  # type: ignore[attr-defined]
    return Counter(dict(counted))


def wait_for_the_morning_to_end(worker: WorkerProcess) -> None:
    """Ring as beat does until nothing is due and no text waits for its receipt."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        due = Reminder.objects.filter(state="planned", next_attempt_at__lte=now()).exists()
        underway = Message.objects.filter(state__in=["sending", "accepted", "waiting"]).exists()
        if Reminder.objects.exists() and not due and not underway:
            return
        app.send_task("reminders.tick_dispatch", queue="ticks")
        app.send_task("reminders.apply_receipts", queue="receipts")
        time.sleep(1)
    raise AssertionError(
        f"not done after {SECONDS_MAX} s: reminders {states(Reminder.objects)}, "
        f"messages {states(Message.objects)}\n{worker.log[-3000:]}"
    )


_AS_STORED = {"Send": "messaged", "Skip": "skipped", "Expire": "expired", "Defer": "planned"}
Rows = dict[tuple[int | None, str], tuple[str, str]]


def as_previewed() -> Rows:
    """What the preview says of each instalment and step this morning: state and reason."""
    soon = TEN_IN_TAIPEI + timedelta(minutes=1)
    return {
        (made.candidate.instalment_id, made.candidate.step_key): (
            _AS_STORED[type(made.verdict).__name__],
            getattr(made.verdict, "reason", ""),
        )
        for _at, made in foreseen(steps_in_force(), until=soon, now=TEN_IN_TAIPEI)
    }


class TestRealBook:
    def test_one_morning_adds_up(
        self, tmp_path: Path, settings: Settings, live_server: LiveServer, redis_url: str
    ) -> None:
        folder = make_real_book(tmp_path, as_of="2026-11-23")
        set_clock(settings, TEN_IN_TAIPEI)

        started = time.monotonic()
        first = imported(folder)
        import_seconds = time.monotonic() - started
        second = imported(folder)

        assert {name: (c["new"], c["rejected"]) for name, c in first.items()} == {
            name: (rows_of(folder, name), 0) for name in first
        }
        assert (first["instalments.csv"]["new"], first["payments.csv"]["new"]) == (157_963, 119_460)
        assert all(c["new"] == c["changed"] == c["rejected"] == 0 for c in second.values())
        assert import_seconds < 60

        call_command("load_shipped_policy", stdout=StringIO())
        candidates = named_by_the_policy()
        assert candidates > 5_000
        previewed = as_previewed()

        shift = {"CLOCK_SHIFT_SECONDS": str(settings.CLOCK_SHIFT_SECONDS)}
        with SimulatorProcess(environment=shift) as network:
            settings.SMS_GATEWAY_URL = network.url
            settings.SMS_GATEWAY_TOKEN = network.token
            settings.SMS_GATEWAY_SECRET = network.secret
            settings.PUBLIC_URL = live_server.url
            with WorkerProcess() as worker:
                app.send_task("reminders.tick_plan", queue="ticks")
                wait_for_the_morning_to_end(worker)
            texts = network.texts()

        looked_at = Reminder.objects.filter(send_at__lte=TEN_IN_TAIPEI)
        assert looked_at.count() == candidates
        by_state = states(looked_at)
        assert set(by_state) <= {"messaged", "skipped", "expired", "planned"}
        assert not looked_at.exclude(state="messaged").filter(reason="").exists()
        assert not looked_at.filter(state="planned", next_attempt_at__lte=TEN_IN_TAIPEI).exists()

        ran: Rows = {
            (instalment, key): (state, reason)
            for instalment, key, state, reason in looked_at.values_list(
                "instalment", "step__key", "state", "reason"
            )
        }
        assert ran == previewed

        messages = states(Message.objects)
        assert messages == {"delivered": len(texts)}
        assert Receipt.objects.filter(effect="applied").count() == len(texts)
        assert Message.objects.values("customer").distinct().count() == len(texts)
        stored = dict(Message.objects.values_list("reference", "body"))
        assert {t["reference"]: t["body"] for t in texts} == {
            str(reference): body for reference, body in stored.items()
        }
