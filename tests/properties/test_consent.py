"""What a borrower allows, against a reading that goes through everything that was said."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from accounts.core.consent import (
    ALLOWED_UNASKED,
    Statement,
    all_allowed,
    book_changes_it,
    is_allowed,
)
from accounts.core.vocabulary import Channel, Purpose

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
PAIRS = [(channel, purpose) for channel in Channel for purpose in Purpose]


@st.composite
def histories(draw: st.DrawFn) -> list[Statement]:
    """What was said over a few days, some of it in one instant; each in a place of its own."""
    said = draw(
        st.lists(
            st.tuples(
                st.booleans(),
                st.integers(0, 4),
                st.sampled_from(["", "sms", "email"]),
                st.sampled_from(["", "service", "offer"]),
                st.sampled_from(["import", "reply", "staff"]),
            ),
            max_size=8,
        )
    )
    return [
        Statement(granted, FIRST + timedelta(days=day), channel, purpose, source, order)
        for order, (granted, day, channel, purpose, source) in enumerate(said)
    ]


def by_reading(history: list[Statement], channel: Channel, purpose: Purpose) -> bool:
    answer = purpose in ALLOWED_UNASKED
    newest: tuple[datetime, int] | None = None
    for said in history:
        about_it = said.channel in ("", channel) and said.purpose in ("", purpose)
        if about_it and (newest is None or (said.happened_at, said.order) > newest):
            newest, answer = (said.happened_at, said.order), said.granted
    return answer


class TestFolding:
    @given(histories(), st.sampled_from(PAIRS), st.randoms(use_true_random=False))
    def test_takes_the_newest_word_in_whatever_order_they_are_read(
        self, history: list[Statement], pair: tuple[Channel, Purpose], chance: Random
    ) -> None:
        channel, purpose = pair
        shuffled = chance.sample(history, len(history))

        expected = by_reading(history, channel, purpose)
        assert is_allowed(shuffled, channel=channel, purpose=purpose) is expected
        assert (pair in all_allowed(shuffled)) is expected


class TestTheBook:
    @given(histories())
    def test_never_lifts_a_stop_that_came_by_another_way(self, history: list[Statement]) -> None:
        imported = Statement(True, FIRST + timedelta(days=9), order=99)
        if not book_changes_it(history, granted=True):
            return

        for channel, purpose in PAIRS:
            stands = [
                said
                for said in sorted(history, key=lambda said: (said.happened_at, said.order))
                if said.covers(channel=channel, purpose=purpose)
            ]
            if stands and not stands[-1].granted:
                assert stands[-1].source == "import"
        assert len(all_allowed([*history, imported])) == len(PAIRS)

    @given(histories(), st.booleans())
    def test_says_nothing_twice(self, history: list[Statement], granted: bool) -> None:
        said = Statement(granted, FIRST + timedelta(days=9), order=99)
        if book_changes_it(history, granted=granted):
            assert not book_changes_it([*history, said], granted=granted)

    @given(histories(), st.booleans(), st.randoms(use_true_random=False))
    def test_changes_it_or_not_in_whatever_order_they_are_read(
        self, history: list[Statement], granted: bool, chance: Random
    ) -> None:
        shuffled = chance.sample(history, len(history))

        assert book_changes_it(shuffled, granted=granted) is book_changes_it(
            history, granted=granted
        )

    @given(histories(), st.booleans())
    def test_records_only_what_changes_what_is_allowed(
        self, history: list[Statement], granted: bool
    ) -> None:
        said = Statement(granted, FIRST + timedelta(days=9), order=99)
        if book_changes_it(history, granted=granted):
            assert all_allowed([*history, said]) != all_allowed(history)
