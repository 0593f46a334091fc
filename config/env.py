"""Every environment variable Duecourse reads, declared once: name, type, default and meaning.

`config.settings` reads values through `read`; the documentation test and `docs/settings.md`
read the table itself, so a variable that is not declared here does not exist.
"""

import os
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.core.exceptions import ImproperlyConfigured

Kind = Literal["text", "secret", "int", "bool", "decimal", "list", "url"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. `default=None` means that it must be set."""

    name: str
    kind: Kind
    default: str | None
    meaning: str


VARIABLES = {
    variable.name: variable
    for variable in (
        Variable(
            "DATABASE_URL", "url", None, "PostgreSQL 15 or newer, `postgres://user@host/name`"
        ),
        Variable("REDIS_URL", "url", None, "Redis or Valkey: cache and, by default, broker"),
        Variable("CELERY_BROKER_URL", "url", "", "Broker; empty means REDIS_URL"),
        Variable("SECRET_KEY", "secret", None, "Django's signing key"),
        Variable(
            "FIELD_KEYS",
            "secret",
            None,
            "Keys for addresses at rest: base64 of 32 bytes each, comma-separated; "
            "the first encrypts, all decrypt",
        ),
        Variable("DEBUG", "bool", "no", "Django's debug pages; never where borrowers are real"),
        Variable("ALLOWED_HOSTS", "list", "localhost,127.0.0.1", "Host names the web answers to"),
        Variable("CSRF_TRUSTED_ORIGINS", "list", "", "Origins behind a proxy, with scheme"),
        Variable("LANGUAGE_CODE", "text", "zh-hans", "Language of pages when a browser asks none"),
        Variable("TIME_ZONE", "text", "Asia/Shanghai", "Zone in which staff pages show times"),
        Variable("DEFAULT_REGION", "text", "CN", "Region of phone numbers without a country code"),
        Variable(
            "CONTACT_PROFILE",
            "text",
            "strictest",
            "Contact-rule profile in force; the contact rules in the admin only tighten it",
        ),
        Variable("SMS_GATEWAY", "text", "simulator", "Gateway for text messages"),
        Variable("SMS_GATEWAY_URL", "url", "http://127.0.0.1:8010", "Base address of the gateway"),
        Variable("SMS_GATEWAY_TOKEN", "secret", None, "Bearer token for the gateway"),
        Variable("SMS_GATEWAY_SECRET", "secret", None, "Key with which callbacks are signed"),
        Variable(
            "SMS_GATEWAY_REGION", "text", "china", "How the gateway bills: china or international"
        ),
        Variable(
            "SMS_GATEWAY_TEXTS_PER_REQUEST",
            "int",
            "0",
            "Most texts in one request to the gateway; 0 means as many as it takes",
        ),
        Variable(
            "SMS_GATEWAY_CONNECTIONS",
            "int",
            "1",
            "Requests that one process has under way at the gateway at a time",
        ),
        Variable(
            "SMS_GATEWAY_PARTS_PER_SECOND",
            "int",
            "0",
            "Parts that all workers together hand over in a second; 0 means no limit",
        ),
        Variable(
            "SEND_LEASE_SECONDS",
            "int",
            "180",
            "How long a worker may take from opening an attempt to closing it; "
            "then others look into what became of the text",
        ),
        Variable(
            "RAW_RECEIPT_DAYS",
            "int",
            "90",
            "How long callbacks are kept as they came, once they were read; 0 is for ever",
        ),
        Variable(
            "PUBLISH_BY_SECOND_PERSON",
            "bool",
            "yes",
            "Policies and texts are published by none of those who changed the draft",
        ),
        Variable("SMS_PRICE", "decimal", "0.045", "Price of one part"),
        Variable("SMS_PRICE_CURRENCY", "text", "CNY", "Currency of SMS_PRICE"),
        Variable("CLOCK_SHIFT_SECONDS", "int", "0", "Moves the product's clock; for trials only"),
        Variable("PORT", "int", "8000", "Port of the web process, on loopback"),
        Variable("SIMULATOR_PORT", "int", "8010", "Port of the gateway simulator, on loopback"),
        Variable(
            "PUBLIC_URL",
            "url",
            "http://127.0.0.1:8000",
            "Where gateways and borrowers reach the web: base of callbacks and of links in texts",
        ),
        Variable(
            "BORROWER_LINK_DAYS", "int", "30", "How many days a link to a borrower's page is good"
        ),
        Variable(
            "BORROWER_SECOND_FACT",
            "text",
            "loan",
            "Whose last four characters a borrower is asked for: loan, customer or either",
        ),
        Variable(
            "BORROWER_PLAN_TERMS",
            "int",
            "6",
            "Most monthly terms a borrower may ask for; 0 offers no instalments",
        ),
        Variable(
            "BORROWER_PLAN_TERMS_AGREED",
            "int",
            "0",
            "Up to how many terms a plan holds at once, without a word of staff; 0 means none",
        ),
        Variable(
            "HIGH_RISK_DAYS",
            "int",
            "7",
            "How many days ahead the work list of borrowers at high risk looks",
        ),
        Variable("LOG_LEVEL", "text", "INFO", "Least severe log record that is written"),
        Variable("DB_POOL", "bool", "no", "Pool of connections; for the web process only"),
    )
}

_TRUE, _FALSE = {"1", "yes", "true", "on"}, {"0", "no", "false", "off", ""}


def read(name: str) -> Any:
    """Value of the declared variable `name` in its declared type.

    Raises ImproperlyConfigured, naming the variable and what to do, when it is missing or
    cannot be read as its type.
    """
    variable = VARIABLES[name]
    raw = os.environ.get(name, variable.default)
    if raw is None:
        raise ImproperlyConfigured(
            f"{name} is not set: {variable.meaning}. `make run` sets it by itself; "
            "elsewhere set it in the environment."
        )
    try:
        return _convert(raw=raw.strip(), kind=variable.kind)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} cannot be read as {variable.kind}: {error}. It means: {variable.meaning}."
        ) from error


def _convert(*, raw: str, kind: Kind) -> Any:
    match kind:
        case "int":
            return int(raw)
        case "decimal":
            try:
                return Decimal(raw)
            except InvalidOperation:
                raise ValueError(f"{raw!r} is no decimal number") from None
        case "bool":
            if raw.lower() in _TRUE:
                return True
            if raw.lower() in _FALSE:
                return False
            raise ValueError(f"{raw!r} is neither yes nor no")
        case "list":
            return [part.strip() for part in raw.split(",") if part.strip()]
        case _:
            return raw
