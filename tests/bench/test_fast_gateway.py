"""The simulator's fast mode speaks what the product speaks, and counts."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reminders.gateways.base import Accepted, Busy, Gateway, Status, Text
from reminders.gateways.simulator import simulator
from tests.bench.gateway import FastGateway


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastGateway]:
    with FastGateway(tmp_path_factory.mktemp("gateway"), shift_seconds=0) as gateway:
        yield gateway


@pytest.fixture
def gateway(running: FastGateway) -> FastGateway:
    running.begin()
    return running


def ours(gateway: FastGateway) -> Gateway:
    return simulator(
        url=gateway.url, token=gateway.token, secret=gateway.secret, callback_url="http://x/"
    )


def texts(*references: str) -> list[Text]:
    return [Text(reference, "+8614000000000", "【示例】您好", 1, True) for reference in references]


class TestSending:
    def test_takes_one_text(self, gateway: FastGateway) -> None:
        assert ours(gateway).send(texts("a")) == [Accepted("f0")]

    def test_takes_batches(self, gateway: FastGateway) -> None:
        assert ours(gateway).send(texts("a", "b")) == [Accepted("f0"), Accepted("f1")]

    def test_counts_what_comes_again(self, gateway: FastGateway) -> None:
        ours(gateway).send(texts("a", "b"))
        ours(gateway).send(texts("b"))

        stats = gateway.stats()

        assert (stats["texts"], stats["repeats"]) == (2, 1)

    def test_knows_what_came_and_what_never_did(self, gateway: FastGateway) -> None:
        ours(gateway).send(texts("a"))

        statuses = ours(gateway).query(["a", "z"])

        assert [(s.reference, s.status) for s in statuses] == [
            ("a", "accepted"),
            ("z", "not_found"),
        ]

    def test_answers_later_when_told(self, gateway: FastGateway) -> None:
        gateway.begin(latency_ms=50)
        started = time.monotonic()

        ours(gateway).send(texts("a"))

        assert time.monotonic() - started >= 0.05

    def test_refuses_strangers(self, gateway: FastGateway) -> None:
        stranger = simulator(url=gateway.url, token="guess", secret="x", callback_url="")

        (answer,) = stranger.send(texts("a"))

        assert answer == Busy("unauthorised")


class TestReceipts:
    def test_are_signed_and_can_be_read(self, gateway: FastGateway) -> None:
        bodies: list[tuple[bytes, dict[str, str]]] = []

        class Receiver(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.append((body, dict(self.headers)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}/hooks/simulator/receipts"
            told = gateway.call_back(url, references=["a", "b", "c"], per_callback=2)
            server.shutdown()

        assert (told["callbacks"], told["refused"]) == (2, 0)
        read: list[Status] = []
        for body, headers in bodies:
            now = datetime.now(UTC)  # noqa: TID251 - the gateway's clock is the machine's here
            ours(gateway).verify(body=body, headers=headers, now=now)
            read += ours(gateway).read_receipts(body.decode()).statuses
        assert sorted((s.reference, s.status) for s in read) == [
            ("a", "delivered"),
            ("b", "delivered"),
            ("c", "delivered"),
        ]

    def test_tells_of_a_receiver_that_refuses(self, gateway: FastGateway) -> None:
        url = f"{gateway.url}/hooks"  # it answers strangers with 401

        told = gateway.call_back(url, references=["a"], per_callback=1)

        assert told["refused"] == 1
