"""Receipts: in, durable before the answer; and applied."""

import time
from collections.abc import Mapping, Sequence

from tests.bench.beat import Beat
from tests.bench.figures import Figures
from tests.bench.lab import Lab, StageFailed, a_port
from tests.bench.measure import Meter
from tests.bench.stages.dispatching import wait_until_sent
from tests.bench.stages.ready import PLANNED, ready
from tests.bench.stages.references import SETTINGS, TEXTBOOK, fill_textbook

SENT = "sent"
PER_CALLBACK = 100
WARMING = 64
"""Callbacks before the measurement: a process that has just started is no web server yet."""

OURS = "/hooks/simulator/receipts"
_APPLY_SECONDS_MAX = 300.0


def receipts_single(lab: Lab) -> Figures:
    """One receipt in a callback."""
    return _receive(lab, per_callback=1, most=lab.most // 2)


def receipts_batch(lab: Lab) -> Figures:
    """A hundred receipts in a callback."""
    return _receive(lab, per_callback=PER_CALLBACK, most=lab.most)


def limit_receipts(lab: Lab) -> Figures:
    """One receipt in a callback, to a WSGI application without Django."""
    change = {"config.wsgi:application": "tests.bench.bare_receipts:application"}
    return _receive(lab, per_callback=1, most=lab.most // 2, change=change)


def limit_receipts_batch(lab: Lab) -> Figures:
    """A hundred of them, to the same."""
    change = {"config.wsgi:application": "tests.bench.bare_receipts:application"}
    return _receive(lab, per_callback=PER_CALLBACK, most=lab.most, change=change)


def receipts_apply(lab: Lab) -> Figures:
    """What `receipts_batch` stored, read by workers whom beat rings."""
    references = _sent(lab, most=lab.most)
    _copy(lab)
    port = a_port()
    with lab.program("web", database="run", port=port):
        _call(lab, f"http://127.0.0.1:{port}{OURS}", references, per_callback=PER_CALLBACK)
    beat = Beat(lab.servers, "run", tasks=("reminders.apply_receipts",))
    with lab.worker(database="run") as pid:
        meter = Meter(lab.servers, "run", {"worker": pid})
        meter.start()
        beat.start()
        _wait_until_applied(lab, beat)
        meter.stop()
    figures = meter.read(what="receipts", count=len(references))
    with lab.servers.connect("run") as connection:
        (delivered,) = connection.execute(  # type: ignore[misc]
            "SELECT count(*) FROM reminders_message WHERE state = 'delivered'"
        ).fetchone()
    if delivered != len(references):
        raise StageFailed(f"{delivered} of {len(references)} receipts were applied")
    return figures


def textbook_receipts(lab: Lab) -> Figures:
    """The textbook's view: load, change, save; the same gunicorn."""
    fill_textbook(lab)
    with lab.servers.connect(TEXTBOOK) as connection:
        connection.execute(
            "INSERT INTO textbook_reminder (instalment_id, kind, status, text, provider_id,"
            " created_at) SELECT id, 'day_before', 'sent', '', 'f' || id, now()"
            " FROM textbook_instalment"
        )
        found = connection.execute("SELECT id::text FROM textbook_reminder").fetchall()
    port = a_port()
    with lab.program(
        "web",
        database=TEXTBOOK,
        port=port,
        change={"config.wsgi:application": "tests.bench.textbook.wsgi:application"},
        more={"DJANGO_SETTINGS_MODULE": SETTINGS},
    ) as pid:
        url = f"http://127.0.0.1:{port}/receipts"
        references = [pk for (pk,) in found]
        _call(lab, url, references[:WARMING], per_callback=1)
        meter = Meter(lab.servers, TEXTBOOK, {"web": pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        told = _call(lab, url, references, per_callback=1)
        meter.stop()
    return meter.read(what="receipts", count=len(found), seconds=told["seconds"])


def _receive(
    lab: Lab, *, per_callback: int, most: int, change: Mapping[str, str] | None = None
) -> Figures:
    references = _sent(lab, most=most)
    _copy(lab)
    port = a_port()
    with lab.program("web", database="run", port=port, change=change) as pid:
        url = f"http://127.0.0.1:{port}{OURS}"
        warming = _call(lab, url, references[:WARMING], per_callback=1)["callbacks"]
        meter = Meter(lab.servers, "run", {"web": pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        told = _call(lab, url, references, per_callback=per_callback)
        meter.stop()
    figures = meter.read(what="receipts", count=len(references), seconds=told["seconds"])
    figures.more["p99_ms"] = told["p99_ms"]
    with lab.servers.connect("run") as connection:
        (stored,) = connection.execute("SELECT count(*) FROM reminders_rawreceipt").fetchone()  # type: ignore[misc]
    if stored != told["callbacks"] + warming:
        raise StageFailed(f"{stored} of {told['callbacks'] + warming} callbacks are stored")
    return figures


def _call(
    lab: Lab, url: str, references: Sequence[str], *, per_callback: int
) -> Mapping[str, float]:
    told = lab.gateway.call_back(url, references=references, per_callback=per_callback)
    if told["refused"]:
        raise StageFailed(f"{told['refused']} of {told['callbacks']} callbacks were refused")
    return told


def _copy(lab: Lab) -> None:
    lab.servers.make("run", like=SENT)


def _sent(lab: Lab, *, most: int) -> list[str]:
    """References of texts that the gateway took; the first time they are sent for it."""
    if SENT not in lab.ready:
        ready(lab, PLANNED)
        lab.servers.make(SENT, like=PLANNED)
        lab.gateway.begin()
        beat = Beat(lab.servers, SENT)
        with lab.worker(database=SENT):
            beat.start()
            wait_until_sent(lab, beat=beat, database=SENT, most=lab.most)
        lab.ready.add(SENT)
    with lab.servers.connect(SENT) as connection:
        found = connection.execute(
            "SELECT reference::text FROM reminders_message WHERE state = 'accepted'"
            " ORDER BY id LIMIT %s",
            [most],
        ).fetchall()
    return [reference for (reference,) in found]


def _wait_until_applied(lab: Lab, beat: Beat) -> None:
    deadline = time.monotonic() + _APPLY_SECONDS_MAX
    with lab.servers.connect("run") as connection:
        while time.monotonic() < deadline:
            beat.tick()
            (waits,) = connection.execute(  # type: ignore[misc]
                "SELECT EXISTS (SELECT 1 FROM reminders_rawreceipt WHERE applied_at IS NULL)"
            ).fetchone()
            if not waits:
                return
            time.sleep(0.05)
    raise StageFailed(f"receipts were not applied in {_APPLY_SECONDS_MAX:.0f} s")
