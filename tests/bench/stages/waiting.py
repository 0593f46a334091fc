"""How long a text waits: under a steady load, and by hand during a big run."""

import time
from collections.abc import Sequence

from tests.bench.beat import Beat
from tests.bench.figures import Figures
from tests.bench.lab import Lab, StageFailed
from tests.bench.measure import Meter
from tests.bench.moment import SENT_AT
from tests.bench.stages.dispatching import wait_until_sent
from tests.bench.stages.ready import PLANNED, ready

LOAD_SECONDS = 30
BY_HAND_EVERY_SECONDS = 0.5
BY_HAND_SECONDS_MAX = 60.0
_LEAD_SECONDS = 3
_SPREAD = """
UPDATE reminders_reminder AS reminder
SET
    send_at = slot.at,
    next_attempt_at = slot.at
FROM (
    SELECT
        customer_id,
        CASE
            WHEN dense_rank() OVER (ORDER BY customer_id) <= %(count)s
                THEN to_timestamp(
                    %(first)s + dense_rank() OVER (ORDER BY customer_id) / %(rate)s::float
                )
            ELSE to_timestamp(%(first)s + 36000)
        END AS at
    FROM (
        SELECT DISTINCT customer_id
        FROM reminders_reminder
        WHERE next_attempt_at <= to_timestamp(%(first)s)
    ) AS due
) AS slot
WHERE
    reminder.customer_id = slot.customer_id
    AND reminder.state = 'planned'
    AND reminder.next_attempt_at <= to_timestamp(%(first)s)
"""
_WAITED = """
SELECT reference::text, extract(epoch FROM min(reminder.send_at))
FROM reminders_message AS message
JOIN reminders_reminder AS reminder ON reminder.message_id = message.id
WHERE reminder.step_id IS NOT NULL
GROUP BY message.id
"""
_BY_HAND = """
SELECT message.reference::text, reminder.id
FROM reminders_message AS message
JOIN reminders_reminder AS reminder ON reminder.message_id = message.id
WHERE reminder.step_id IS NULL
"""


def hand_over(lab: Lab) -> Figures:
    """Borrowers fall due one by one, at half the rate of `dispatch_batch`: the seconds until the
    gateway has their text."""
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    rate = max(1.0, lab.rates["dispatch_batch"] / 2)
    count = min(round(rate * LOAD_SECONDS), lab.borrowers // 2)
    lab.gateway.begin()
    beat = Beat(lab.servers, "run", tasks=("reminders.tick_dispatch", "reminders.tick_sweep"))
    with lab.worker(database="run") as pid:
        first = time.time() + lab.shift_seconds + _LEAD_SECONDS  # noqa: TID251 - as in moment
        with lab.servers.connect("run") as connection:
            connection.execute(_SPREAD, {"first": first, "rate": rate, "count": count})
        meter = Meter(lab.servers, "run", {"worker": pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        beat.start()
        until = first + count / rate
        while time.time() + lab.shift_seconds < until:  # noqa: TID251 - as in moment
            beat.tick()
            time.sleep(0.05)
        wait_until_sent(lab, beat=beat, database="run")
        meter.stop()
    arrivals = lab.gateway.arrivals()
    with lab.servers.connect("run") as connection:
        rows = connection.execute(_WAITED).fetchall()
    waited = [arrivals[reference] - float(due) for reference, due in rows if reference in arrivals]
    figures = meter.read(what="messages", count=len(arrivals))
    figures.more |= {"rate": rate, **_quantiles(waited)}
    return figures


def by_hand(lab: Lab) -> Figures:
    """Texts by hand while the whole book is due; seconds from asking until the gateway has them."""
    ready(lab, PLANNED)
    lab.servers.make("run", like=PLANNED)
    lab.gateway.begin()
    beat = Beat(lab.servers, "run")
    asked: dict[int, float] = {}
    with (
        lab.helper("tests.bench.timed", "by_hand", database="run") as helper,
        lab.worker(database="run") as pid,
    ):
        meter = Meter(lab.servers, "run", {"worker": pid}, gateway_pid=lab.gateway.pid)
        meter.start()
        beat.start()
        deadline = time.monotonic() + BY_HAND_SECONDS_MAX
        next_at = time.monotonic() + 1
        with lab.servers.connect("run") as connection:
            while time.monotonic() < deadline and _is_due(connection):
                beat.tick()
                if time.monotonic() >= next_at:
                    next_at += BY_HAND_EVERY_SECONDS
                    helper.go()
                    told = helper.read()
                    if told["asked"]:
                        asked[told["reminder"]] = told["asked_at"]
                time.sleep(0.02)
        arrivals = _wait_for(lab, beat, asked)
        meter.stop()
        helper.bye()
    figures = meter.read(what="texts by hand", count=len(asked))
    figures.more |= _quantiles([arrivals[pk] - at for pk, at in asked.items()])
    return figures


def _is_due(connection) -> bool:  # type: ignore[no-untyped-def]
    (found,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM reminders_reminder"
        " WHERE state = 'planned' AND send_at <= to_timestamp(%s))",
        [SENT_AT.timestamp()],
    ).fetchone()
    return bool(found)


def _wait_for(lab: Lab, beat: Beat, asked: dict[int, float]) -> dict[int, float]:
    """When each text by hand came to the gateway, by its reminder. Raises StageFailed."""
    deadline = time.monotonic() + BY_HAND_SECONDS_MAX
    while True:
        beat.tick()
        arrivals = lab.gateway.arrivals()
        with lab.servers.connect("run") as connection:
            rows = connection.execute(_BY_HAND).fetchall()
        found = {pk: arrivals[ref] for ref, pk in rows if pk in asked and ref in arrivals}
        if len(found) == len(asked):
            return found
        if time.monotonic() > deadline:
            raise StageFailed(f"{len(asked) - len(found)} texts by hand never came")
        time.sleep(0.2)


def _quantiles(waited: Sequence[float]) -> dict[str, float]:
    if not waited:
        raise StageFailed("nothing came: there is nothing to tell of")
    ordered = sorted(waited)
    return {
        "p50_seconds": ordered[len(ordered) // 2],
        "p99_seconds": ordered[len(ordered) * 99 // 100],
    }
