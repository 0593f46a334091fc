"""The gateway simulator as a real process, for tests. Needs neither Django nor a database."""

import os
import re
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10


class SimulatorProcess:
    """A context manager: start on a free port with a store of its own.

    `kill()` is kill -9, `restart()` comes back on the same port with the same store, and with what
    was changed in `environment`.
    """

    def __init__(self, *, store: Path | None = None, environment: dict[str, str] | None = None):
        self.token = secrets.token_hex(16)
        self.secret = secrets.token_hex(16)
        self._folder = None if store else tempfile.TemporaryDirectory(prefix="simulator-")
        self.store = store or Path(self._folder.name if self._folder else "")
        self.environment = environment or {}
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """The header that /v1 asks for."""
        return {"Authorization": f"Bearer {self.token}"}

    def start(self) -> None:
        """Start it; the first time on a free port, later on the same one."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "reminders.simulator",
                "--port",
                str(self.port),
                "--store",
                str(self.store),
            ],
            cwd=ROOT,
            env={
                "PATH": os.environ.get("PATH", ""),
                "SMS_GATEWAY_TOKEN": self.token,
                "SMS_GATEWAY_SECRET": self.secret,
                "LOG_LEVEL": "WARNING",
                **self.environment,
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self._read_port()

    def stop(self) -> int:
        """Ask it to stop. Returns its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill -9 if it runs, and start it again."""
        self.kill()
        self.start()

    def call(
        self, method: str, path: str, *, timeout: float = 10, **options: Any
    ) -> requests.Response:
        """An HTTP call with the token; `options` as for requests."""
        options.setdefault("headers", self.headers)
        return requests.request(method, self.url + path, timeout=timeout, **options)

    def texts(self, *, to: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """All texts that reached phones, in order."""
        found: list[dict[str, Any]] = []
        while True:
            query: dict[str, Any] = {"after": after, "limit": 5_000} | ({"to": to} if to else {})
            answer = self.call("GET", "/v1/texts", params=query)
            answer.raise_for_status()
            page = answer.json()
            found += page["texts"]
            after = page["next_after"]
            if len(page["texts"]) < 5_000:
                return found

    def set_faults(self, **faults: Any) -> None:
        """Replace the faults; none at all turns everything off."""
        self.call("PUT", "/v1/faults", json=faults).raise_for_status()

    def stats(self) -> dict[str, int]:
        """What the simulator counted."""
        answer = self.call("GET", "/v1/stats")
        answer.raise_for_status()
        counted: dict[str, int] = answer.json()
        return counted

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def _read_port(self) -> int:
        """The port from the line that says it listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + START_SECONDS_MAX
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while selector.select(timeout=max(0.0, deadline - time.monotonic())):
                line = self._process.stdout.readline()
                if match := re.search(r"listening on http://[^ ]*:(\d+)$", line):
                    return int(match[1])
                if not line:
                    raise RuntimeError(f"the simulator ended with {self._process.wait()}")
        raise TimeoutError("the simulator did not start in time")
