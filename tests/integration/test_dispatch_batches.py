"""Batch after batch: the next is opened while the gateway has the one before."""

from typing import Any

import pytest
from django.db import OperationalError, connection

from reminders.models import Message
from reminders.pipeline.dispatch import dispatch_all
from tests.builders import NOW
from tests.integration.wei import CountingGateway, wei_owes


@pytest.mark.django_db(transaction=True)
class TestBatchAfterBatch:
    def test_opens_the_next_while_the_gateway_is_called(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reminders.pipeline.pace._FIRST", 5)
        monkeypatch.setattr("reminders.pipeline.pace._MOST", 5)
        for _ in range(15):
            wei_owes()
        gateway = CountingGateway()
        under_way = []

        for _ in dispatch_all(now=NOW, gateway=gateway, seconds=30):
            under_way.append(Message.objects.filter(state="sending").count())

        assert gateway.calls == 3
        # When a batch is closed, the next one is open already; the last has none behind it.
        assert under_way == [5, 5, 0]
        assert len(set(gateway.handed)) == Message.objects.filter(state="accepted").count() == 15

    def test_stops_when_its_time_is_up_and_closes_what_it_opened(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reminders.pipeline.pace._FIRST", 1)
        monkeypatch.setattr("reminders.pipeline.pace._MOST", 1)
        for _ in range(4):
            wei_owes()

        counts = list(dispatch_all(now=NOW, gateway=CountingGateway(), seconds=0.1))

        # One, and on a quick machine the next, which was opened while the first was being called.
        accepted = Message.objects.filter(state="accepted").count()
        assert accepted == len(counts) == Message.objects.count()
        assert accepted in (1, 2)

    def test_closes_a_batch_although_the_next_cannot_be_opened(self) -> None:
        wei_owes()
        gateway = CountingGateway()
        claims = []

        def no_more_claims(run: Any, sql: str, *rest: Any) -> Any:
            if "FOR NO KEY UPDATE OF customer SKIP LOCKED" in sql:
                claims.append(sql)
                if len(claims) > 2:  # the first claim finds few, and looks twice
                    raise OperationalError("the server is going away")
            return run(sql, *rest)

        with (
            connection.execute_wrapper(no_more_claims),
            pytest.raises(OperationalError, match="going away"),
        ):
            list(dispatch_all(now=NOW, gateway=gateway, seconds=30))

        assert Message.objects.get().state == "accepted"
