"""Callbacks of gateways: verify, store raw, ring, answer. Applying comes later."""

import logging

from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.clock import now
from reminders.gateways.base import ForgedCallback, MalformedCallback
from reminders.gateways.registry import UnknownGateway, gateway_named
from reminders.pipeline.receipts import store_raw
from reminders.web import doorbell

log = logging.getLogger(__name__)

BODY_BYTES_MAX = 2 * 1024 * 1024
"""Below Django's own DATA_UPLOAD_MAX_MEMORY_SIZE."""


@csrf_exempt
@require_POST
def receipts(request: HttpRequest, gateway: str) -> HttpResponse:
    """POST /hooks/<gateway>/receipts.

    200: stored, do not send it again. 403, 400, 413, 404: not taken, and never will be. 500: ours,
    send it again.
    """
    received_at = now()
    if _content_length(request) > BODY_BYTES_MAX:
        return _error(413, "too_large", f"at most {BODY_BYTES_MAX} bytes")
    raw = request.body
    try:
        named = gateway_named(gateway)
        named.verify(body=raw, headers=request.headers, now=received_at)
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
        # One statement, committed by itself: a transaction round it would double the way.
        store_raw(gateway=gateway, body=body, now=received_at)
        transaction.on_commit(doorbell.RECEIPTS.ring)
    except (DatabaseError, InterfaceError):
        log.exception("callback of %s could not be stored", gateway)
        return _error(500, "not_stored", "send it again")
    return JsonResponse({"status": "stored"})


def _content_length(request: HttpRequest) -> int:
    value = request.META.get("CONTENT_LENGTH") or "0"
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


def _error(status: int, code: str, message: str) -> HttpResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
