"""Wei owes 100 yuan, and the gateways of ours that take their time with the text."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from accounts.models import Instalment
from reminders.gateways.base import Accepted, Outcome, Text
from reminders.gateways.json_http import JsonHttpGateway, JsonHttpOptions
from reminders.models import Reminder
from reminders.pipeline.planning import plan
from tests.builders import NOW, TODAY, a_customer, a_loan, an_instalment
from tests.reminder_builders import a_policy


def wei_owes(amount: str = "100.00", *, days: int = 3, **customer: Any) -> Instalment:
    """An instalment due in `days` days, planned for now."""
    a_policy(-3) if not Reminder.objects.exists() else None
    instalment = an_instalment(
        loan=a_loan(customer=a_customer(**customer)),
        due_date=TODAY + timedelta(days=days),
        amount_due=amount,
    )
    plan(now=NOW)
    return instalment


class SlowGateway(JsonHttpGateway):
    """Takes one text at a time, and `seconds` for each."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__(
            JsonHttpOptions(
                name="simulator",
                url="http://127.0.0.1:1",
                token="",
                secret="",
                callback_url="",
                texts_per_request=1,
                honours_references=True,
                takes_demonstrations=True,
            )
        )
        self.handed: list[str] = []
        self._seconds = seconds

    def stopwatch(self) -> float:
        return self._seconds * len(self.handed)

    def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
        self.handed += [text.reference for text in texts]
        return [Accepted("net")] * len(texts)


class CountingGateway(SlowGateway):
    """Takes any number of texts at a time, and really takes the time."""

    def __init__(self) -> None:
        super().__init__(seconds=0.3)
        self.max_batch = 500
        self.calls = 0

    def send(self, texts: Sequence[Text], *, within: float = 0.0) -> list[Outcome]:
        self.calls += 1
        # What is tested happens while the gateway has the batch, so that must take real time.
        time.sleep(self._seconds)
        return super().send(texts)
