"""What the pipeline asks of a gateway, and the answers it understands.

Three failures with three meanings (see Note [Three failures]); a gateway never raises for them,
it answers for each text, because in a batch each text fares on its own.

Note [Three failures]
`Rejected` is final: this text will not go to this person. `Busy` is certainly not sent: try later.
`Unclear` may have been sent: nobody may send it again until the gateway, asked, says that
it never saw it. A code that a gateway file does not know maps to `Unclear` after the
request has left and to `Busy` before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

BEGIN_SECONDS_MAX = 5.0
"""How long a `send` may go on beginning to hand texts over, where the caller names no time."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text to hand over. `to` is E.164; `body` is complete, signature included."""

    reference: str
    to: str
    body: str
    parts: int
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took it. `provider_id` is the gateway's own number, may be empty."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Final. `code` is ours where we know the gateway's, else the gateway's own.

    `address_unusable` says that the fault lies with the number: nobody should write to it again.
    """

    code: str
    address_unusable: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Certainly not sent. `retry_after` in seconds if the gateway named one."""

    code: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """May have been sent."""

    code: str


Outcome = Accepted | Rejected | Busy | Unclear


@dataclass(frozen=True, slots=True)
class Status:
    """What a gateway says of one text later. `event` tells doubled statements apart.

    `provider_id` is the gateway's own number, may be empty. `address_unusable`: the number does
    not exist or refuses us for good. `temporary`: undelivered for a reason that may pass (phone
    off, memory full, no coverage), and the carrier will not try again by itself.
    """

    reference: str
    status: Literal["accepted", "delivered", "undelivered", "not_found"]
    code: str
    happened_at: datetime | None
    event: str
    address_unusable: bool = False
    provider_id: str = ""
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class ReadReceipts:
    """The statements in one callback, and what could not be read of it, a line each."""

    statuses: tuple[Status, ...]
    problems: tuple[str, ...]


class ForgedCallback(ValueError):
    """The signature is missing, wrong or too old."""


class MalformedCallback(ValueError):
    """Signed, but not in the gateway's format at all."""


class Gateway(Protocol):
    """One way to hand texts over. One file each; all pass `tests/contract`."""

    name: str
    """Stable: stored with messages and part of the callback address."""
    max_batch: int
    """Texts in one `send`."""
    honours_references: bool
    """The same reference is never sent twice, so a text it never saw may be sent again."""
    can_query: bool
    """`query` works, and `not_found` means: never seen."""
    takes_demonstrations: bool
    """Only the simulator: borrowers who are made up are refused everywhere else."""

    def send(self, texts: Sequence[Text], *, within: float = BEGIN_SECONDS_MAX) -> list[Outcome]:
        """Hand over up to `max_batch` texts; one answer for each, in the same order.

        No text sets out later than `within` seconds after the call: one that could not is Busy.
        Answers may come later than that.
        """
        ...

    def query(self, references: Sequence[str]) -> list[Status]:
        """Ask what became of texts, any number of them.

        A text that the answer does not name, or names in a way that cannot be read, is left out:
        only a clear `not_found` may lead to a second sending. Raises GatewayUnreachable.
        """
        ...

    def verify(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Raises ForgedCallback unless the gateway made this callback."""
        ...

    def read_receipts(self, body: str) -> ReadReceipts:
        """Statements in a verified callback. Raises MalformedCallback."""
        ...


class GatewayUnreachable(RuntimeError):
    """A question could not be put; nothing was learned."""
