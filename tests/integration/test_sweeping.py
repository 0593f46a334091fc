"""Every state that waits has a clock: what happens to a message of which nobody hears again."""

from datetime import timedelta

import pytest

from reminders.gateways.base import Gateway, Status
from reminders.models import Message, Reminder
from reminders.pipeline.closing import ASK_ABOUT_ACCEPTED
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.pipeline.sweeping import TOO_OLD, SweepCounts, _store, sweep
from tests.builders import NOW, TODAY, an_instalment
from tests.reminder_builders import a_message, a_policy
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db

AN_HOUR_LATER = NOW + ASK_ABOUT_ACCEPTED + timedelta(minutes=1)


def sent(gateway: Gateway) -> Message:
    a_policy(-3)
    an_instalment(due_date=TODAY + timedelta(days=3))
    plan(now=NOW)
    dispatch(now=NOW, gateway=gateway)
    return Message.objects.get()


class TestAccepted:
    def test_is_asked_about_when_no_receipt_came(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        message = sent(gateway)
        assert message.state == "accepted"

        assert sweep(now=NOW + timedelta(minutes=5), gateway=gateway) == SweepCounts()
        swept = sweep(now=AN_HOUR_LATER, gateway=gateway)

        assert (swept.asked, swept.resolved, swept.still_open) == (1, 1, 0)
        message.refresh_from_db()
        assert (message.state, message.ask_at) == ("delivered", None)
        assert message.ended_at == AN_HOUR_LATER

    def test_is_unknown_when_nobody_can_say_after_three_days(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        message = sent(gateway)
        phone_network.set_faults(error_rate=1.0, error_status=500)

        sweep(now=NOW + TOO_OLD, gateway=gateway)

        message.refresh_from_db()
        assert (message.state, message.reason, message.ask_at) == ("unknown", "no_receipt", None)
        assert Reminder.objects.get().state == "messaged"

    def test_is_asked_about_less_and_less_often(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        message = sent(gateway)
        phone_network.set_faults(error_rate=1.0, error_status=500)
        asked_at, waits = AN_HOUR_LATER, []
        for _ in range(4):
            sweep(now=asked_at, gateway=gateway)
            message.refresh_from_db()
            assert message.ask_at is not None
            waits.append(message.ask_at - asked_at)
            asked_at = message.ask_at

        assert waits == sorted(waits)
        assert waits[-1] > 4 * waits[0]

    def test_is_asked_for_the_last_time_at_the_last_age(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        message = sent(gateway)
        phone_network.set_faults(error_rate=1.0, error_status=500)

        # As old again would be four days, and the task of a person so much later.
        sweep(now=NOW + timedelta(hours=48), gateway=gateway)

        message.refresh_from_db()
        assert message.ask_at == NOW + TOO_OLD


class TestEnded:
    @pytest.mark.parametrize("state", ["delivered", "undelivered", "rejected", "cancelled"])
    def test_is_never_asked_about(self, state: str, gateway: Gateway) -> None:
        a_message(state=state)

        assert sweep(now=NOW + TOO_OLD, gateway=gateway) == SweepCounts()


class TestUndelivered:
    def test_to_a_dead_number_marks_the_number(
        self, gateway: Gateway, phone_network: SimulatorProcess
    ) -> None:
        """As its receipt would have done, which is lost."""
        message = sent(gateway)
        said = Status(
            str(message.reference),
            "undelivered",
            "number_not_in_service",
            None,
            "e",
            address_unusable=True,
        )

        swept = _store(
            [said], references=[said.reference], lapsed=0, gateway=gateway, now=AN_HOUR_LATER
        )

        assert swept.resolved == 1
        message.refresh_from_db()
        assert message.state == "undelivered"
        assert message.contact_point.unusable_reason == "number_not_in_service"


class TestAnotherGatewaysText:
    @pytest.mark.parametrize(
        ("state", "reason"), [("accepted", "no_receipt"), ("unknown", "unresolved")]
    )
    def test_is_for_a_person_after_three_days(
        self, state: str, reason: str, gateway: Gateway
    ) -> None:
        """Nobody asks a gateway that is no longer in use; its receipts are read all the same."""
        message = a_message(state=state, gateway="json_http", ask_at=NOW)

        swept = sweep(now=NOW + TOO_OLD, gateway=gateway)

        assert swept == SweepCounts(still_open=1)
        message.refresh_from_db()
        assert (message.state, message.reason, message.ask_at) == ("unknown", reason, None)
        assert sweep(now=NOW + TOO_OLD, gateway=gateway) == SweepCounts()

    def test_is_left_to_that_gateway(self, gateway: Gateway) -> None:
        a_message(state="unknown", gateway="json_http", ask_at=NOW)

        assert sweep(now=AN_HOUR_LATER, gateway=gateway) == SweepCounts()
