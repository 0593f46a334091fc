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

import orjson

from reminders.gateways import receipts_json, signing
from reminders.gateways.answers import Answer, MaybeSent, NotSent, Post, Result
from reminders.gateways.base import (
    BEGIN_SECONDS_MAX,
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
from reminders.gateways.transport import HttpTransport

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

    `url` is the address under which `/messages` lies, without a slash at the end. A request carries
    up to `texts_per_request` texts. With one connection requests go one after the other, through
    `requests`; with more, that many are under way at once, through libcurl.
    """

    name: str
    url: str
    token: str
    secret: str
    callback_url: str
    texts_per_request: int = 100
    references_per_query: int = 100
    connections: int = 1
    # That a gateway never sends one reference twice is its promise, not ours: a file for one
    # that makes it says so.
    honours_references: bool = False
    can_query: bool = True
    takes_demonstrations: bool = False


TEXTS_PER_REQUEST_MAX = 100

ROUNDS = 4
"""Requests for each connection in one `send`: so many that the connections need not all wait for
the slowest of them, so few that the last texts set out soon after the first."""

TEXTS_AT_ONCE = 1_000
"""More texts than these are given to one `send` only if a single request carries more."""


def json_http(
    *,
    url: str,
    token: str,
    secret: str,
    callback_url: str,
    texts_per_request: int = 0,
    connections: int = 1,
) -> Gateway:
    """Any gateway that speaks this format at `url`."""
    return JsonHttpGateway(
        JsonHttpOptions(
            name=NAME,
            url=url,
            token=token,
            secret=secret,
            callback_url=callback_url,
            texts_per_request=min(
                texts_per_request or TEXTS_PER_REQUEST_MAX, TEXTS_PER_REQUEST_MAX
            ),
            connections=connections,
        )
    )


class JsonHttpGateway:
    """A gateway that speaks our JSON format."""

    def __init__(self, options: JsonHttpOptions, *, transport: HttpTransport | None = None) -> None:
        self.name = options.name
        self.max_batch = _texts_in_one_send(options)
        self.honours_references = options.honours_references
        self.can_query = options.can_query
        self.takes_demonstrations = options.takes_demonstrations
        self._texts_per_request = options.texts_per_request
        self._references_per_query = options.references_per_query
        self._connections = options.connections
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

    def send(self, texts: Sequence[Text], *, within: float = BEGIN_SECONDS_MAX) -> list[Outcome]:
        """Hand over up to `max_batch` texts; one answer for each, in the same order."""
        if len(texts) > self.max_batch:
            raise ValueError(f"{len(texts)} texts; {self.name} takes {self.max_batch} at once")
        allowed = [t for t in texts if self.takes_demonstrations or not t.is_demonstration]
        requests = [
            allowed[start : start + self._texts_per_request]
            for start in range(0, len(allowed), self._texts_per_request)
        ]
        outcomes: dict[str, Outcome] = {}
        for some, result in zip(requests, self._hand_over(requests, within=within), strict=True):
            outcomes |= self._outcomes(some, result)
        refused = Rejected("demonstration_borrower")
        return [outcomes.get(text.reference, refused) for text in texts]

    def query(self, references: Sequence[str]) -> list[Status]:
        """What the gateway clearly says of these texts. Raises GatewayUnreachable."""
        statuses: list[Status] = []
        for start in range(0, len(references), self._references_per_query):
            some = list(references[start : start + self._references_per_query])
            body = _encoded({"references": some})
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

    def _hand_over(self, requests: Sequence[Sequence[Text]], *, within: float) -> list[Result]:
        posts = [self._post(some) for some in requests]
        if self._connections > 1:
            return self._transport.post_many(posts, connections=self._connections, within=within)
        return [self._result(post) for post in posts]

    def _result(self, post: Post) -> Result:
        try:
            return self._transport.post(post.url, body=post.body, headers=post.headers)
        except (NotSent, MaybeSent) as error:
            return error

    def _post(self, texts: Sequence[Text]) -> Post:
        """The request for these texts; a single one has an address and a key of its own."""
        if len(texts) == 1:
            return Post(
                f"{self._url}/messages",
                _encoded(_document(texts[0]) | {"callback_url": self._callback_url}),
                {"Idempotency-Key": texts[0].reference},
            )
        messages = [_document(text) for text in texts]
        return Post(
            f"{self._url}/messages/batch",
            _encoded({"messages": messages, "callback_url": self._callback_url}),
        )

    def _outcomes(self, texts: Sequence[Text], result: Result) -> dict[str, Outcome]:
        """What came of each text of one request, by reference."""
        if isinstance(result, Answer):
            if len(texts) == 1:
                return {texts[0].reference: _outcome_of_one(result, texts[0].reference)}
            return self._outcomes_of_batch(result, [text.reference for text in texts])
        failed = Busy(result.code) if isinstance(result, NotSent) else Unclear(result.code)
        return dict.fromkeys((text.reference for text in texts), failed)

    def _outcomes_of_batch(self, answer: Answer, references: Sequence[str]) -> dict[str, Outcome]:
        results = _results(answer)
        if results is not None:
            return _outcomes_of_entries(results, references=references)
        outcome = _outcome_of_error(answer, _object(answer))
        if isinstance(outcome, Rejected):
            log.error("%s refuses a whole batch: %s", self.name, outcome.code)
            outcome = Busy("batch_refused")
        return dict.fromkeys(references, outcome)


def _texts_in_one_send(options: JsonHttpOptions) -> int:
    if options.connections == 1:
        return options.texts_per_request
    wanted = options.texts_per_request * options.connections * ROUNDS
    return max(options.texts_per_request, min(wanted, TEXTS_AT_ONCE))


def _encoded(document: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8; half a surrogate pair, which UTF-8 cannot hold, becomes an escape."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode()


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


def _outcome_of_one(answer: Answer, reference: str) -> Outcome:
    """What the answer to a request with this text alone means for it."""
    answered = _object(answer)
    if 200 <= answer.status < 300 and not answered.get("error"):
        if answered.get("reference", reference) != reference:
            return Unclear("answer_for_another")
        return _outcome_of_entry(answered)
    return _outcome_of_error(answer, answered)


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
