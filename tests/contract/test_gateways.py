"""What every gateway owes the pipeline, whatever its wire format, over real sockets.

A new gateway is in the registry and therefore in here; what is special to the JSON format is in
`test_json_format.py`.
"""

import os
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from reminders.gateways import transport
from reminders.gateways.base import (
    Busy,
    ForgedCallback,
    GatewayUnreachable,
    MalformedCallback,
    Outcome,
    Rejected,
    Unclear,
)
from tests.contract import servers
from tests.contract.conftest import GatewayAt, a_text, texts
from tests.contract.servers import Behaviour, answers, misbehaving

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

# Garbage that a half-broken gateway, or a proxy in front of it, answers with 200.
GARBAGE: list[object] = [
    b"",
    b"<html>It works!</html>",
    b'{"results": [{"reference"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"1" * 5_000,
    [],
    None,
    "ok",
    {},
    {"results": None},
    {"results": {"0": "accepted"}},
    {"results": [None, 1, "accepted", [], {}, {"reference": 7}]},
]


def outcomes(gateway_at: GatewayAt, url: str, *, count: int) -> set[Outcome]:
    """The different answers to `count` texts."""
    answered = gateway_at(url).send(texts(count))
    assert len(answered) == count
    return set(answered)


@pytest.mark.parametrize("count", [1, 3], ids=["single", "batch"])
class TestSendingToABrokenGateway:
    def test_is_busy_when_nobody_listens(self, gateway_at: GatewayAt, count: int) -> None:
        assert outcomes(gateway_at, servers.unused_address(), count=count) == {
            Busy("connection_failed")
        }

    def test_is_busy_when_the_name_does_not_resolve(
        self, gateway_at: GatewayAt, count: int
    ) -> None:
        assert outcomes(gateway_at, "http://gateway.invalid", count=count) == {
            Busy("connection_failed")
        }

    @pytest.mark.parametrize("url", ["gateway", "http://", "ftp://127.0.0.1", "http://[::1"])
    def test_is_busy_when_the_address_is_none(
        self, gateway_at: GatewayAt, url: str, count: int
    ) -> None:
        assert outcomes(gateway_at, url, count=count) == {Busy("gateway_address_invalid")}

    def test_is_busy_when_connecting_takes_too_long(
        self, gateway_at: GatewayAt, count: int
    ) -> None:
        with servers.never_accepting() as url:
            assert outcomes(gateway_at, url, count=count) == {Busy("connect_timeout")}

    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (servers.stays_silent, "read_timeout"),
            (servers.closes, "connection_broken"),
            (servers.resets, "connection_broken"),
            (servers.breaks_off, "connection_broken"),
            (servers.breaks_off_in_a_chunk, "connection_broken"),
            (servers.speaks_no_http, "connection_broken"),
            (servers.trickles, "answer_too_slow"),
            (servers.is_endless, "answer_too_long"),
        ],
    )
    def test_is_unclear_when_the_request_left_and_no_whole_answer_came(
        self, gateway_at: GatewayAt, behaviour: Behaviour, code: str, count: int
    ) -> None:
        with misbehaving(behaviour) as server:
            assert outcomes(gateway_at, server.url, count=count) == {Unclear(code)}
            assert len(server.requests) == gateway_at.requests_for(count), (
                "a request that may have been obeyed was repeated"
            )

    @pytest.mark.parametrize("status", [302, 303, 408, 409, 418, 500, 502, 504, 599])
    def test_is_unclear_when_the_status_proves_nothing(
        self, gateway_at: GatewayAt, status: int, count: int
    ) -> None:
        with misbehaving(answers(status, {"error": {"code": "new_one"}})) as server:
            assert outcomes(gateway_at, server.url, count=count) == {Unclear(f"http_{status}")}
            assert len(server.requests) == gateway_at.requests_for(count)

    @pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body)[:30])
    def test_is_unclear_when_the_answer_is_garbage(
        self, gateway_at: GatewayAt, body: object, count: int
    ) -> None:
        with misbehaving(answers(200, body)) as server:
            assert {type(o) for o in outcomes(gateway_at, server.url, count=count)} == {Unclear}

    @pytest.mark.parametrize(
        ("status", "code"),
        [(401, "unauthorised"), (403, "unauthorised"), (404, "gateway_address_wrong")],
    )
    def test_is_busy_when_the_fault_is_ours_and_no_borrowers(
        self, gateway_at: GatewayAt, status: int, code: str, count: int
    ) -> None:
        with misbehaving(answers(status)) as server:
            assert outcomes(gateway_at, server.url, count=count) == {Busy(code)}

    @pytest.mark.parametrize(("status", "code"), [(429, "throttled"), (503, "unavailable")])
    @pytest.mark.parametrize(
        ("wish", "seconds"),
        [
            ({}, None),
            ({"Retry_After": "7"}, 7.0),
            ({"Retry_After": "soon"}, None),
            ({"Retry_After": "-3"}, None),
            ({"Retry_After": "9" * 400}, None),
            (
                {
                    "Date": "Mon, 23 Nov 2026 02:00:00 GMT",
                    "Retry_After": "Mon, 23 Nov 2026 02:01:30 GMT",
                },
                90.0,
            ),
            ({"Retry_After": "Mon, 23 Nov 2026 02:01:30 GMT"}, None),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_is_busy_for_as_long_as_the_gateway_wishes(
        self,
        gateway_at: GatewayAt,
        status: int,
        code: str,
        wish: dict[str, str],
        seconds: float | None,
        count: int,
    ) -> None:
        with misbehaving(answers(status, **wish)) as server:
            assert outcomes(gateway_at, server.url, count=count) == {Busy(code, seconds)}

    def test_is_not_led_elsewhere(self, gateway_at: GatewayAt, count: int) -> None:
        with (
            misbehaving(answers(200, {})) as elsewhere,
            misbehaving(answers(307, Location=elsewhere.url)) as server,
        ):
            assert outcomes(gateway_at, server.url, count=count) == {Busy("gateway_moved")}
            assert elsewhere.requests == []

    @pytest.mark.parametrize("location", ["http://[", "foo:bar", "\xff", "//"])
    def test_takes_no_proof_from_an_odd_redirect(
        self, gateway_at: GatewayAt, location: str, count: int
    ) -> None:
        with misbehaving(answers(302, Location=location)) as server:
            assert outcomes(gateway_at, server.url, count=count) == {Unclear("http_302")}

    def test_takes_no_proof_from_odd_headers(self, gateway_at: GatewayAt, count: int) -> None:
        def contradicts(connection: socket.socket, request: bytes) -> None:
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
            connection.sendall(head)

        with misbehaving(contradicts) as server:
            assert {type(o) for o in outcomes(gateway_at, server.url, count=count)} == {Unclear}


class TestSending:
    def test_rejects_what_is_refused(self, gateway_at: GatewayAt) -> None:
        with misbehaving(answers(400)) as server:
            assert outcomes(gateway_at, server.url, count=1) == {Rejected("malformed")}

    def test_rejects_nobody_for_a_batch_that_is_refused(self, batches_at: GatewayAt) -> None:
        with misbehaving(answers(400, {"error": {"code": "malformed"}})) as server:
            assert outcomes(batches_at, server.url, count=3) == {Busy("batch_refused")}

    def test_of_nothing_calls_nobody(self, gateway_at: GatewayAt) -> None:
        with misbehaving(servers.resets) as server:
            assert gateway_at(server.url).send([]) == []
            assert server.connections == 0

    def test_takes_no_more_than_it_said(self, gateway_at: GatewayAt) -> None:
        gateway = gateway_at("http://127.0.0.1:1")

        with pytest.raises(ValueError, match="at once"):
            gateway.send(texts(gateway.max_batch + 1))

    def test_hands_made_up_borrowers_to_the_simulator_alone(self, gateway_at: GatewayAt) -> None:
        with misbehaving(answers(429)) as server:
            gateway = gateway_at(server.url)
            real, made_up = a_text(), a_text(is_demonstration=True)

            answered = gateway.send([made_up, real])

            assert gateway.takes_demonstrations is (gateway.name == "simulator")
            if gateway.takes_demonstrations:
                assert answered == [Busy("throttled")] * 2
            else:
                assert answered == [Rejected("demonstration_borrower"), Busy("throttled")]
                assert made_up.reference.encode() not in b"".join(server.requests)

    def test_names_itself_with_the_token(self, gateway_at: GatewayAt) -> None:
        with misbehaving(answers(429)) as server:
            gateway_at(server.url).send(texts(1))

            assert b"Authorization: Bearer token\r\n" in server.requests[0]


class TestConnections:
    def test_are_kept(self, gateway_at: GatewayAt) -> None:
        with misbehaving(answers(429, {})) as server:
            gateway = gateway_at(server.url)
            for _ in range(5):
                gateway.send(texts(1))

            assert (len(server.requests), server.connections) == (5, 1)

    def test_that_died_in_the_pool_are_replaced_before_anything_is_sent(
        self, gateway_at: GatewayAt
    ) -> None:
        closed = threading.Event()

        def answers_once(connection: socket.socket, request: bytes) -> None:
            answers(429, {})(connection, request)
            servers.closes(connection, request)
            closed.set()

        with misbehaving(answers_once) as server:
            gateway = gateway_at(server.url)
            for _ in range(3):
                closed.clear()
                assert gateway.send(texts(1)) == [Busy("throttled")]
                assert closed.wait(timeout=5)

            assert (len(server.requests), server.connections) == (3, 3)

    def test_that_die_under_a_request_leave_it_unclear(self, gateway_at: GatewayAt) -> None:
        seen: list[int] = []

        def dies_the_second_time(connection: socket.socket, request: bytes) -> None:
            seen.append(1)
            behave = answers(429, {}) if len(seen) == 1 else servers.resets
            behave(connection, request)

        with misbehaving(dies_the_second_time) as server:
            gateway = gateway_at(server.url)

            assert gateway.send(texts(1)) == [Busy("throttled")]
            assert gateway.send(texts(1)) == [Unclear("connection_broken")]
            assert len(server.requests) == 2, "the request was written again elsewhere"

    def test_that_were_idle_too_long_are_not_used_again(
        self, gateway_at: GatewayAt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "IDLE_SECONDS_MAX", 0.0)
        with misbehaving(answers(429, {})) as server:
            gateway = gateway_at(server.url)
            for _ in range(3):
                gateway.send(texts(1))

            assert server.connections == 3

    def test_belong_to_one_thread(self, gateway_at: GatewayAt) -> None:
        with misbehaving(answers(429, {})) as server:
            gateway = gateway_at(server.url)
            gateway.send(texts(1))
            for _ in range(2):
                thread = threading.Thread(target=lambda: gateway.send(texts(1)))
                thread.start()
                thread.join()

            assert server.connections == 3

    def test_are_not_shared_with_a_forked_process(
        self, gateway_at: GatewayAt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with misbehaving(answers(429, {})) as server:
            gateway = gateway_at(server.url)
            gateway.send(texts(1))
            # What a worker sees after the fork: the parent's objects, another process number.
            monkeypatch.setattr(os, "getpid", lambda: -1)
            gateway.send(texts(1))

            assert server.connections == 2


class TestAsking:
    @pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
    def test_learns_nothing_from_an_error(self, gateway_at: GatewayAt, status: int) -> None:
        with (
            misbehaving(answers(status, {"results": []})) as server,
            pytest.raises(GatewayUnreachable),
        ):
            gateway_at(server.url).query(["a"])

    @pytest.mark.parametrize(
        "behaviour", [servers.stays_silent, servers.closes, servers.breaks_off, servers.trickles]
    )
    def test_learns_nothing_from_a_broken_connection(
        self, gateway_at: GatewayAt, behaviour: Behaviour
    ) -> None:
        with misbehaving(behaviour) as server, pytest.raises(GatewayUnreachable):
            gateway_at(server.url).query(["a"])

    def test_learns_nothing_when_nobody_listens(self, gateway_at: GatewayAt) -> None:
        with pytest.raises(GatewayUnreachable, match="connection_failed"):
            gateway_at(servers.unused_address()).query(["a"])

    @pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body)[:30])
    def test_never_takes_garbage_for_the_word_that_it_was_never_seen(
        self, gateway_at: GatewayAt, body: object
    ) -> None:
        with misbehaving(answers(200, body)) as server, suppress(GatewayUnreachable):
            assert gateway_at(server.url).query(["a", "b"]) == []


class TestCallbacks:
    def test_without_a_signature_are_forged(self, gateway_at: GatewayAt) -> None:
        with pytest.raises(ForgedCallback):
            gateway_at("http://127.0.0.1:1").verify(body=b"{}", headers={}, now=NOW)

    @pytest.mark.parametrize("body", ["", "nonsense", "null", "[]", "{}", "[" * 100_000])
    def test_in_no_format_are_malformed(self, gateway_at: GatewayAt, body: str) -> None:
        with pytest.raises(MalformedCallback):
            gateway_at("http://127.0.0.1:1").read_receipts(body)
