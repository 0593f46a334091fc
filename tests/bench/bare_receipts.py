"""The limit for receipts: a WSGI application that verifies, stores the callback raw, and answers.

No Django: psycopg with a connection for each thread, the same table, the same signature, the same
gunicorn. Committed before the answer.
"""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

_SECRET = os.environ["SMS_GATEWAY_SECRET"].encode()
_STORE = (
    "INSERT INTO reminders_rawreceipt (gateway, body, received_at, problem) VALUES (%s, %s, %s, '')"
)
_local = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """WSGI."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    signed = environ["HTTP_X_SIGNATURE_TIMESTAMP"].encode() + b"." + body
    given = environ["HTTP_X_SIGNATURE"]
    if not hmac.compare_digest(hmac.new(_SECRET, signed, hashlib.sha256).hexdigest(), given):
        start_response("403 Forbidden", [("Content-Length", "0")])
        return [b""]
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    now = datetime.now(UTC)  # noqa: TID251 - it has no product to take the clock from
    _local.connection.execute(_STORE, ("simulator", body.decode(), now))
    start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "text/plain")])
    return [b"ok"]
