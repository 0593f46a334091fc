"""Callbacks are kept for a time, and nothing that nobody has read is deleted."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from reminders import tasks
from reminders.models import RawReceipt
from reminders.pipeline import forgetting
from reminders.pipeline.forgetting import forget_callbacks
from tests.builders import NOW

pytestmark = pytest.mark.django_db


def raw(*, days_ago: float, is_read: bool = True) -> int:
    at = NOW - timedelta(days=days_ago)
    return RawReceipt.objects.create(
        gateway="simulator", body="{}", received_at=at, applied_at=at if is_read else None
    ).pk


def kept() -> list[int]:
    return list(RawReceipt.objects.order_by("pk").values_list("pk", flat=True))


class TestForgetting:
    def test_deletes_what_was_read_and_is_old(self) -> None:
        raw(days_ago=31)
        young = raw(days_ago=29)

        assert forget_callbacks(now=NOW, days=30) == 1

        assert kept() == [young]

    def test_keeps_what_nobody_has_read(self) -> None:
        unread = raw(days_ago=100, is_read=False)
        raw(days_ago=99)

        assert forget_callbacks(now=NOW, days=30) == 1

        assert kept() == [unread]

    def test_keeps_all_when_told_to(self) -> None:
        raw(days_ago=1_000)

        assert forget_callbacks(now=NOW, days=0) == 0
        assert len(kept()) == 1

    def test_goes_slice_after_slice_past_what_stays(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        settings.RAW_RECEIPT_DAYS = 30
        monkeypatch.setattr(forgetting, "SLICE", 3)
        monkeypatch.setattr(tasks, "now", lambda: NOW)
        unread = raw(days_ago=100, is_read=False)
        for _ in range(7):
            raw(days_ago=99)
        young = raw(days_ago=1)

        tasks.tick_forget()

        assert kept() == [unread, young]
