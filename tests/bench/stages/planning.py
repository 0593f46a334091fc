"""Planning: the first plan of the book, one that changes nothing, and a tick with nothing due."""

from tests.bench.figures import Figures
from tests.bench.lab import Lab
from tests.bench.measure import Meter
from tests.bench.stages.ready import BOOK, PLANNED, ready


def plan(lab: Lab) -> Figures:
    """Every reminder of the next 48 hours, for a book that has none."""
    ready(lab, BOOK)
    lab.servers.make("run", like=BOOK)
    with lab.helper("tests.bench.timed", "plan", database="run") as helper:
        meter = Meter(lab.servers, "run", {"planner": helper.pid})
        meter.start()
        helper.go()
        told = helper.read()
        meter.stop()
        helper.bye()
    return meter.read(what="reminders", count=told["new"], seconds=told["seconds"])


def plan_again(lab: Lab) -> Figures:
    """All of it looked at once more: it must find that nothing has changed."""
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    with lab.servers.connect("run") as connection:
        (count,) = connection.execute("SELECT count(*) FROM reminders_reminder").fetchone()  # type: ignore[misc]
    with lab.helper("tests.bench.timed", "plan_whole", database="run") as helper:
        meter = Meter(lab.servers, "run", {"planner": helper.pid})
        meter.start()
        helper.go()
        told = helper.read()
        meter.stop()
        helper.bye()
    return meter.read(what="reminders", count=count, seconds=told["seconds"])


def idle_tick(lab: Lab) -> Figures:
    """The tick that follows, in the same process: what it remembers of the last one may help."""
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    with lab.helper("tests.bench.timed", "plan", database="run") as helper:
        helper.go()
        helper.read()
        meter = Meter(lab.servers, "run", {"planner": helper.pid})
        meter.start()
        helper.go()
        told = helper.read()
        meter.stop()
        helper.bye()
    return meter.read(what="ticks", count=1, seconds=told["seconds"])
