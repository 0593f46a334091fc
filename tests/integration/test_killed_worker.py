"""A worker is killed in the middle of sending; another takes over: nothing lost, nothing twice."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from config.celery import app
from reminders.models import Message, Reminder
from reminders.pipeline.planning import plan
from tests.builders import NOW, a_customer, a_loan, an_instalment
from tests.clocks import set_clock
from tests.reminder_builders import a_policy
from tests.simulator_process import SimulatorProcess
from tests.worker_process import WorkerProcess

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]

BORROWERS = 600
SECONDS_MAX = 90


def wait_until(condition: Callable[[], bool], *, what: str, worker: WorkerProcess) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        if time.monotonic() > deadline:
            states = Counter(Message.objects.values_list("state", flat=True))
            raise AssertionError(f"{what} did not come: {states}\n{worker.log[-3000:]}")
        time.sleep(0.1)


class TestKilledWorker:
    def test_loses_nothing_and_sends_nothing_twice(
        self, phone_network: SimulatorProcess, settings: Settings, redis_url: str
    ) -> None:
        # It is 10:00 in Shanghai for every process; the second worker comes twenty minutes later,
        # when the first one's leases have run out and "never seen" is believed.
        set_clock(settings, NOW)
        a_policy(-3)
        due_date = NOW.date() + timedelta(days=3)
        for _ in range(BORROWERS):
            an_instalment(loan=a_loan(customer=a_customer()), due_date=due_date)
        assert plan(now=NOW).new == BORROWERS
        phone_network.set_faults(latency_ms=1_000)
        before = len(phone_network.texts())

        with WorkerProcess() as first:
            app.send_task("reminders.tick_dispatch", queue="ticks")
            in_flight = Message.objects.filter(state="sending")
            wait_until(in_flight.exists, what="a text in flight", worker=first)
            first.kill()

        assert Message.objects.filter(state="sending").exists()
        phone_network.set_faults()
        later = str(settings.CLOCK_SHIFT_SECONDS + 1_200)

        def all_accepted() -> bool:
            app.send_task("reminders.tick_sweep", queue="ticks")
            app.send_task("reminders.tick_dispatch", queue="ticks")
            return Message.objects.filter(state__in=["accepted", "delivered"]).count() == BORROWERS

        with WorkerProcess(environment={"CLOCK_SHIFT_SECONDS": later}) as second:
            wait_until(all_accepted, what="every text", worker=second)

        assert Message.objects.count() == BORROWERS
        assert Reminder.objects.filter(state="messaged").count() == BORROWERS
        texts = phone_network.texts()[before:]
        mine = {str(reference) for reference in Message.objects.values_list("reference", flat=True)}
        arrived = Counter(text["reference"] for text in texts if text["reference"] in mine)
        assert len(arrived) == BORROWERS
        assert set(arrived.values()) == {1}
