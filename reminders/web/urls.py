"""Addresses of staff pages, borrowers' pages, callbacks and health checks."""

from django.urls import URLPattern, URLResolver, include, path

from reminders.web import borrower_page, health, hooks, session

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/", include("reminders.web.staff_urls")),
    path("hooks/<slug:gateway>/receipts", hooks.receipts, name="receipts-callback"),
    *borrower_page.urlpatterns,
    *health.urlpatterns,
    *session.urlpatterns,
]
