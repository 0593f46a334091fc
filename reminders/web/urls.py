"""Addresses of staff pages, callbacks and health checks."""

from django.urls import URLPattern, URLResolver, include, path

from reminders.web import health, session

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/", include("reminders.web.staff_urls")),
    *health.urlpatterns,
    *session.urlpatterns,
]
