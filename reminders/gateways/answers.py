"""What comes of one HTTP request: an answer, or a failure that proves more or less.

Note [What a transport failure proves]
Only what happens before a connection stands proves that nothing was sent: a name that does not
resolve, a refused or timed-out connection, a certificate that is not trusted, an address that is
none. From then on bytes may have left, whatever the error is called, also when a connection
from the pool turns out to be dead: `MaybeSent`. Automatic retries are off for that reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime


class NotSent(Exception):
    """Nothing left this machine; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MaybeSent(Exception):
    """The request, or part of it, may have arrived; `code` says what happened."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `retry_after` in seconds if it names one."""

    status: int
    body: bytes
    retry_after: float | None


Result = Answer | NotSent | MaybeSent


@dataclass(frozen=True, slots=True)
class Post:
    """One request to make."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much is borne. See the constants of `transport`."""

    connect_seconds: float
    read_seconds: float
    answer_seconds_max: float
    answer_bytes_max: int
    idle_seconds_max: float


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from Retry-After: a number, or a date measured by the answer's own Date."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(wait.total_seconds(), 0.0)
