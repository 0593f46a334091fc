"""The generic gateway: texts as JSON over HTTP. The wire format is in docs/adding-a-gateway.md.

An answer is believed only where it is clear. What a gateway says of one text in words (`status`,
`code`) counts most, then the code of an error, then the HTTP status; whatever none of the three
tables below knows may have been sent.
"""

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reminders.gateways import receipts_json, signing
from reminders.gateways.base import (
    Accepted,
    Busy,
    Gateway,
    GatewayUnreachable,
    Outcome,
    ReadReceipts,
    Rejected,
    Status,
    Text,
    Unclear,
)
from reminders.gateways.receipts_json import CODE_CHARACTERS_MAX, KEY_CHARACTERS_MAX, short_text
from reminders.gateways.transport import Answer, HttpTransport, MaybeSent, NotSent

log = logging.getLogger(__name__)

NAME = "json_http"

# Codes of errors, in the gateway's words and ours. A code that is not here decides nothing.
CODES: Mapping[str, Rejected | Busy] = {
    "invalid_number": Rejected("invalid_number", address_unusable=True),
    "number_not_in_service": Rejected("number_not_in_service", address_unusable=True),
    "recipient_refuses": Rejected("recipient_refuses", address_unusable=True),
    "empty_body": Rejected("empty_body"),
    "text_too_long": Rejected("text_too_long"),
    "content_refused": Rejected("content_refused"),
    "malformed": Rejected("malformed"),
    "throttled": Busy("throttled"),
    "recipient_limit": Busy("recipient_limit"),
    "unavailable": Busy("unavailable"),
    "unauthorised": Busy("unauthorised"),
    "no_balance": Busy("no_balance"),
    "sender_not_approved": Busy("sender_not_approved"),
}

# HTTP statuses that say by themselves that nothing was sent, for a reason that no borrower has to
# do with: a full gateway, a wrong token, a wrong address. 500, 502 and 504 prove nothing.
NOT_SENT: Mapping[int, Busy] = {
    301: Busy("gateway_moved"),
    307: Busy("gateway_moved"),
    308: Busy("gateway_moved"),
    401: Busy("unauthorised"),
    402: Busy("no_balance"),
    403: Busy("unauthorised"),
    404: Busy("gateway_address_wrong"),
    405: Busy("gateway_address_wrong"),
    413: Busy("request_too_large"),
    429: Busy("throttled"),
    503: Busy("unavailable"),
}

# HTTP statuses that refuse what was asked. With several texts in the request none of them is
# known to be the culprit, so none is rejected for it.
REFUSED: Mapping[int, Rejected] = {400: Rejected("malformed"), 422: Rejected("content_refused")}


@dataclass(frozen=True, slots=True)
class JsonHttpOptions:
    """What differs between gateways that speak this format.

    `url` is the address under which `/messages` lies, without a slash at the end.
    """

    name: str
    url: str
    token: str
    secret: str
    callback_url: str
    max_batch: int = 100
    # That a gateway never sends one reference twice is its promise, not ours: a file for one
    # that makes it says so.
    honours_references: bool = False
    can_query: bool = True
    takes_demonstrations: bool = False


def json_http(*, url: str, token: str, secret: str, callback_url: str) -> Gateway:
    """Any gateway that speaks this format at `url`."""
    return JsonHttpGateway(
        JsonHttpOptions(name=NAME, url=url, token=token, secret=secret, callback_url=callback_url)
    )


