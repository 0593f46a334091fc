"""Whether the servers that the environment names answer: asked before anything is started."""

import importlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from config.local.errors import CannotGoOn

_TIMEOUT_SECONDS = 5

_STARTED_BY_US = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Valkey"}


class Unreachable(CannotGoOn):
    """A named server does not answer; the message says which, where, and what to do."""


def require_reachable(given: Mapping[str, str]) -> None:
    """Connects once to each server named in `given`. Raises Unreachable for a silent one."""
    for name, connect in (
        ("DATABASE_URL", _connect_to_postgres),
        ("REDIS_URL", _connect_to_redis),
        ("CELERY_BROKER_URL", _connect_to_broker),
    ):
        url = given.get(name)
        if not url:
            continue
        try:
            connect(url)
        # Each driver has its own tree of errors, and a URL can be wrong in as many ways;
        # all of them mean the same here and are told, not swallowed.
        except Exception as error:
            raise Unreachable(_words(name=name, url=url, error=error)) from error


def _words(*, name: str, url: str, error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"  # no password
    advice = "start that server or correct the address"
    if name in _STARTED_BY_US:
        advice += f", or unset {name}: then {_STARTED_BY_US[name]} is started here"
    elif name == "CELERY_BROKER_URL":
        advice += ", or unset it: then REDIS_URL is the broker"
    return f"{name} names {where}, which cannot be used: {said}\n  What to do: {advice}."


def _connect_to_postgres(url: str) -> None:
    import psycopg

    psycopg.connect(url, connect_timeout=_TIMEOUT_SECONDS).close()


def _connect_to_redis(url: str) -> None:
    import redis

    with redis.Redis.from_url(
        url, socket_connect_timeout=_TIMEOUT_SECONDS, socket_timeout=_TIMEOUT_SECONDS
    ) as client:
        client.ping()


def _connect_to_broker(url: str) -> None:
    kombu: Any = importlib.import_module("kombu")  # untyped, but not marked so
    with kombu.Connection(url, connect_timeout=_TIMEOUT_SECONDS) as connection:
        connection.ensure_connection(max_retries=1, timeout=_TIMEOUT_SECONDS)
        connection.default_channel.close()
