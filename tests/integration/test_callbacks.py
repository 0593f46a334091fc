"""The webhook for receipts: what is taken, what is refused, and what is down meanwhile."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Protocol

import celery
import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from accounts.clock import now
from config.celery import app as real_app
from reminders.gateways.signing import sign
from reminders.models import RawReceipt
from reminders.queues import Queue
from reminders.web import hooks

pytestmark = pytest.mark.django_db

SECRET = "secret"
URL = "/hooks/simulator/receipts"
BODY = b'{"receipts": [{"reference": "a", "status": "delivered", "event": "e"}]}'


class Answer(Protocol):
    """What Django's test client gives back."""

    status_code: int
    content: bytes


def post(
    body: bytes = BODY, *, url: str = URL, secret: str = SECRET, signed: bytes | None = None
) -> Answer:
    """The callback of a gateway; `signed` is what it signed, if that is something else."""
    timestamp = int(now().timestamp())
    signature = sign(body if signed is None else signed, timestamp=timestamp, secret=secret)
    return Client(enforce_csrf_checks=True).post(
        url,
        data=body,
        content_type="application/json",
        headers={"X-Signature-Timestamp": str(timestamp), "X-Signature": signature},
    )


def code_of(response: Answer) -> str:
    error: dict[str, Any] = json.loads(response.content)["error"]
    assert error["message"]
    return str(error["code"])


@pytest.fixture(autouse=True)
def our_secret(settings: Settings) -> None:
    settings.SMS_GATEWAY, settings.SMS_GATEWAY_SECRET = "simulator", SECRET


@pytest.fixture(autouse=True)
def broker() -> Iterator[celery.Celery]:
    """A broker in memory in the place of Redis."""
    app = celery.Celery("in-memory", broker="memory://", set_as_current=False)
    # The default is what other threads see, and the doorbell is rung by one.
    app.set_default()
    yield app
    real_app.set_default()


class TestAGoodCallback:
    def test_is_stored_as_it_came(self) -> None:
        before = now()

        assert post().status_code == 200

        raw = RawReceipt.objects.get()
        assert (raw.gateway, raw.body, raw.applied_at) == ("simulator", BODY.decode(), None)
        assert before <= raw.received_at <= now()

    def test_rings_for_a_worker_once_it_is_committed(
        self,
        broker: celery.Celery,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with broker.connection_for_read() as link:
            doorbells = link.SimpleQueue(Queue.RECEIPTS.value)
            doorbells.clear()
            with django_capture_on_commit_callbacks() as rings:
                post()
            assert doorbells.qsize() == 0

            for ring in rings:
                ring()

            message = doorbells.get(timeout=20)
            assert message.headers["task"] == "reminders.apply_receipts"
            message.ack()

    def test_is_taken_without_a_broker(
        self,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        celery.Celery(broker="redis://127.0.0.1:1/0", set_as_current=False).set_default()
        started = time.monotonic()

        with django_capture_on_commit_callbacks(execute=True):
            assert [post().status_code for _ in range(5)] == [200] * 5

        # Redis' client alone would have tried for six seconds each.
        assert time.monotonic() - started < 3
        assert RawReceipt.objects.count() == 5
        deadline = time.monotonic() + 30
        while "no doorbell for reminders.apply_receipts" not in caplog.text:
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)

    def test_with_some_unreadable_items_is_taken(self) -> None:
        assert post(b'{"receipts": [null, 1, {"status": "delivered"}]}').status_code == 200

    def test_the_second_time_is_taken_too(self) -> None:
        assert [post().status_code for _ in range(2)] == [200, 200]


class TestABadCallback:
    @pytest.mark.parametrize(
        ("given", "status", "code"),
        [
            ({"secret": "guessed"}, 403, "forged"),
            ({"secret": ""}, 403, "forged"),
            ({"signed": b"something else"}, 403, "forged"),
            ({"body": b""}, 400, "malformed"),
            ({"body": b"receipts=1"}, 400, "malformed"),
            ({"body": b'{"receipts": 1}'}, 400, "malformed"),
            ({"body": b"[" * 100_000}, 400, "malformed"),
            ({"body": b"\xff\xfe"}, 400, "malformed"),
            ({"body": b'{"receipts": []}\0'}, 400, "malformed"),
            ({"body": b"x" * (hooks.BODY_BYTES_MAX + 1)}, 413, "too_large"),
            ({"body": b"x" * 20_000_000}, 413, "too_large"),
            ({"url": "/hooks/no-such/receipts"}, 404, "unknown_gateway"),
            ({"url": "/hooks/json_http/receipts"}, 404, "unknown_gateway"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_is_refused_and_not_stored(self, given: dict[str, Any], status: int, code: str) -> None:
        response = post(**given)

        assert (response.status_code, code_of(response)) == (status, code)
        assert not RawReceipt.objects.exists()

    def test_without_a_signature_is_forged(self) -> None:
        response = Client().post(URL, data=BODY, content_type="application/json")

        assert (response.status_code, code_of(response)) == (403, "forged")

    def test_by_get_is_none(self) -> None:
        assert Client().get(URL).status_code == 405

    def test_is_refused_before_it_is_parsed_when_it_is_forged(self) -> None:
        assert code_of(post(b"nonsense", secret="guessed")) == "forged"

    def test_is_forged_whatever_it_says_when_we_have_no_secret(self, settings: Settings) -> None:
        settings.SMS_GATEWAY_SECRET = ""

        assert code_of(post(secret="")) == "forged"


class TestWithoutADatabase:
    def test_the_gateway_is_told_to_try_again(self) -> None:
        def is_down(*_: Any) -> None:
            raise OperationalError("the database is down")

        with connection.execute_wrapper(is_down):
            response = post()

        assert (response.status_code, code_of(response)) == (500, "not_stored")
