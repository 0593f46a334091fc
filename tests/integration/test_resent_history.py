"""A text that was sent again, in the history of its borrower."""

import pytest

from reminders.core.backoff import RESEND_WAITS
from reminders.gateways.base import Gateway
from reminders.models import Message
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.receipts import apply_receipts
from reminders.queries.messages import message_rows
from tests.builders import NOW
from tests.integration.desk import Desk, desk
from tests.integration.phone_off import SOON, newest, phone_was_off, says, sent

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


class TestTheHistory:
    def test_keeps_both_texts_with_their_reminder(self, gateway: Gateway) -> None:
        first = sent(gateway)
        phone_was_off(first)
        dispatch(now=NOW + SOON, gateway=gateway)
        second = newest()

        rows = message_rows(list(Message.objects.order_by("pk")))

        assert (rows[first.pk].resend_of, rows[first.pk].is_followed) == (None, True)
        assert (rows[second.pk].resend_of, rows[second.pk].is_followed) == (first.pk, False)
        assert rows[first.pk].causes == rows[second.pk].causes != ()

    def test_of_the_second_text_alone_names_the_first(self, gateway: Gateway) -> None:
        """As on a page whose older part is not shown."""
        first = sent(gateway)
        now = NOW
        for wait in RESEND_WAITS:
            phone_was_off(newest(), now=now)
            now += wait
            dispatch(now=now, gateway=gateway)
        _first, second, third = Message.objects.order_by("pk")

        assert message_rows([second])[second.pk].resend_of == first.pk
        assert message_rows([second])[second.pk].is_followed
        assert message_rows([third])[third.pk].resend_of == second.pk

    def test_tells_it_on_the_borrowers_page(self, gateway: Gateway, desk: Desk) -> None:
        first = sent(gateway)
        phone_was_off(first)
        dispatch(now=NOW + SOON, gateway=gateway)

        page = desk.borrower(first.customer)

        assert "Sent again: the carrier could not deliver" in page
        assert f'href="#message-{first.pk}"' in page
        assert "decided afresh" in page

    def test_tells_that_it_arrived_after_all(self, gateway: Gateway, desk: Desk) -> None:
        first = sent(gateway)
        phone_was_off(first)
        says(first, "delivered")
        apply_receipts(now=NOW, limit=10)

        assert "May have arrived after all" in desk.borrower(first.customer)
