"""Callbacks of gateways: verify, store raw, ring, answer. Applying comes later.

Note [The short way]
Callbacks come by the thousand, each of one statement, and storing one is little work. What Django
does round a request (middleware, a request and a response object, signals) costs several times as
much, for a caller that has no session, language, cookie or browser, but a signature. So `ShortWay`,
which gunicorn serves, answers them by itself. Whatever is not a callback, and callbacks wherever
the site is served otherwise, go through Django; both ask `take`.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import HttpHeaders
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.clock import now
from reminders.gateways.base import ForgedCallback, MalformedCallback
from reminders.gateways.registry import UnknownGateway, gateway_named
from reminders.pipeline.callbacks import NotStored, store_raw
from reminders.web import doorbell

log = logging.getLogger(__name__)

BODY_BYTES_MAX = 2 * 1024 * 1024
"""Below Django's own DATA_UPLOAD_MAX_MEMORY_SIZE."""

_JSON = "application/json"
_STORED = b'{"status": "stored"}'
_PATH = re.compile(r"/hooks/([-a-zA-Z0-9_]+)/receipts").fullmatch

_Answer = tuple[HTTPStatus, bytes]
_Site = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@csrf_exempt
@require_POST
def receipts(request: HttpRequest, gateway: str) -> HttpResponse:
    """POST /hooks/<gateway>/receipts, by way of Django."""
    status, content = take(
        gateway=gateway,
        headers=request.headers,
        length=_length(request.META),
        read=lambda _: request.body,
    )
    return HttpResponse(content, content_type=_JSON, status=status)


class ShortWay:
    """The site as a WSGI application, with callbacks answered before Django sees them."""

    def __init__(self, site: _Site) -> None:
        self._site = site

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        match = _PATH(environ["PATH_INFO"])
        if match is None or environ["REQUEST_METHOD"] != "POST":
            return self._site(environ, start_response)
        status, content = take(
            gateway=match[1],
            headers=_Headers(environ),
            length=_length(environ),
            read=environ["wsgi.input"].read,
        )
        # A known length leaves the connection open.
        headers = [("Content-Type", _JSON), ("Content-Length", str(len(content)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [content]


class _Headers(Mapping[str, str]):
    """The headers of a WSGI request, each looked up when it is asked for."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return str(self._environ[HttpHeaders.to_wsgi_name(name)])

    def __iter__(self) -> Iterator[str]:
        return iter(HttpHeaders(self._environ))

    def __len__(self) -> int:
        return len(HttpHeaders(self._environ))


def take(
    *, gateway: str, headers: Mapping[str, str], length: int, read: Callable[[int], bytes]
) -> _Answer:
    """Verify and store a callback of `length` bytes, which `read` reads; the answer.

    200: stored, do not send it again. 403, 400, 413, 404: not taken, and never will be. 500: ours,
    send it again.
    """
    received_at = now()
    if length > BODY_BYTES_MAX:
        return _error(413, "too_large", f"at most {BODY_BYTES_MAX} bytes")
    raw = read(length)
    try:
        named = gateway_named(gateway)
        named.verify(body=raw, headers=headers, now=received_at)
        body = _text(raw)
        named.read_receipts(body)
    except UnknownGateway as error:
        return _error(404, "unknown_gateway", str(error))
    except ForgedCallback as error:
        log.warning("callback of %s refused: %s", gateway, error)
        return _error(403, "forged", str(error))
    except MalformedCallback as error:
        log.warning("callback of %s refused: %s", gateway, error)
        return _error(400, "malformed", str(error))
    try:
        store_raw(gateway=gateway, body=body, now=received_at)
    except NotStored:
        log.exception("callback of %s could not be stored", gateway)
        return _error(500, "not_stored", "send it again")
    doorbell.RECEIPTS.ring()
    return HTTPStatus.OK, _STORED


def _length(environ: Mapping[str, Any]) -> int:
    value = environ.get("CONTENT_LENGTH") or "0"
    return int(value) if value.isascii() and value.isdigit() else 0


def _text(raw: bytes) -> str:
    """The body as text that can be stored. Raises MalformedCallback."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedCallback("the body is not UTF-8") from error
    if "\0" in text:
        raise MalformedCallback("the body holds a NUL character")
    return text


def _error(status: int, code: str, message: str) -> _Answer:
    content = json.dumps({"error": {"code": code, "message": message}})
    return HTTPStatus(status), content.encode()
