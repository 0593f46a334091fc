"""Many requests at once: in order, bounded, and never one of them written twice."""

import datetime as dt
import ipaddress
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reminders.gateways import transport
from reminders.gateways.answers import Answer, MaybeSent, NotSent, Post, Result
from reminders.gateways.transport import HttpTransport
from tests.contract import servers
from tests.contract.servers import Behaviour, answers, misbehaving, response


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(transport, "READ_SECONDS", 0.5)
    monkeypatch.setattr(transport, "ANSWER_SECONDS_MAX", 1.0)


def posts(url: str, *, count: int) -> list[Post]:
    """So many requests, each with its number for a body."""
    return [Post(f"{url}/messages", b"%d" % number) for number in range(count)]


def meanings(results: list[Result]) -> Counter[str]:
    """How many answers there are, and failures of each kind."""
    return Counter(
        "answer" if isinstance(one, Answer) else f"{type(one).__name__} {one.code}"
        for one in results
    )


def echoes(connection: socket.socket, request: bytes) -> None:
    """Answers with the body that came, the later ones sooner."""
    body = request.partition(b"\r\n\r\n")[2]
    time.sleep((20 - int(body)) / 1_000)
    connection.sendall(response(200, body))


def every_second(behave: Behaviour) -> Behaviour:
    """Answers the first request of each connection and does this to the second."""
    seen: Counter[int] = Counter()

    def behaves(connection: socket.socket, request: bytes) -> None:
        seen[id(connection)] += 1
        (answers(200) if seen[id(connection)] % 2 else behave)(connection, request)

    return behaves


class TestPostMany:
    def test_answers_in_the_order_of_the_requests(self) -> None:
        with misbehaving(echoes) as server:
            results = HttpTransport(headers={}).post_many(
                posts(server.url, count=20), connections=7, within=5
            )

            assert [one.body for one in results if isinstance(one, Answer)] == [
                b"%d" % number for number in range(20)
            ]
            assert server.connections == 7

    def test_keeps_its_connections_from_call_to_call(self) -> None:
        with misbehaving(answers(200)) as server:
            many = HttpTransport(headers={})
            for _ in range(5):
                many.post_many(posts(server.url, count=9), connections=3, within=5)

            assert (len(server.requests), server.connections) == (45, 3)

    def test_asks_nothing_of_nobody(self) -> None:
        assert HttpTransport(headers={}).post_many([], connections=3, within=5) == []

    def test_begins_none_after_its_time(self) -> None:
        def takes_long(connection: socket.socket, request: bytes) -> None:
            time.sleep(0.2)
            connection.sendall(response(200))

        with misbehaving(takes_long) as server:
            results = HttpTransport(headers={}).post_many(
                posts(server.url, count=8), connections=2, within=0.3
            )

            assert meanings(results) == {"answer": 4, "NotSent out_of_time": 4}
            assert len(server.requests) == 4

    def test_tells_each_its_own_fate(self) -> None:
        def by_number(connection: socket.socket, request: bytes) -> None:
            behave = (answers(200), servers.closes, servers.resets, servers.stays_silent)
            behave[int(request.partition(b"\r\n\r\n")[2]) % 4](connection, request)

        with misbehaving(by_number) as server:
            some = [
                *posts(server.url, count=8),
                Post(servers.unused_address(), b"8"),
                Post("x", b"9"),
            ]
            results = HttpTransport(headers={}).post_many(some, connections=10, within=5)

        assert [str(one) for one in results if not isinstance(one, Answer)] == [
            *["connection_broken", "connection_broken", "read_timeout"] * 2,
            "connection_failed",
            "gateway_address_invalid",
        ]
        assert [type(one) for one in results[::4]] == [Answer, Answer, NotSent]
        assert {type(one) for one in results[1:4]} == {MaybeSent}

    def test_leaves_nothing_behind_when_it_is_interrupted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with misbehaving(answers(200)) as server:
            many = HttpTransport(headers={})
            monkeypatch.setattr(time, "monotonic", _interrupted_after(4))
            with pytest.raises(KeyboardInterrupt):
                many.post_many(posts(server.url, count=5), connections=2, within=5)
            monkeypatch.undo()

            results = many.post_many(posts(server.url, count=3), connections=2, within=5)

            assert meanings(results) == {"answer": 3}
            assert len(server.requests) <= 2 + 3


