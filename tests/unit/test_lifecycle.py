"""Every pair of states, against the table as a person reads it in the design."""

from itertools import product

import pytest

from reminders.core.lifecycle import FINAL, TRANSITIONS, may_have_reached, may_move, sources
from reminders.core.vocabulary import MessageState as S

# x: a message in the state on the left may go to the state above.
EXPECTED = """
              sending waiting accepted unknown delivered undelivered rejected cancelled
sending          .       x       x        x        x          x          x        .
waiting          x       .       x        .        x          x          .        x
accepted         .       .       .        x        x          x          .        .
unknown          .       x       x        .        x          x          x        .
delivered        .       .       .        .        .          .          .        .
undelivered      .       .       .        .        .          .          .        .
rejected         .       .       .        .        .          .          .        .
cancelled        .       .       .        .        .          .          .        .
"""


def expected() -> dict[tuple[S, S], bool]:
    header, *rows = (line.split() for line in EXPECTED.strip().splitlines())
    return {
        (S(current), S(to)): mark == "x"
        for current, *marks in rows
        for to, mark in zip(header, marks, strict=True)
    }


class TestTransitions:
    @pytest.mark.parametrize(("current", "to"), list(product(S, S)))
    def test_are_those_of_the_table(self, current: S, to: S) -> None:
        assert may_move(current, to=to) is expected()[current, to]

    def test_name_every_state(self) -> None:
        assert set(TRANSITIONS) == set(S)

    def test_of_sources_are_the_same_table_read_from_the_other_side(self) -> None:
        moves = {(current, to) for to in S for current in sources(to)}

        assert moves == {pair for pair, allowed in expected().items() if allowed}

    def test_leave_no_final_state(self) -> None:
        assert {S.DELIVERED, S.UNDELIVERED, S.REJECTED, S.CANCELLED} == FINAL
        assert not any(may_move(state, to=to) for state, to in product(FINAL, S))

    @pytest.mark.parametrize("state", sorted(set(S) - FINAL))
    def test_lead_from_every_other_state_to_an_end(self, state: S) -> None:
        assert TRANSITIONS[state] & FINAL

    @pytest.mark.parametrize("said", [S.DELIVERED, S.UNDELIVERED])
    def test_let_a_receipt_end_whatever_may_have_been_sent(self, said: S) -> None:
        assert sources(said) == {S.SENDING, S.WAITING, S.ACCEPTED, S.UNKNOWN}

    def test_let_nothing_be_sent_again_that_may_have_been_sent(self) -> None:
        assert sources(S.SENDING) == {S.WAITING}


class TestMayHaveReached:
    @pytest.mark.parametrize(("ended", "said"), list(product(S, S)))
    def test_is_what_contradicts_an_end_that_nobody_believes_to_have_arrived(
        self, ended: S, said: S
    ) -> None:
        expected = {
            (S.UNDELIVERED, S.DELIVERED),
            (S.REJECTED, S.ACCEPTED),
            (S.REJECTED, S.DELIVERED),
            (S.CANCELLED, S.ACCEPTED),
            (S.CANCELLED, S.DELIVERED),
        }

        assert may_have_reached(ended, said=said) is ((ended, said) in expected)

    @pytest.mark.parametrize(("ended", "said"), list(product(S, S)))
    def test_is_asked_only_where_the_table_moves_nothing(self, ended: S, said: S) -> None:
        assert not (may_have_reached(ended, said=said) and may_move(ended, to=said))
