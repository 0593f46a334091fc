"""One address."""

from django.urls import path

from tests.bench.textbook.views import receipts

urlpatterns = [path("receipts", receipts)]
