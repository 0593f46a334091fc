"""The one table of transitions of a message. Whatever moves a message asks it.

`sources` gives the states that a statement in SQL may move from; what is in any other state stays
as it is, and the event is counted as late. Final means final.
"""

from collections.abc import Mapping

from reminders.core.vocabulary import MessageState as S

TRANSITIONS: Mapping[S, frozenset[S]] = {
    # A receipt may overtake the gateway's own answer.
    S.SENDING: frozenset(
        {S.ACCEPTED, S.REJECTED, S.WAITING, S.UNKNOWN, S.DELIVERED, S.UNDELIVERED}
    ),
    # Certainly not sent; decided afresh before it is sent again. A gateway that said so and then
    # reports it nevertheless is believed, or it would be sent twice.
    S.WAITING: frozenset({S.SENDING, S.CANCELLED, S.ACCEPTED, S.DELIVERED, S.UNDELIVERED}),
    # Accepted and never heard of again becomes unknown.
    S.ACCEPTED: frozenset({S.DELIVERED, S.UNDELIVERED, S.UNKNOWN}),
    # A late answer, a receipt, or the gateway's word that it never saw it.
    S.UNKNOWN: frozenset({S.ACCEPTED, S.REJECTED, S.WAITING, S.DELIVERED, S.UNDELIVERED}),
    S.DELIVERED: frozenset(),
    S.UNDELIVERED: frozenset(),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset(),
}

FINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
"""States that nothing leaves."""


_ARRIVED_AFTER: Mapping[S, frozenset[S]] = {
    S.UNDELIVERED: frozenset({S.DELIVERED}),
    # Held for certainly not sent, and taken by the gateway after all.
    S.REJECTED: frozenset({S.ACCEPTED, S.DELIVERED}),
    S.CANCELLED: frozenset({S.ACCEPTED, S.DELIVERED}),
}


def may_have_reached(ended: S, *, said: S) -> bool:
    """Whether `said` of a message that had `ended` means that a phone may have it nevertheless.

    The end stands, but from then on it counts as a contact and is not followed by another text.
    """
    return said in _ARRIVED_AFTER.get(ended, frozenset())


def may_move(current: S, *, to: S) -> bool:
    """Whether a message may go from `current` to `to`."""
    return to in TRANSITIONS[current]


def sources(to: S) -> frozenset[S]:
    """The states from which a message may come to `to`."""
    return frozenset(state for state in S if may_move(state, to=to))
