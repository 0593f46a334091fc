"""What the tests of the simulator share."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.simulator_process import SimulatorProcess

PHONE = "+8613800138000"
SECONDS_MAX = 15


class Receiver:
    """A small HTTP server that takes receipts, for as long as it is told to answer 200."""

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.calls: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def receipts(self) -> list[dict[str, str]]:
        """All receipts that came, in order."""
        return [one for _, body in self.calls for one in json.loads(body)["receipts"]]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def wait_until(condition: Callable[[], Any], *, what: str) -> Any:
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.02)
    pytest.fail(f"waited {SECONDS_MAX} s in vain: {what}")


def message(**fields: Any) -> dict[str, Any]:
    return {"reference": str(uuid.uuid4()), "to": PHONE, "body": "您的还款日为11月26日。"} | fields


def send(simulator: SimulatorProcess, item: dict[str, Any]) -> requests.Response:
    return simulator.call("POST", "/v1/messages", json=item)


def send_batch(simulator: SimulatorProcess, items: list[Any], **fields: Any) -> list[Any]:
    answer = simulator.call("POST", "/v1/messages/batch", json={"messages": items} | fields)
    assert answer.status_code == 200, answer.text
    results: list[Any] = answer.json()["results"]
    return results


def status_of(simulator: SimulatorProcess, item: dict[str, Any]) -> Any:
    return simulator.call("GET", f"/v1/messages/{item['reference']}").json()["status"]


def new_phone() -> str:
    return f"+86139{uuid.uuid4().int % 10**8:08d}"


def error_of(answer: requests.Response) -> str:
    assert answer.headers["Content-Type"].startswith("application/json")
    error = answer.json()["error"]
    assert error["message"]
    code: str = error["code"]
    return code
