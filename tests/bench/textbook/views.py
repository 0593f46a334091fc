"""Receipts: load, change, save."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tests.bench.textbook.models import Reminder


@csrf_exempt
@require_POST
def receipts(request: HttpRequest) -> HttpResponse:
    """The gateway says what became of texts."""
    for receipt in json.loads(request.body)["receipts"]:
        reminder = get_object_or_404(Reminder, pk=receipt["reference"])
        reminder.status = receipt["status"]
        reminder.delivered_at = timezone.now()  # noqa: TID251 - the textbook knows no other clock
        reminder.save()
    return HttpResponse("ok")
