"""What `manage.py check` says about the configuration before anything is sent."""

import math
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from accounts.clock import now
from accounts.encryption import lookup_hash
from reminders.core.contact_rules import PROFILES
from reminders.core.links import SecondFact
from reminders.core.sms import Regime
from reminders.facts.borrowers import rules_in_force
from reminders.facts.calendar import unknown_years
from reminders.gateways import transport
from reminders.gateways.registry import BUILDERS

_LONGEST_CALL_SECONDS = (
    transport.CONNECT_SECONDS + transport.ANSWER_SECONDS_MAX + transport.READ_SECONDS
)
"""An answer that trickles is given up after ANSWER_SECONDS_MAX and at most one silence."""


@register(Tags.database)
def days_of_rest(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether the holidays of this year, and of one that is near, are known."""
    try:
        years = unknown_years(rules_in_force(), now=now()) if databases else []
    except DatabaseError:  # before the first migration
        return []
    return [
        Warning(
            f"The calendar {settings.DEFAULT_REGION} has no day of {year}.",
            hint="Load the holidays with load_calendar.",
            id="duecourse.W002",
        )
        for year in years
    ]


@register
def configuration(**_: Any) -> list[CheckMessage]:
    """Every value that has to be one of a list, a key of a certain form, or nought in earnest."""
    found: list[CheckMessage] = []
    for name, allowed in (
        ("CONTACT_PROFILE", list(PROFILES)),
        ("SMS_GATEWAY", list(BUILDERS)),
        ("SMS_GATEWAY_REGION", [regime.value for regime in Regime]),
        ("BORROWER_SECOND_FACT", [fact.value for fact in SecondFact]),
    ):
        value = getattr(settings, name)
        if value not in allowed:
            found.append(
                Error(
                    f"{name} is {value!r}, which does not exist.",
                    hint=f"Set it to one of: {', '.join(sorted(allowed))}.",
                    id="duecourse.E001",
                )
            )
    if not settings.SMS_GATEWAY_URL.startswith(("http://", "https://")):
        found.append(
            Error(
                f"SMS_GATEWAY_URL is {settings.SMS_GATEWAY_URL!r}.",
                hint="It must begin with http:// or https://.",
                id="duecourse.E002",
            )
        )
    try:
        lookup_hash("")
    except (ImproperlyConfigured, ValueError) as error:
        found.append(Error(f"FIELD_KEYS cannot be used: {error}", id="duecourse.E003"))
    if settings.CLOCK_SHIFT_SECONDS and settings.SMS_GATEWAY != "simulator":
        found.append(
            Error(
                "CLOCK_SHIFT_SECONDS moves the clock while a real gateway is set.",
                hint="Unset it: borrowers would be written to at the wrong hour.",
                id="duecourse.E004",
            )
        )
    found += _whole_numbers()
    found += _lease()
    if settings.SMS_PRICE < 0:
        found.append(
            Warning(
                "SMS_PRICE is negative.", hint="Set the price of one part.", id="duecourse.W001"
            )
        )
    return found


def _whole_numbers() -> list[CheckMessage]:
    """Each within its bounds; of connections no more than libcurl can wait for at once beside
    what a worker has open."""
    return [
        Error(
            f"{name} is {getattr(settings, name)}.",
            hint=f"Set it to a whole number from {least} to {most}.",
            id="duecourse.E006",
        )
        for name, least, most in (
            ("SMS_GATEWAY_TEXTS_PER_REQUEST", 0, 500),
            ("SMS_GATEWAY_CONNECTIONS", 1, 256),
            ("SMS_GATEWAY_PARTS_PER_SECOND", 0, 1_000_000),
            ("BORROWER_LINK_DAYS", 1, 366),
            ("BORROWER_PLAN_TERMS", 0, 36),
            ("BORROWER_PLAN_TERMS_AGREED", 0, 36),
            ("HIGH_RISK_DAYS", 1, 31),
        )
        if not least <= getattr(settings, name) <= most
    ]


def _lease() -> list[CheckMessage]:
    """Calls are begun in the first half of a lease, so the second must hold the longest."""
    seconds = settings.SEND_LEASE_SECONDS
    silence = transport.CONNECT_SECONDS + transport.READ_SECONDS
    if seconds < silence:
        return [
            Error(
                f"SEND_LEASE_SECONDS is {seconds}, which a gateway that hangs would outlast.",
                hint=f"Set it to more than {silence:.0f}; the default is 180.",
                id="duecourse.E005",
            )
        ]
    enough = math.ceil(2 * _LONGEST_CALL_SECONDS)
    if seconds < enough and settings.SMS_GATEWAY != "simulator":
        return [
            Warning(
                f"SEND_LEASE_SECONDS is {seconds}: a slow call may outlive its lease.",
                hint=f"Set it to {enough} or more; nothing is sent twice, but texts are called "
                "unclear that are not.",
                id="duecourse.W003",
            )
        ]
    return []
