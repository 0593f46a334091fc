"""What the settings require and no default can give: made once for each installation."""

import base64
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from config.local import envfile

_HEADING = """Made by the first `make run`; the environment wins over it.
Keep it with your backups: without FIELD_KEYS stored addresses cannot be read again."""

# Without 0, o, 1, l and i, which people mistake for one another.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def _token() -> str:
    return secrets.token_urlsafe(32)


def _field_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _password() -> str:
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(3))


_MAKERS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": _token,
    "FIELD_KEYS": _field_key,
    "SMS_GATEWAY_TOKEN": _token,
    "SMS_GATEWAY_SECRET": _token,
    "DEMO_PASSWORD": _password,
}


def make() -> dict[str, str]:
    """A fresh value for each."""
    return {name: maker() for name, maker in _MAKERS.items()}


def load_or_make(path: Path) -> dict[str, str]:
    """What `path` holds; what it lacks is made and added. What is there is never changed."""
    found = envfile.read(path)
    missing = {name: maker() for name, maker in _MAKERS.items() if not found.get(name)}
    if missing:
        found |= missing
        envfile.write(path, found, heading=_HEADING)
    return found