class JsonHttpGateway:
    """A gateway that speaks our JSON format."""

    def __init__(self, options: JsonHttpOptions, *, transport: HttpTransport | None = None) -> None:
        self.name = options.name
        self.max_batch = options.max_batch
        self.honours_references = options.honours_references
        self.can_query = options.can_query
        self.takes_demonstrations = options.takes_demonstrations
        self._url = options.url
        self._secret = options.secret
        self._callback_url = options.callback_url
        self._transport = transport or HttpTransport(
            headers={
                "Authorization": f"Bearer {options.token}",
                "Content-Type": "application/json",
                "User-Agent": "duecourse",
            }
        )

    def send(self, texts: Sequence[Text]) -> list[Outcome]:
        """Hand over up to `max_batch` texts; one answer for each, in the same order."""
        if len(texts) > self.max_batch:
            raise ValueError(f"{len(texts)} texts; {self.name} takes {self.max_batch} at once")
        allowed = [t for t in texts if self.takes_demonstrations or not t.is_demonstration]
        outcomes: dict[str, Outcome] = {}
        if len(allowed) == 1:
            outcomes[allowed[0].reference] = self._send_one(allowed[0])
        elif allowed:
            outcomes = self._send_batch(allowed)
        refused = Rejected("demonstration_borrower")
        return [outcomes.get(text.reference, refused) for text in texts]

    def query(self, references: Sequence[str]) -> list[Status]:
        """What the gateway clearly says of these texts. Raises GatewayUnreachable."""
        statuses: list[Status] = []
        for start in range(0, len(references), self.max_batch):
            some = list(references[start : start + self.max_batch])
            body = json.dumps({"references": some}).encode()
            try:
                answer = self._transport.post(f"{self._url}/messages/query", body=body)
            except (NotSent, MaybeSent) as error:
                raise GatewayUnreachable(f"{self.name}: {error.code}") from error
            results = _results(answer)
            if results is None:
                raise GatewayUnreachable(f"{self.name}: unreadable answer, HTTP {answer.status}")
            statuses += receipts_json.read_query(results, asked=some)
        return statuses

    def verify(self, *, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Raises ForgedCallback unless the gateway made this callback."""
        signing.verify(body, headers=headers, secret=self._secret, now=now)

    def read_receipts(self, body: str) -> ReadReceipts:
        """Statements in a verified callback. Raises MalformedCallback."""
        return receipts_json.read_callback(body)

    def _send_one(self, text: Text) -> Outcome:
        document = _document(text) | {"callback_url": self._callback_url}
        try:
            answer = self._transport.post(
                f"{self._url}/messages",
                body=json.dumps(document).encode(),
                headers={"Idempotency-Key": text.reference},
            )
        except NotSent as error:
            return Busy(error.code)
        except MaybeSent as error:
            return Unclear(error.code)
        answered = _object(answer)
        if 200 <= answer.status < 300 and not answered.get("error"):
            if answered.get("reference", text.reference) != text.reference:
                return Unclear("answer_for_another")
            return _outcome_of_entry(answered)
        return _outcome_of_error(answer, answered)

    def _send_batch(self, texts: Sequence[Text]) -> dict[str, Outcome]:
        references = [text.reference for text in texts]
        document = {
            "messages": [_document(text) for text in texts],
            "callback_url": self._callback_url,
        }
        try:
            answer = self._transport.post(
                f"{self._url}/messages/batch", body=json.dumps(document).encode()
            )
        except NotSent as error:
            return dict.fromkeys(references, Busy(error.code))
        except MaybeSent as error:
            return dict.fromkeys(references, Unclear(error.code))
        results = _results(answer)
        if results is not None:
            return _outcomes_of_entries(results, references=references)
        outcome = _outcome_of_error(answer, _object(answer))
        if isinstance(outcome, Rejected):
            log.error("%s refuses a whole batch: %s", self.name, outcome.code)
            outcome = Busy("batch_refused")
        return dict.fromkeys(references, outcome)


def _document(text: Text) -> dict[str, str]:
    return {"reference": text.reference, "to": text.to, "body": text.body}


def _object(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer; empty for anything else."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _results(answer: Answer) -> list[Any] | None:
    """The list of results in a good answer; None when there is none to be believed."""
    results = _object(answer).get("results")
    return results if 200 <= answer.status < 300 and isinstance(results, list) else None


def _outcomes_of_entries(
    results: Sequence[Any], *, references: Sequence[str]
) -> dict[str, Outcome]:
    """Entries are matched by reference: order proves nothing, and what is missing is unclear."""
    outcomes: dict[str, Outcome] = {}
    for entry in results:
        reference = entry.get("reference") if isinstance(entry, dict) else None
        if not isinstance(reference, str):
            continue
        outcome = _outcome_of_entry(entry)
        if outcomes.setdefault(reference, outcome) != outcome:
            outcomes[reference] = Unclear("contradictory_answer")
    missing = Unclear("not_in_answer")
    return {reference: outcomes.get(reference, missing) for reference in references}


def _outcome_of_entry(entry: Mapping[str, Any]) -> Outcome:
    """What the gateway says of one text."""
    code = short_text(entry.get("code"), most=CODE_CHARACTERS_MAX)
    match entry.get("status"):
        case "accepted":
            return Accepted(short_text(entry.get("id"), most=KEY_CHARACTERS_MAX))
        case "rejected":
            return CODES.get(code) or Rejected(code or "rejected")
        case "busy":
            return Busy(code or "busy", _seconds(entry.get("retry_after")))
    return Unclear("unreadable_answer")


def _outcome_of_error(answer: Answer, answered: Mapping[str, Any]) -> Outcome:
    """What an answer without results means, for every text of the request."""
    error = answered.get("error")
    given = error.get("code") if isinstance(error, dict) else None
    code = short_text(given, most=CODE_CHARACTERS_MAX)
    outcome: Outcome | None = CODES.get(code) or NOT_SENT.get(answer.status)
    if isinstance(outcome, Busy):
        return Busy(outcome.code, answer.retry_after)
    if outcome is None and answer.status in REFUSED:
        return Rejected(code) if code else REFUSED[answer.status]
    if outcome is None and 200 <= answer.status < 300:
        return Unclear("unreadable_answer")
    return outcome or Unclear(f"http_{answer.status}")


def _seconds(value: object) -> float | None:
    """A wait that a gateway names; None for what is none (JSON in Python may hold NaN)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
