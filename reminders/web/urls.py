"""Addresses of staff pages, callbacks and health checks."""

from django.urls import URLPattern, URLResolver, path

from reminders.web import hooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("hooks/<slug:gateway>/receipts", hooks.receipts, name="receipts-callback"),
]
