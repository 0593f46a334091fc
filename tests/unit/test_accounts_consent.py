"""What a borrower allows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.core.consent import Statement, all_allowed, book_changes_it, is_allowed
from accounts.core.vocabulary import Channel, Purpose

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ALL = len(Channel) * len(Purpose)


def said(granted: bool, *, day: int = 0, source: str = "import", **about: Any) -> Statement:
    return Statement(granted, FIRST + timedelta(days=day), source=source, **about)


class TestIsAllowed:
    @pytest.mark.parametrize(
        ("purpose", "allowed"),
        [
            (Purpose.SERVICE, True),
            (Purpose.COLLECTION, True),
            (Purpose.CREDIT_BUREAU, True),
            (Purpose.OFFER, False),
            (Purpose.EDUCATION, False),
        ],
    )
    def test_needs_no_word_for_notices_of_the_contract(
        self, purpose: Purpose, allowed: bool
    ) -> None:
        assert is_allowed([], channel=Channel.SMS, purpose=purpose) is allowed

    def test_obeys_the_newest_statement_that_covers_it(self) -> None:
        statements = [
            said(True, day=2, channel="sms"),
            said(False, day=1),
            said(False, day=3, channel="email"),
            said(False, day=4, channel="sms", purpose="offer"),
        ]

        assert is_allowed(statements, channel=Channel.SMS, purpose=Purpose.SERVICE)
        assert not is_allowed(statements, channel=Channel.SMS, purpose=Purpose.OFFER)
        assert not is_allowed(statements, channel=Channel.PUSH, purpose=Purpose.SERVICE)

    def test_takes_the_later_of_two_statements_of_one_instant(self) -> None:
        statements = [Statement(False, FIRST, order=2), Statement(True, FIRST, order=1)]

        assert not is_allowed(statements, channel=Channel.SMS, purpose=Purpose.SERVICE)


class TestAllAllowed:
    def test_names_every_pair(self) -> None:
        assert len(all_allowed([said(True)])) == ALL
        assert all_allowed([said(False)]) == frozenset()
        assert (Channel.SMS, Purpose.SERVICE) in all_allowed([])


class TestBookChangesIt:
    @pytest.mark.parametrize("granted", [True, False])
    def test_records_the_first_word_of_the_book(self, granted: bool) -> None:
        assert book_changes_it([], granted=granted)

    @pytest.mark.parametrize("granted", [True, False])
    def test_does_not_record_what_the_book_has_said_before(self, granted: bool) -> None:
        assert book_changes_it([said(granted)], granted=granted) is False

    def test_does_not_let_the_same_old_yes_undo_a_stop(self) -> None:
        stop = said(False, day=9, source="reply", channel="sms")

        assert not book_changes_it([said(True), stop], granted=True)

    def test_does_not_let_a_first_yes_undo_a_stop(self) -> None:
        assert book_changes_it([said(False, source="reply")], granted=True) is False

    def test_lets_a_new_yes_undo_the_no_of_the_book(self) -> None:
        assert book_changes_it([said(False)], granted=True)

    def test_lets_a_yes_stand_where_a_refusal_was_taken_back(self) -> None:
        statements = [
            said(False, source="reply", purpose="service"),
            said(True, day=1, source="reply", purpose="service"),
        ]

        assert book_changes_it(statements, granted=True)

    def test_does_not_record_a_no_where_everything_is_refused(self) -> None:
        assert not book_changes_it([said(False, source="staff")], granted=False)

    def test_records_a_no_where_something_is_allowed(self) -> None:
        assert book_changes_it([said(False, source="staff", channel="sms")], granted=False)

    def test_does_not_record_a_no_where_what_was_not_refused_was_never_allowed(self) -> None:
        """Offers and education need a yes, which nobody has given."""
        refused = [
            said(False, source="staff", purpose=purpose)
            for purpose in ("service", "collection", "credit_bureau")
        ]

        assert book_changes_it(refused, granted=False) is False
        assert book_changes_it(refused[:2], granted=False) is True
