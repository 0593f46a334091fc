"""RabbitMQ as the broker: a taste. `make test-rabbitmq` runs every test with a worker on it."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from kombu import pools
from pytest_django.fixtures import Settings

from config.celery import app
from config.local.servers import start_and_wait
from reminders.models import PlanningState
from reminders.queues import Queue
from reminders.tasks import DOORBELL_SECONDS, _unanswered, dispatch_due, tick_dispatch
from reminders.web.doorbell import Doorbell
from tests import rabbitmq_server
from tests.builders import NOW
from tests.clocks import set_clock
from tests.integration import test_killed_worker as killed_worker
from tests.rabbitmq_server import RabbitMQ
from tests.reminder_builders import a_reminder
from tests.worker_process import WorkerProcess

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not rabbitmq_server.is_installed(), reason=rabbitmq_server.MISSING),
]

RECOVERY_SECONDS_MAX = 120
DROPPED = "Discarding revoked task: reminders.tick_plan"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    server = RabbitMQ(folder=tmp_path_factory.mktemp("rabbitmq"))
    try:
        start_and_wait(server)
        yield server
    finally:
        server.kill()


@pytest.fixture(autouse=True)
def rabbitmq(running: RabbitMQ, settings: Settings) -> Iterator[RabbitMQ]:
    """It carries the doorbells of this process and of the workers that the test starts."""
    names = ("broker_url", "broker_read_url", "broker_write_url")
    before = {name: app.conf[name] for name in names}
    settings.CELERY_BROKER_URL = running.url
    running.purge(queues=list(Queue))
    try:
        use(dict.fromkeys(names, running.url))
        yield running
    finally:
        use(before)


def use(broker: dict[str, str]) -> None:
    """Send to this broker from now on, over new connections."""
    pools.reset()
    app.conf.update(broker)
    app._after_fork()  # type: ignore[attr-defined] # forgets connections; untyped, not ours


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds
        time.sleep(0.1)


class TestDoorbells:
    def test_of_a_queue_that_was_never_there_none_waits(self, rabbitmq: RabbitMQ) -> None:
        with app.connection_for_write() as connection:
            app.amqp.queues[Queue.DISPATCH.value](connection.default_channel).delete()

        assert _unanswered(Queue.DISPATCH) == 0
        assert _unanswered(Queue.DISPATCH) == 0

    def test_are_rung_less_those_that_wait(self, rabbitmq: RabbitMQ, settings: Settings) -> None:
        set_clock(settings, NOW)
        for _ in range(3):
            a_reminder(send_at=NOW - timedelta(minutes=1))

        def one_waits() -> bool:
            return _unanswered(Queue.DISPATCH) == 1

        # The broker counts what was published a moment after it was.
        dispatch_due.apply_async(expires=DOORBELL_SECONDS)
        wait_until(one_waits, seconds=RECOVERY_SECONDS_MAX)

        tick_dispatch()

        assert one_waits()
        rabbitmq.purge(queues=[Queue.DISPATCH])
        assert _unanswered(Queue.DISPATCH) == 0
        tick_dispatch()
        wait_until(one_waits, seconds=RECOVERY_SECONDS_MAX)


class TestKilledWorkerOnRabbitMQ(killed_worker.TestKilledWorker):
    """The same test, shorter."""

    @pytest.fixture(autouse=True)
    def fewer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(killed_worker, "BORROWERS", 100)


class TestWorker:
    def test_drops_what_came_too_late_and_survives_a_restart_with_nothing_in_it(
        self, rabbitmq: RabbitMQ
    ) -> None:
        doorbell = Doorbell(task="reminders.tick_plan", queue=Queue.TICKS)
        with WorkerProcess(concurrency=1) as worker:
            app.send_task("reminders.tick_plan", queue="ticks", expires=-1)
            wait_until(lambda: DROPPED in worker.log, seconds=RECOVERY_SECONDS_MAX)
            assert not PlanningState.objects.exists()
            doorbell.ring()
            wait_until(PlanningState.objects.exists, seconds=RECOVERY_SECONDS_MAX)
            planned_at = PlanningState.objects.get().planned_at
            _unanswered(Queue.DISPATCH)  # over a connection that will die

            rabbitmq.restart_empty()

            assert _unanswered(Queue.DISPATCH) == 0

            def is_answered() -> bool:
                doorbell.ring()
                return PlanningState.objects.get().planned_at > planned_at

            wait_until(is_answered, seconds=RECOVERY_SECONDS_MAX)
