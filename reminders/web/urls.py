"""Addresses of staff pages, callbacks and health checks."""

from django.urls import URLPattern, URLResolver, include, path

from reminders.web import health, hooks, session

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/", include("reminders.web.staff_urls")),
    path("hooks/<slug:gateway>/receipts", hooks.receipts, name="receipts-callback"),
    *health.urlpatterns,
    *session.urlpatterns,
]
