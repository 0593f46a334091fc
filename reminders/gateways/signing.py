"""Signatures on callbacks: HMAC-SHA256 over "timestamp.body", in hex.

The timestamp is signed too, so that a caught callback cannot be replayed for ever.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from reminders.gateways.base import ForgedCallback

TIMESTAMP_HEADER, SIGNATURE_HEADER = "X-Signature-Timestamp", "X-Signature"

AGE_MAX = timedelta(minutes=5)
"""How far a callback's timestamp may lie from our clock, either way."""

_TIMESTAMP_DIGITS_MAX = 11


def sign(body: bytes, *, timestamp: int, secret: str) -> str:
    """The signature of `body` made at `timestamp` (Unix seconds)."""
    signed = str(timestamp).encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify(body: bytes, *, headers: Mapping[str, str], secret: str, now: datetime) -> None:
    """Raises ForgedCallback, saying why, unless the body was signed with `secret` lately."""
    timestamp, given = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    if not secret:
        # Anybody can sign with an empty key.
        raise ForgedCallback("no secret is set, so nothing can be verified")
    if not (timestamp and given):
        raise ForgedCallback(f"{TIMESTAMP_HEADER} or {SIGNATURE_HEADER} is missing")
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > _TIMESTAMP_DIGITS_MAX:
        raise ForgedCallback(f"{TIMESTAMP_HEADER} is not in Unix seconds")
    wanted = sign(body, timestamp=int(timestamp), secret=secret)
    # Bytes, because compare_digest takes no text beyond ASCII.
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogateescape")):
        raise ForgedCallback(f"{SIGNATURE_HEADER} does not fit the body")
    if abs(now.timestamp() - int(timestamp)) > AGE_MAX.total_seconds():
        raise ForgedCallback(f"{TIMESTAMP_HEADER} is more than {AGE_MAX} away from our clock")
