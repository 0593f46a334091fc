"""What hands texts over: how it is configured, how the last calls went, and whether it answers.

Configured by the environment alone, so there is nothing to change here. The question asked of the
gateway is for a text that does not exist; nothing is sent.
"""

import time
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from reminders.gateways.base import Gateway, GatewayUnreachable
from reminders.gateways.registry import BUILDERS, UnknownGateway, gateway_named
from reminders.models import Attempt
from reminders.models.choices import AttemptOutcome

_LAST_CALLS = 200
_SEE, _ASK = "reminders.view_contactrules", "reminders.change_contactrules"


def gateways(request: HttpRequest) -> HttpResponse:
    """The page; posted to, it puts the question as well."""
    if not request.user.has_perm(_SEE):
        raise PermissionDenied
    may_ask = request.user.has_perm(_ASK)
    gateway, problem = _gateway()
    answer: dict[str, Any] | None = None
    if request.method == "POST":
        if not may_ask:
            raise PermissionDenied
        answer = _asked(gateway) if gateway else None
    return TemplateResponse(
        request,
        "admin/reminders/gateways.html",
        {
            **admin.site.each_context(request),
            "title": _("Gateways"),
            "name": settings.SMS_GATEWAY,
            "gateway": gateway,
            "problem": problem,
            "facts": _facts(gateway) if gateway else (),
            "calls": _last_calls(),
            "may_ask": may_ask and gateway is not None and gateway.can_query,
            "answer": answer,
            "others": sorted(BUILDERS.keys() - {settings.SMS_GATEWAY}),
        },
    )


def _gateway() -> tuple[Gateway | None, str]:
    try:
        return gateway_named(settings.SMS_GATEWAY), ""
    except UnknownGateway as error:
        return None, str(error)


def _facts(gateway: Gateway) -> tuple[tuple[str, Any, str], ...]:
    """Name, value and variable of each setting, secrets only as being set."""
    name = settings.SMS_GATEWAY
    no_limit, is_set, missing = _("no limit"), _("set"), _("missing")
    secrets = (settings.SMS_GATEWAY_TOKEN, settings.SMS_GATEWAY_SECRET)
    token, secret = (is_set if value else missing for value in secrets)
    callback = f"{settings.PUBLIC_URL.rstrip('/')}/hooks/{name}/receipts"
    return (
        (_("address"), settings.SMS_GATEWAY_URL, "SMS_GATEWAY_URL"),
        (_("token"), token, "SMS_GATEWAY_TOKEN"),
        (_("key of its callbacks"), secret, "SMS_GATEWAY_SECRET"),
        (_("callbacks come to"), callback, "PUBLIC_URL"),
        (_("texts in one request"), gateway.max_batch, "SMS_GATEWAY_TEXTS_PER_REQUEST"),
        (
            _("requests at a time, per worker"),
            settings.SMS_GATEWAY_CONNECTIONS,
            "SMS_GATEWAY_CONNECTIONS",
        ),
        (
            _("parts a second, all workers"),
            settings.SMS_GATEWAY_PARTS_PER_SECOND or no_limit,
            "SMS_GATEWAY_PARTS_PER_SECOND",
        ),
        (_("counts parts as in"), settings.SMS_GATEWAY_REGION, "SMS_GATEWAY_REGION"),
        (
            _("price of a part"),
            f"{settings.SMS_PRICE_CURRENCY} {settings.SMS_PRICE}",
            "SMS_PRICE",
        ),
        (_("lease of a call, seconds"), settings.SEND_LEASE_SECONDS, "SEND_LEASE_SECONDS"),
    )


def _last_calls() -> list[tuple[str, str, int]]:
    """Outcomes of the last calls: code, words, how many."""
    newest = list(Attempt.objects.order_by("-pk").values_list("pk", flat=True)[:_LAST_CALLS])
    counted = Attempt.objects.filter(pk__in=newest).values_list("outcome").annotate(n=Count("pk"))
    return [
        (outcome, str(AttemptOutcome(outcome).label), count)
        for outcome, count in counted.order_by("-n")
    ]


def _asked(gateway: Gateway) -> dict[str, Any]:
    began = time.monotonic()
    try:
        gateway.query([str(uuid4())])
    except GatewayUnreachable as error:
        return {"is_well": False, "what": str(error)}
    return {"is_well": True, "milliseconds": round((time.monotonic() - began) * 1000)}
