"""The webhook for receipts: what is taken, what is refused, and what is down meanwhile."""

import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import celery
import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.clock import now
from config.celery import app as real_app
from config.wsgi import application
from reminders.gateways.signing import sign
from reminders.models import RawReceipt
from reminders.pipeline import callbacks
from reminders.pipeline.callbacks import NotStored, store_raw
from reminders.queues import Queue
from reminders.web import hooks

pytestmark = pytest.mark.django_db

SECRET = "secret"
URL = "/hooks/simulator/receipts"
BODY = b'{"receipts": [{"reference": "a", "status": "delivered", "event": "e"}]}'


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway sees."""

    status_code: int
    headers: dict[str, str]
    content: bytes


def post(
    body: bytes = BODY,
    *,
    url: str = URL,
    secret: str = SECRET,
    signed: bytes | None = None,
    method: str = "POST",
) -> Answer:
    """The callback of a gateway, as gunicorn passes it on; `signed` is what it signed, if that is
    something else."""
    headers = signature(body if signed is None else signed, secret=secret)
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": url,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    answered: list[Any] = []
    content = b"".join(application(environ, lambda *answer: answered.append(answer)))
    ((status, answer_headers),) = answered
    return Answer(int(status.split()[0]), dict(answer_headers), content)


def signature(body: bytes, *, secret: str = SECRET) -> dict[str, str]:
    """The headers of a callback."""
    timestamp = int(now().timestamp())
    return {
        "X-Signature-Timestamp": str(timestamp),
        "X-Signature": sign(body, timestamp=timestamp, secret=secret),
    }


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

    def test_leaves_the_connection_open(self) -> None:
        answer = post()

        assert answer.headers["Content-Length"] == str(len(answer.content))

    def test_rings_for_a_worker(self, broker: celery.Celery) -> None:
        with broker.connection_for_read() as link:
            doorbells = link.SimpleQueue(Queue.RECEIPTS.value)
            doorbells.clear()

            post()

            message = doorbells.get(timeout=20)
            assert message.headers["task"] == "reminders.apply_receipts"
            message.ack()

    def test_is_taken_without_a_broker(self, caplog: pytest.LogCaptureFixture) -> None:
        celery.Celery(broker="redis://127.0.0.1:1/0", set_as_current=False).set_default()
        started = time.monotonic()

        assert [post().status_code for _ in range(5)] == [200] * 5

        # Redis' client alone would have tried for six seconds each.
        assert time.monotonic() - started < 3
        assert RawReceipt.objects.count() == 5
        deadline = time.monotonic() + 30
        while "no doorbell for reminders.apply_receipts" not in caplog.text:
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)

    def test_is_taken_by_way_of_django_too(self) -> None:
        answer = Client(enforce_csrf_checks=True).post(
            URL, data=BODY, content_type="application/json", headers=signature(BODY)
        )

        assert (answer.status_code, RawReceipt.objects.get().body) == (200, BODY.decode())

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

    def test_without_a_signature_is_forged_by_way_of_django_too(self) -> None:
        response = Client().post(URL, data=BODY, content_type="application/json")

        assert response.status_code == 403
        assert json.loads(response.content)["error"]["code"] == "forged"

    def test_by_get_is_none(self) -> None:
        assert post(method="GET").status_code == 405

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


def store(body: str) -> Any:
    """What storing this in another thread comes to."""
    try:
        return store_raw(gateway="simulator", body=body, now=now())
    except NotStored as error:
        return error
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_are_each_stored_once_and_answered_with_their_own_row(self) -> None:
        bodies = [f"body {i}" for i in range(200)]

        with ThreadPoolExecutor(16) as threads:
            ids = list(threads.map(store, bodies))

        assert dict(RawReceipt.objects.values_list("pk", "body")) == dict(
            zip(ids, bodies, strict=True)
        )

    def test_that_come_during_a_commit_share_the_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        executed, go_on = [], threading.Event()

        def slowly(batch: list[Any]) -> list[int]:
            executed.append(len(batch))
            assert go_on.wait(timeout=10)
            return execute(batch)

        execute = callbacks._execute
        monkeypatch.setattr(callbacks, "_execute", slowly)
        with ThreadPoolExecutor(12) as threads:
            stored = [threads.submit(store, f"body {i}") for i in range(12)]
            while callbacks._queue.waiting < 12 - callbacks.COMMITS_AT_ONCE:
                threading.Event().wait(0.01)
            go_on.set()

        assert len({s.result() for s in stored}) == 12
        assert executed == [1] * callbacks.COMMITS_AT_ONCE + [12 - callbacks.COMMITS_AT_ONCE]

    def test_do_not_suffer_for_one_that_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(batch: list[Any]) -> list[int]:
            threading.Event().wait(0.02)
            if any(c.body == "bad" for c in batch):
                raise DataError("no")
            return execute(batch)

        execute = callbacks._execute
        monkeypatch.setattr(callbacks, "_execute", refuse)
        with ThreadPoolExecutor(10) as threads:
            stored = list(threads.map(store, ["good", "bad"] * 5))

        assert [isinstance(s, NotStored) for s in stored] == [False, True] * 5
        assert RawReceipt.objects.filter(body="good").count() == 5

    def test_are_stored_on_a_new_connection_when_theirs_was_lost(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        with ThreadPoolExecutor(1) as threads:
            threads.submit(kill_backend, pid).result()

        assert post().status_code == 200
        assert RawReceipt.objects.count() == 1


def kill_backend(pid: int) -> None:
    """End the connection of another thread, as a restart of the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connection.close()
