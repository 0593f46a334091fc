"""Bad input: a clear error that names it, a 4xx, never a 500."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.simulator.helpers import error_of, message, send
from tests.simulator_process import SimulatorProcess


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"to": "13800138000"}, 400, "invalid_number"),
            ({"to": "+86138001380001234567"}, 400, "invalid_number"),
            ({"to": "+８613800138000"}, 400, "invalid_number"),
            ({"to": 13800138000}, 400, "malformed"),
            ({"body": ""}, 400, "empty_body"),
            ({"body": None}, 400, "malformed"),
            ({"body": "half a pair \ud83d"}, 400, "malformed"),
            ({"body": "nul \0"}, 400, "malformed"),
            ({"body": "长" * 1_001}, 422, "content_refused"),
            ({"reference": ""}, 400, "malformed"),
            ({"reference": "a b"}, 400, "malformed"),
            ({"reference": ["x"]}, 400, "malformed"),
            ({"sender": 7}, 400, "malformed"),
            ({"sender": "【" + "长" * 40 + "】"}, 400, "malformed"),
            ({"callback_url": "ftp://127.0.0.1/"}, 400, "malformed"),
            ({"callback_url": "http://[::1"}, 400, "malformed"),
            ({"callback_url": "http://127.0.0.1:99999/"}, 400, "malformed"),
            ({"callback_url": {"a": 1}}, 400, "malformed"),
        ],
    )
    def test_a_bad_message_is_named(
        self, simulator: SimulatorProcess, change: dict[str, Any], status: int, code: str
    ) -> None:
        answer = send(simulator, message(**change))

        assert (answer.status_code, error_of(answer)) == (status, code)

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe{",
            b'{"reference": "' + b"\xe9" + b'"}',
            b"[" * 100_000,
            b'{"body": ' + b"9" * 5_000 + b"}",
        ],
    )
    @pytest.mark.parametrize(
        "path", ["/v1/messages", "/v1/messages/batch", "/v1/messages/query", "/v1/faults"]
    )
    def test_what_is_no_json_object_is_malformed(
        self, simulator: SimulatorProcess, path: str, raw: bytes
    ) -> None:
        method = "PUT" if path == "/v1/faults" else "POST"

        answer = simulator.call(method, path, data=raw)

        assert (answer.status_code, error_of(answer)) == (400, "malformed")

    @pytest.mark.parametrize(
        ("path", "document"),
        [
            ("/v1/messages/batch", {}),
            ("/v1/messages/batch", {"messages": {}}),
            ("/v1/messages/batch", {"messages": [None] * 501}),
            ("/v1/messages/batch", {"messages": [], "callback_url": "nowhere"}),
            ("/v1/messages/query", {"references": "all"}),
            ("/v1/messages/query", {"references": [1]}),
            ("/v1/messages/query", {"references": ["x"] * 501}),
        ],
    )
    def test_a_bad_batch_or_query_is_refused_whole(
        self, simulator: SimulatorProcess, path: str, document: object
    ) -> None:
        answer = simulator.call("POST", path, json=document)

        assert (answer.status_code, error_of(answer)) == (400, "malformed")

    def test_a_huge_body_is_refused(self, simulator: SimulatorProcess) -> None:
        def megabytes() -> Iterator[bytes]:
            for _ in range(16):
                yield b" " * 1024 * 1024

        announced = simulator.call("POST", "/v1/messages", data=b"x" * 200 * 1024 * 1024)
        streamed = simulator.call("POST", "/v1/messages", data=megabytes())

        for answer in (announced, streamed):
            assert (answer.status_code, error_of(answer)) == (413, "too_large")
        assert send(simulator, message()).status_code == 202

    def test_a_body_that_is_not_what_its_encoding_says_is_malformed(
        self, simulator: SimulatorProcess
    ) -> None:
        headers = simulator.headers | {"Content-Encoding": "gzip"}

        answer = simulator.call("POST", "/v1/messages", data=b"not gzip", headers=headers)

        assert (answer.status_code, error_of(answer)) == (400, "malformed")

    @pytest.mark.parametrize(
        "headers", [{}, {"Authorization": "Bearer forged"}, {"Authorization": "Bearer té"}]
    )
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v1/messages"),
            ("PUT", "/v1/faults"),
            ("GET", "/v1/texts"),
            ("GET", "/v1/nothing"),
        ],
    )
    def test_a_forged_token_gets_nowhere(
        self, simulator: SimulatorProcess, method: str, path: str, headers: dict[str, str]
    ) -> None:
        coded = {name: value.encode() for name, value in headers.items()}

        answer = simulator.call(method, path, headers=coded, json=message())

        assert (answer.status_code, error_of(answer)) == (401, "unauthorised")

    def test_an_unknown_reference_is_not_found(self, simulator: SimulatorProcess) -> None:
        answer = simulator.call("GET", f"/v1/messages/{uuid.uuid4()}")

        assert (answer.status_code, error_of(answer)) == (404, "not_found")

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/v1/nothing", 404, "not_found"),
            ("DELETE", "/v1/messages", 405, "method_not_allowed"),
            ("GET", "/v1/texts?limit=-1", 400, "malformed"),
            ("GET", "/v1/texts?limit=9999999", 400, "malformed"),
            ("GET", "/v1/texts?after=1e3", 400, "malformed"),
            ("GET", "/v1/texts?after=" + "9" * 30, 400, "malformed"),
            ("GET", "/v1/texts?to=nobody", 400, "invalid_number"),
            ("GET", "/stream?to=nobody", 400, "invalid_number"),
        ],
    )
    def test_a_bad_address_is_refused(
        self, simulator: SimulatorProcess, method: str, path: str, status: int, code: str
    ) -> None:
        answer = simulator.call(method, path)

        assert (answer.status_code, error_of(answer)) == (status, code)

    @pytest.mark.parametrize(
        "faults",
        [
            {"error_rate": 2},
            {"error_rate": "often"},
            {"error_rate": True},
            {"error_rate": float("nan")},
            {"error_status": 200},
            {"latency_ms": -1},
            {"latency_ms": 1.5},
            {"receipt_delay_ms": 5},
            {"receipt_delay_ms": [5, 1]},
            {"receipt_delay_ms": [1, "2"]},
            {"reorder_receipts": 1},
            {"seed": -1},
            {"gremlins": 1},
        ],
    )
    def test_a_bad_fault_is_named_and_changes_nothing(
        self, simulator: SimulatorProcess, faults: dict[str, Any]
    ) -> None:
        before = simulator.call("GET", "/v1/faults").json()

        answer = simulator.call("PUT", "/v1/faults", data=json.dumps(faults))

        assert (answer.status_code, error_of(answer)) == (400, "malformed")
        assert next(iter(faults)) in answer.json()["error"]["message"]
        assert simulator.call("GET", "/v1/faults").json() == before