def _interrupted_after(calls: int) -> object:
    left = iter(range(calls))

    def clock() -> float:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return 0.0

    return clock


class TestARequest:
    @pytest.mark.parametrize(
        "behave",
        [servers.closes, servers.resets, servers.breaks_off, servers.speaks_no_http],
    )
    def test_is_never_written_twice(self, behave: Behaviour) -> None:
        """A kept connection that dies under a request is what libcurl would hide by repeating."""
        with misbehaving(every_second(behave)) as server:
            many = HttpTransport(headers={})
            results = many.post_many(posts(server.url, count=60), connections=5, within=5)

            bodies = Counter(one.partition(b"\r\n\r\n")[2] for one in server.requests)
            assert bodies == {b"%d" % number: 1 for number in range(60)}
            assert set(meanings(results)) == {"answer", "MaybeSent connection_broken"}

    def test_is_not_put_to_a_connection_that_was_closed_meanwhile(self) -> None:
        closed = threading.Semaphore(0)

        def answers_once(connection: socket.socket, request: bytes) -> None:
            answers(200)(connection, request)
            servers.closes(connection, request)
            closed.release()

        with misbehaving(answers_once) as server:
            many = HttpTransport(headers={})
            for _ in range(4):
                results = many.post_many(posts(server.url, count=5), connections=5, within=5)
                assert meanings(results) == {"answer": 5}
                assert all(closed.acquire(timeout=5) for _ in range(5))

            assert (len(server.requests), server.connections) == (20, 20)

    def test_carries_its_headers_and_no_others_than_a_single_one(self) -> None:
        with misbehaving(answers(200)) as server:
            both = HttpTransport(headers={"Authorization": "Bearer t", "User-Agent": "duecourse"})
            both.post(f"{server.url}/a", body=b"{}", headers={"Idempotency-Key": "k"})
            post = Post(f"{server.url}/a", b"{}", {"Idempotency-Key": "k"})
            both.post_many([post, Post(f"{server.url}/a", b"{}")], connections=1, within=5)

            single, first, second = (
                {line.lower() for line in one.split(b"\r\n") if line} for one in server.requests
            )
            assert b"idempotency-key: k" in first
            assert first - second == {b"idempotency-key: k"}
            # requests asks for what HTTP/1.1 does anyway.
            assert single - first == {b"connection: keep-alive"}
            assert first <= single | {b"content-type: application/x-www-form-urlencoded"}

    def test_takes_the_way_that_the_environment_names(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "")
        with misbehaving(answers(200)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "elsewhere.invalid")
            for host, meaning in (
                ("gateway.invalid", "answer"),
                ("elsewhere.invalid", "NotSent connection_failed"),
            ):
                results = HttpTransport(headers={}).post_many(
                    posts(f"http://{host}", count=1), connections=2, within=5
                )
                assert meanings(results) == {meaning: 1}

            assert proxy.requests[0].startswith(b"POST http://gateway.invalid/messages HTTP/1.1")
            assert len(proxy.requests) == 1


class TestACertificate:
    def test_that_nobody_vouches_for_keeps_the_request_here(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate = _certificate(tmp_path)
        with misbehaving(answers(200), certificate=certificate) as server:
            url = server.url.replace("http://", "https://")
            results = HttpTransport(headers={}).post_many(
                posts(url, count=2), connections=2, within=5
            )
            assert meanings(results) == {"NotSent certificate_not_trusted": 2}
            assert server.requests == []

            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
            many = HttpTransport(headers={})
            for _ in range(3):
                results = many.post_many(posts(url, count=2), connections=2, within=5)
                assert meanings(results) == {"answer": 2}
            assert len(server.requests) == 6
            assert server.connections == 2 + 2


def _certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    since = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since.replace(year=2120))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
