"""The references: the bare limit and the textbook, measured in the same run as the product."""

import sys
import time

from celery import Celery

from tests.bench.figures import Figures
from tests.bench.lab import FIELD_KEY, Lab, StageFailed
from tests.bench.measure import Meter
from tests.bench.moment import TODAY
from tests.bench.stages.ready import BOOK, PLANNED, ready

TEXTBOOK = "textbook"
SETTINGS = "tests.bench.textbook.settings"
_SILENCE_SECONDS_MAX = 60.0


def limit_plan(lab: Lab) -> Figures:
    """The product's reminders, once more, by one statement."""
    ready(lab, PLANNED)
    lab.servers.make("run", like=BOOK)
    with lab.servers.connect(PLANNED) as planned, lab.servers.connect("run") as connection:
        slots = planned.execute(
            "SELECT DISTINCT step_id, step_version_id, due_date, send_at, expires_at"
            " FROM reminders_reminder"
        ).fetchall()
        connection.execute(
            "CREATE TABLE slot (step_id bigint, step_version_id bigint, due_date date,"
            " send_at timestamptz, expires_at timestamptz)"
        )
        for slot in slots:
            connection.execute("INSERT INTO slot VALUES (%s, %s, %s, %s, %s)", slot)
        connection.execute("ANALYZE slot")
    return _bare(lab, "plan", what="reminders")


def limit_batch(lab: Lab) -> Figures:
    """A hundred texts in a request."""
    return _limit_dispatch(lab, client="batch", most=0)


def limit_session(lab: Lab) -> Figures:
    """One text in a request, `requests.Session`."""
    return _limit_dispatch(lab, client="session", most=lab.most)


def limit_pycurl(lab: Lab) -> Figures:
    """One text in a request, pycurl multi."""
    return _limit_dispatch(lab, client="pycurl", most=lab.most)


def _limit_dispatch(lab: Lab, *, client: str, most: int) -> Figures:
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    lab.gateway.begin()
    figures = _bare(
        lab,
        "dispatch",
        *("--gateway", lab.gateway.url, "--token", lab.gateway.token, "--key", FIELD_KEY),
        *("--client", client, "--processes", str(lab.workers), "--most", str(most)),
        *("--shift", str(lab.shift_seconds)),
        what="messages",
    )
    stats = lab.gateway.stats()
    if stats["texts"] != figures.count or stats["repeats"]:
        raise StageFailed(f"the bare limit sent {figures.count}, the gateway has {stats}")
    return figures


def _bare(lab: Lab, *arguments: str, what: str) -> Figures:
    url = lab.servers.url_of("run")
    with lab.helper(
        "tests.bench.bare_limit", *arguments, "--database", url, database="run"
    ) as helper:
        meter = Meter(lab.servers, "run", {"script": helper.pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        helper.go()
        told = helper.read()
        meter.stop()
        helper.bye()
    return meter.read(what=what, count=told["count"], seconds=told["seconds"])


def textbook(lab: Lab) -> Figures:
    """The whole way: a daily task loops and rings for each text, the workers send."""
    fill_textbook(lab)
    lab.gateway.begin()
    app = Celery("bench", broker=lab.servers.valkey.url, set_as_current=False)
    lab.servers.hush()
    with textbook_worker(lab) as pid:
        meter = Meter(lab.servers, TEXTBOOK, {"worker": pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        app.send_task("tests.bench.textbook.tasks.send_daily_reminders", args=[TODAY.isoformat()])
        _wait_until_saved(lab)
        meter.stop()
    figures = meter.read(what="messages", count=lab.textbook)
    if (stats := lab.gateway.stats())["texts"] != lab.textbook:
        raise StageFailed(f"the textbook was to send {lab.textbook}, the gateway has {stats}")
    return figures


def textbook_plan(lab: Lab) -> Figures:
    """Its loop alone, without workers."""
    fill_textbook(lab)
    with lab.helper(
        "tests.bench.textbook.plan", database=TEXTBOOK, DJANGO_SETTINGS_MODULE=SETTINGS
    ) as helper:
        meter = Meter(lab.servers, TEXTBOOK, {"planner": helper.pid})
        meter.start()
        helper.go()
        told = helper.read()
        meter.stop()
        helper.bye()
    return meter.read(what="reminders", count=told["count"], seconds=told["seconds"])


def fill_textbook(lab: Lab) -> None:
    """Its database anew, with as many borrowers as are asked for, all due tomorrow."""
    lab.servers.make(TEXTBOOK)
    lab.run(
        "tests.bench.textbook.fill",
        str(lab.textbook),
        database=TEXTBOOK,
        DJANGO_SETTINGS_MODULE=SETTINGS,
    )


def textbook_worker(lab: Lab):  # type: ignore[no-untyped-def]
    """`celery worker` with what Celery does by default, but for the number of processes."""
    command = [sys.executable, "-m", "celery", "--app", "tests.bench.textbook.celery", "worker"]
    command += ["--concurrency", str(lab.workers), "--loglevel", "INFO"]
    env = lab.environment(TEXTBOOK) | {"DJANGO_SETTINGS_MODULE": SETTINGS}
    return lab.running(command, name="textbook", env=env, is_up=lambda log: " ready." in log)


def _wait_until_saved(lab: Lab) -> None:
    sent, seen_at = -1, time.monotonic()
    with lab.servers.connect(TEXTBOOK) as connection:
        while sent < lab.textbook:
            (now_sent,) = connection.execute(  # type: ignore[misc]
                "SELECT count(*) FROM textbook_reminder WHERE status = 'sent'"
            ).fetchone()
            if now_sent != sent:
                sent, seen_at = now_sent, time.monotonic()
            elif time.monotonic() - seen_at > _SILENCE_SECONDS_MAX:
                raise StageFailed(f"the textbook stopped after {sent} texts")
            time.sleep(0.1)
