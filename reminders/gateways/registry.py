"""Gateways by name, made from the settings."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from django.conf import settings

from reminders.gateways import json_http, simulator
from reminders.gateways.base import Gateway
from reminders.gateways.rate import PacedGateway, Rate


class UnknownGateway(LookupError):
    """No gateway has that name, or the settings choose another."""


class Builder(Protocol):
    """What a gateway's file offers."""

    def __call__(
        self,
        *,
        url: str,
        token: str,
        secret: str,
        callback_url: str,
        texts_per_request: int = 0,
        connections: int = 1,
    ) -> Gateway:
        """The gateway at `url` (without a slash at the end), told to call `callback_url` back.

        No request may carry more than `texts_per_request` texts (0: as many as it takes), and no
        more than `connections` may be open from one process at a time.
        """
        ...


BUILDERS: Mapping[str, Builder] = {
    simulator.NAME: simulator.simulator,
    json_http.NAME: json_http.json_http,
}
"""By name. A new gateway adds its line here."""


def gateway_named(name: str) -> Gateway:
    """The gateway that the settings choose, if that is its name. Raises UnknownGateway.

    Address, token and secret belong to the chosen one. Another, although we know how to speak to
    it, would ask the wrong company about its texts and be told that they were never seen.
    """
    if name not in BUILDERS:
        known = ", ".join(sorted(BUILDERS))
        raise UnknownGateway(f"there is no gateway {name!r}; SMS_GATEWAY may be one of: {known}")
    if name != settings.SMS_GATEWAY:
        raise UnknownGateway(f"the gateway {name} is not in use; {settings.SMS_GATEWAY} is")
    return built(
        name,
        url=settings.SMS_GATEWAY_URL.rstrip("/"),
        token=settings.SMS_GATEWAY_TOKEN,
        secret=settings.SMS_GATEWAY_SECRET,
        callback_url=f"{settings.PUBLIC_URL.rstrip('/')}/hooks/{name}/receipts",
        texts_per_request=settings.SMS_GATEWAY_TEXTS_PER_REQUEST,
        connections=settings.SMS_GATEWAY_CONNECTIONS,
        parts_per_second=settings.SMS_GATEWAY_PARTS_PER_SECOND,
    )


def reader_named(name: str) -> Gateway:
    """A gateway to read stored callbacks of, also when it is not in use. Raises UnknownGateway.

    It knows no address and no secret: it can neither send nor ask nor verify.
    """
    if name not in BUILDERS:
        raise UnknownGateway(f"there is no gateway {name!r}")
    return built(name, url="", token="", secret="", callback_url="")


@lru_cache(maxsize=16)
def built(
    name: str,
    *,
    url: str,
    token: str,
    secret: str,
    callback_url: str,
    texts_per_request: int = 0,
    connections: int = 1,
    parts_per_second: int = 0,
) -> Gateway:
    """The gateway for these values, made once, so that its connections are kept."""
    gateway = BUILDERS[name](
        url=url,
        token=token,
        secret=secret,
        callback_url=callback_url,
        texts_per_request=texts_per_request,
        connections=connections,
    )
    if not parts_per_second:
        return gateway
    rate = Rate(
        redis_url=settings.REDIS_URL,
        key=f"duecourse:rate:{name}",
        parts_per_second=parts_per_second,
    )
    return PacedGateway(gateway, rate=rate)
