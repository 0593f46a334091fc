"""The simulator's fast mode as a process, and the orders that a measurement gives it."""

import os
import re
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from config.local.ports import LOOPBACK
from config.local.processes import has_ended, spawn, stop, tail, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS_MAX = 20.0
CONNECTIONS = 16
"""Over which receipts come in."""


class FastGateway:
    """A context manager; `shift_seconds` moves its clock along with ours. Listens at `address`."""

    def __init__(self, folder: Path, *, shift_seconds: int, address: str = LOOPBACK) -> None:
        self.token = secrets.token_hex(16)
        self.secret = secrets.token_hex(16)
        self.url = ""
        self._log = folder / "gateway.log"
        self._shift_seconds = shift_seconds
        self._address = address
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Self:
        self._process = spawn(
            [
                *(sys.executable, "-m", "reminders.simulator", "--fast"),
                *("--host", self._address, "--port", "0"),
            ],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONUNBUFFERED": "1",
                "SMS_GATEWAY_TOKEN": self.token,
                "SMS_GATEWAY_SECRET": self.secret,
                "CLOCK_SHIFT_SECONDS": str(self._shift_seconds),
            },
            cwd=ROOT,
            log=self._log,
        )
        if not wait_until(self._is_up, seconds=START_SECONDS_MAX):
            raise RuntimeError("the gateway did not start:\n" + "\n".join(tail(self._log)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()
        stop(self._process, how=signal.SIGTERM, seconds=5)

    @property
    def pid(self) -> int:
        """Of its one process."""
        return self._process.pid

    def begin(self, *, latency_ms: float = 0) -> None:
        """Forget all texts; from now on answer that much later."""
        self._post("/v1/fast/begin", {"latency_ms": latency_ms})

    def stats(self) -> Mapping[str, int]:
        """Texts, repeats, requests, and the most connections at once, since `begin`."""
        found: Mapping[str, int] = self._post("/v1/stats", {})
        return found

    def arrivals(self) -> Mapping[str, float]:
        """When each reference came, in Unix seconds of the moved clock."""
        found: Mapping[str, float] = self._post("/v1/fast/arrivals", {})
        return found

    def call_back(
        self, url: str, *, references: Sequence[str], per_callback: int
    ) -> Mapping[str, Any]:
        """Post a receipt for each; returns when all were answered: callbacks, refused, seconds."""
        order = {
            "url": url,
            "references": references,
            "per_callback": per_callback,
            "connections": CONNECTIONS,
        }
        found: Mapping[str, Any] = self._post("/v1/fast/receipts", order, seconds=3_600)
        return found

    def _post(self, path: str, document: Mapping[str, Any], *, seconds: float = 30) -> Any:
        answer = self._session.post(self.url + path, json=document, timeout=seconds)
        answer.raise_for_status()
        return answer.json()

    def _is_up(self) -> bool:
        if has_ended(self._process):
            return True
        found = re.search(r"listening on (http://\S+)", self._log.read_text(encoding="utf-8"))
        self.url = found[1] if found else ""
        return bool(found)
