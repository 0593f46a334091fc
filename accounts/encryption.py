"""Addresses at rest: encrypted to read back, hashed with a key to look up.

AES-256-GCM from `cryptography`, with keys from FIELD_KEYS. The stored bytes are a format byte,
four bytes that name the key, a 12-byte nonce and the ciphertext, so a key can be
rotated by putting a new one first and re-encrypting at leisure. The look-up hash is HMAC-SHA256
under a key derived from the *last* key of the list, the one that never changes while keys are
added in front: two rows with one address still collide after a rotation.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_FORMAT = b"\x01"
_KEY_ID_BYTES, _NONCE_BYTES = 4, 12


class CannotDecrypt(ValueError):
    """The bytes were made with a key that FIELD_KEYS does not hold, or were altered."""


@dataclass(frozen=True, slots=True)
class _Keyring:
    current: bytes
    ciphers: dict[bytes, AESGCM]
    hash_key: bytes


@lru_cache(maxsize=2)
def _keyring(encoded: str) -> _Keyring:
    keys = [base64.b64decode(part) for part in encoded.split(",") if part.strip()]
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured(
            "FIELD_KEYS must hold base64 of 32 bytes for each key, comma-separated. "
            'Make one with: python -c "import base64, os; '
            'print(base64.b64encode(os.urandom(32)).decode())"'
        )
    ids = [hashlib.sha256(b"id" + key).digest()[:_KEY_ID_BYTES] for key in keys]
    return _Keyring(
        current=ids[0],
        ciphers={key_id: AESGCM(key) for key_id, key in zip(ids, keys, strict=True)},
        hash_key=hmac.digest(keys[-1], b"duecourse address look-up", "sha256"),
    )


def encrypt(text: str) -> bytes:
    """Ciphertext of `text` under the first key; a different one at each call."""
    ring = _keyring(settings.FIELD_KEYS)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = ring.ciphers[ring.current].encrypt(nonce, text.encode(), None)
    return _FORMAT + ring.current + nonce + sealed


def decrypt(stored: bytes | memoryview) -> str:
    """The text behind `stored`. Raises CannotDecrypt."""
    ring = _keyring(settings.FIELD_KEYS)
    sealed_text = bytes(stored)
    cipher = ring.ciphers.get(sealed_text[1 : 1 + _KEY_ID_BYTES])
    if sealed_text[:1] != _FORMAT or cipher is None:
        raise CannotDecrypt("an address was stored under a key that FIELD_KEYS does not hold")
    start = 1 + _KEY_ID_BYTES
    nonce = sealed_text[start : start + _NONCE_BYTES]
    sealed = sealed_text[start + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, sealed, None).decode()
    except InvalidTag as error:
        raise CannotDecrypt("an encrypted address was altered") from error


def lookup_hash(text: str) -> bytes:
    """32 bytes that are equal for equal texts and tell nothing without the key."""
    return hmac.digest(_keyring(settings.FIELD_KEYS).hash_key, text.encode(), "sha256")
