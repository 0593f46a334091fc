"""The product's addresses and, beside them, a view as it is usually written."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts.clock import now
from config.urls import urlpatterns as product
from reminders.models import Message


@csrf_exempt
def plain(request: HttpRequest) -> HttpResponse:
    """Load the row, save it."""
    item = json.loads(request.body)["receipts"][0]
    message = Message.objects.using("plain").get(reference=item["reference"])
    message.state, message.ended_at = item["status"], now()
    message.save()
    return JsonResponse({"status": "stored"})


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """What gunicorn and Django's middleware cost by themselves."""
    return JsonResponse({"status": "stored"})


urlpatterns = [path("plain", plain), path("nothing", nothing), *product]
