"""Addresses of the web process."""

from django.contrib import admin
from django.urls import include, path

from reminders import metrics
from reminders.admin.gateways import gateways

urlpatterns = [
    path("admin/gateways/", admin.site.admin_view(gateways), name="gateways"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("metrics", metrics.exposition, name="metrics"),
    path("", include("reminders.web.urls")),
]
