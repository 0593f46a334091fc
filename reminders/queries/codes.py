"""What gateways and carriers said, in words. A code without words is shown as it is."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.core.consent import IMPORT
from reminders.models.choices import AttemptOutcome, MessageState
from reminders.queries import formats

CODES: Mapping[str, Promise] = {
    # Our own, given before or without an answer of the gateway.
    "demonstration_borrower": _("made-up borrower: only the simulator takes them"),
    "lease_lapsed": _("our side broke off before the gateway had answered"),
    "message_ended": _("a receipt came before the answer, which nobody wrote down"),
    "never_seen": _("the gateway never saw it"),
    "no_receipt": _("no receipt came in three days"),
    "settled_by_staff": _("said by a colleague"),
    "unresolved": _("nobody could say in three days what became of it"),
    "undelivered": _("could not be delivered"),
    "no_longer_wanted": _("nothing was to be said any more"),
    "out_of_time": _("no time left in this run"),
    "rate_limited": _("more than the gateway's rate allows"),
    "rate_unknown": _("the gateway's rate cannot be kept"),
    # What gateways answer, in our words.
    "batch_refused": _("the gateway refused the whole batch"),
    "busy": _("busy"),
    "content_refused": _("content refused"),
    "empty_body": _("empty text"),
    "gateway_address_wrong": _("wrong address of the gateway"),
    "gateway_moved": _("the gateway has moved"),
    "invalid_number": _("invalid number"),
    "malformed": _("not understood"),
    "no_balance": _("no balance at the gateway"),
    "number_not_in_service": _("number not in service"),
    "recipient_limit": _("limit of texts to this number"),
    "recipient_refuses": _("the recipient refuses texts"),
    "rejected": _("rejected"),
    "request_too_large": _("too much in one request"),
    "sender_not_approved": _("sender not approved"),
    "text_too_long": _("text too long"),
    "throttled": _("too many at once"),
    "unauthorised": _("not signed in at the gateway"),
    "unavailable": _("not available"),
    # Answers that say nothing for certain.
    "answer_for_another": _("an answer about another text"),
    "answers_miscounted": _("more or fewer answers than texts"),
    "answer_too_long": _("an answer that is too long"),
    "answer_too_slow": _("an answer that took too long"),
    "contradictory_answer": _("an answer that contradicts itself"),
    "gateway_failed": _("a fault in the gateway's file"),
    "not_in_answer": _("not named in the answer"),
    "unreadable_answer": _("an answer that cannot be read"),
    # What the way there did.
    "certificate_not_trusted": _("certificate not trusted"),
    "connect_timeout": _("no connection in time"),
    "connection_broken": _("the connection broke before the answer"),
    "connection_failed": _("no connection"),
    "gateway_address_invalid": _("the gateway's address is not valid"),
    "read_timeout": _("no answer in time"),
    # What carriers write into receipts (SMPP 3.4, appendix B; upper case by custom).
    "ACCEPTD": _("taken by the carrier"),
    "DELETED": _("deleted by the carrier"),
    "DELIVRD": _("arrived on the phone"),
    "ENROUTE": _("on its way"),
    "EXPIRED": _("phone not reached in time"),
    "REJECTD": _("refused by the carrier"),
    "UNDELIV": _("could not be delivered"),
    "UNKNOWN": _("the carrier does not know"),
    # Why nobody writes to an address any more.
    "wrong_number": _("wrong number"),
}

_STATUSES: Mapping[str, Promise] = {
    "accepted": _("Taken by the carrier"),
    "delivered": _("Delivered"),
    "undelivered": _("Not delivered"),
    "not_found": _("Not known to the gateway"),
}

_EFFECTS: Mapping[str, Promise] = {
    "applied": _("changed the state"),
    "late": _("came late, changed nothing"),
    "unknown_reference": _("belongs to no message of ours"),
}

_SOURCES: Mapping[str, Promise] = {
    IMPORT: _("from the lender's book"),
    "reply": _("by a reply"),
    "staff": _("through staff"),
    "borrower_page": _("on their own page"),
}

_MOODS: Mapping[str, frozenset[MessageState]] = {
    "good": frozenset({MessageState.DELIVERED}),
    "bad": frozenset({MessageState.UNDELIVERED, MessageState.REJECTED}),
    "unsure": frozenset({MessageState.UNKNOWN}),
    "under_way": frozenset({MessageState.SENDING, MessageState.WAITING, MessageState.ACCEPTED}),
    "ended": frozenset({MessageState.CANCELLED}),
}

_OUTCOME_MOODS: Mapping[str, str] = {
    AttemptOutcome.OPEN: "under_way",
    AttemptOutcome.ACCEPTED: "good",
    AttemptOutcome.REJECTED: "bad",
    AttemptOutcome.BUSY: "under_way",
    AttemptOutcome.UNCLEAR: "unsure",
}


def code_label(code: str) -> str:
    """Words for a code of a gateway, a carrier or our own."""
    return str(CODES.get(code, code))


_FATES: Mapping[str, Promise] = {
    MessageState.SENDING: _("It is being handed to the gateway just now."),
    MessageState.WAITING: _(
        "The gateway was busy and certainly did not send it; it is decided anew and tried again."
    ),
    MessageState.ACCEPTED: _("The gateway has taken it; no receipt from the phone is in yet."),
    MessageState.UNKNOWN: _(
        "Nobody knows yet whether it arrived. It may have, so it is not sent again; the gateway is "
        "asked until it answers or three days have passed."
    ),
    MessageState.DELIVERED: _("It arrived on the phone."),
    MessageState.UNDELIVERED: _("It was sent and did not arrive."),
    MessageState.REJECTED: _("The gateway refused it: nothing was sent."),
    MessageState.CANCELLED: _("It waited and was no longer wanted: nothing was sent."),
}

_LEFT_TO_A_PERSON = _(
    "Nobody knows whether it arrived: in three days neither the gateway nor the carrier could say. "
    "It may have, so it is not sent again; a colleague has to find out."
)

_AFTER_ALL = _(
    "Afterwards the gateway said that it may have arrived after all, so it is not sent again."
)


def fate(state: str, *, is_for_a_person: bool = False, may_have_reached: bool = False) -> str:
    """What became of a message, as one would say it on the phone.

    `is_for_a_person`: the gateway is not asked any more. `may_have_reached`: after its end the
    gateway said that it arrived nevertheless.
    """
    if is_for_a_person:
        return str(_LEFT_TO_A_PERSON)
    said = str(_FATES[MessageState(state)])
    return formats.sentences([said, str(_AFTER_ALL)]) if may_have_reached else said


STATUSES = tuple(_STATUSES.items())
EFFECTS = tuple(_EFFECTS.items())
"""What receipts say and change, with words: to choose from."""


def status_label(status: str) -> str:
    """Words for what a receipt says."""
    return str(_STATUSES.get(status, status))


def effect_label(effect: str) -> str:
    """Words for what a receipt changed."""
    return str(_EFFECTS.get(effect, effect))


def source_label(source: str) -> str:
    """Words for how a consent reached us."""
    return str(_SOURCES.get(source, source))


def mood_of_state(state: str) -> str:
    """How a message stands: good, bad, unsure, under_way or ended."""
    return next(mood for mood, states in _MOODS.items() if state in states)


def mood_of_outcome(outcome: str) -> str:
    """How an attempt stands, in the same words."""
    return _OUTCOME_MOODS[outcome]
