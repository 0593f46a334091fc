"""The signature on what we call back with."""

import hashlib
import hmac


def sign(body: bytes, *, timestamp: int, secret: str) -> str:
    """HMAC-SHA256 over "timestamp.body", in hex.

    The timestamp is signed too, so that a caught callback cannot be replayed for ever.
    """
    signed = str(timestamp).encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
