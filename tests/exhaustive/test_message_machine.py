"""Every state of a message and every event, in every order: what comes of it, on real rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import pytest

from reminders.core.lifecycle import FINAL, TRANSITIONS
from reminders.core.vocabulary import MessageState
from tests.exhaustive.message_machine import Event, Machine, Path, Seen

pytestmark = pytest.mark.django_db

# Where each event takes a message that is in the state above; a dot: it stays as it is.
EXPECTED = """
                       sending     waiting     accepted    unknown
answer accepted        accepted    .           .           accepted
answer rejected        rejected    .           .           rejected
answer busy            waiting     .           .           waiting
answer unclear         unknown     .           .           .
receipt accepted       accepted    accepted    .           accepted
receipt delivered      delivered   delivered   delivered   delivered
receipt undelivered    undelivered undelivered undelivered undelivered
told accepted          accepted    .           .           accepted
told delivered         delivered   .           delivered   delivered
told undelivered       undelivered .           undelivered undelivered
told never seen        .           .           .           waiting
too old                .           .           unknown     .
lease lapsed           unknown     .           .           .
claimed                .           sending     .           .
paid and claimed       .           cancelled   .           .
"""
_NAMES = {"too old": Event.TOLD_NOTHING_FOR_DAYS}

# Of these ends a gateway may say later that a phone has the text all the same.
REACHED = {
    ("undelivered", Event.RECEIPT_DELIVERED),
    *product(
        ("rejected", "cancelled"),
        (Event.ACCEPTED, Event.LATE_ACCEPTED, Event.RECEIPT_ACCEPTED, Event.RECEIPT_DELIVERED),
    ),
}


def moves() -> dict[tuple[str, Event], str]:
    """The table: (state, event) to the state that follows. What it does not name moves nothing."""
    header, *rows = EXPECTED.strip("\n").splitlines()
    found = {}
    for row in rows:
        name, marks = row[:22].strip(), row[22:].split()
        for state, to in zip(header.split(), marks, strict=True):
            if to != ".":
                found[state, _NAMES.get(name) or Event(name)] = to
    return found


MOVES = moves()
START = Seen("sending", ("open",), "messaged")
_OUTCOMES = {"accepted", "rejected", "busy", "unclear"}


@dataclass(frozen=True, slots=True)
class Past:
    """What an event may depend on beside the rows."""

    has_paid: bool = False
    is_old: bool = False

    def and_then(self, event: Event, *, was: Seen, now: Seen) -> "Past":
        called_again = len(now.attempts) > len(was.attempts)
        return Past(
            self.has_paid or event is Event.PAID_AND_CLAIMED,
            (self.is_old or event is Event.TOLD_NOTHING_FOR_DAYS) and not called_again,
        )


def after(was: Seen, event: Event, *, past: Past) -> Seen:
    """What should be seen after an event: by the table, and by rules for the rows beside it."""
    if event is Event.CLAIMED and past.has_paid:
        event = Event.PAID_AND_CLAIMED
    state = MOVES.get((was.state, event), was.state)
    if event.startswith("answer") and was.attempts[-1] not in ("open", "unclear"):
        state = was.state  # that call has been answered
    if event is Event.NEVER_SEEN and "accepted" in was.attempts:
        state = was.state  # whoever accepted it has seen it
    moved = state != was.state
    if state == "accepted" and past.is_old and event.startswith("told"):
        state = "unknown"  # and of what is too old nobody asks any more
    attempts = _attempts(was, event, moved=moved)
    happened = len(was.attempts) > 1 or not event.startswith("late")
    reached = was.has_reached or (happened and (was.state, event) in REACHED)
    return Seen(state, attempts, _reminder(was, state=state), reached)


def follow(was: Seen, event: Event, *, past: Past) -> tuple[Seen, Past]:
    """`after`, with the past that goes with it."""
    now = after(was, event, past=past)
    return now, past.and_then(event, was=was, now=now)


def in_words(path: Iterable[Event]) -> str:
    return " > ".join(path)


def _attempts(was: Seen, event: Event, *, moved: bool) -> tuple[str, ...]:
    """An answer closes its own attempt; whoever reached a phone was accepted, once; a claim opens
    the next one."""
    *older, newest = was.attempts
    words = event.split()
    if words[-1] in _OUTCOMES and words[-2] == "answer":
        # A call that is counted as accepted is so together with its message.
        outcome = "unclear" if words[-1] == "accepted" and not moved else words[-1]
        index = len(older) - (1 if words[0] == "late" else 0)
        if index < 0 or was.attempts[index] not in ("open", "unclear"):
            return was.attempts
        return (*was.attempts[:index], outcome, *was.attempts[index + 1 :])
    if moved and event is Event.LAPSED:
        return (*older, "unclear")
    if moved and event is Event.CLAIMED:
        return (*was.attempts, "open")
    if moved and words[0] in ("receipt", "told") and event is not Event.NEVER_SEEN:
        reached = words[-1] in ("accepted", "delivered", "undelivered")
        if reached and newest in ("open", "unclear") and "accepted" not in older:
            return (*older, "accepted")
    return was.attempts


def _reminder(was: Seen, *, state: str) -> str:
    """It is planned while its message waits, and ends with it."""
    if state == was.state:
        return was.reminder
    return {"waiting": "planned", "cancelled": "skipped"}.get(state, "messaged")


def every_sequence(*, length: int, behind: Path = ()) -> list[Path]:
    """All sequences of that many events behind `behind`.

    One ends early behind an event that changed nothing: it is the same as the one without it.
    """
    was, past = START, Past()
    for event in behind:
        was, past = follow(was, event, past=past)
    paths: list[Path] = []
    frontier = [(was, past, behind)]
    while frontier:
        was, past, path = frontier.pop()
        for event in Event:
            following = follow(was, event, past=past)
            longer = (*path, event)
            if following == (was, past) or len(longer) == len(behind) + length:
                paths.append(longer)
            else:
                frontier.append((*following, longer))
    return paths


def every_combination(*, calls_max: int) -> list[Path]:
    """A shortest sequence to each combination of rows that can be reached at all with that many
    calls, and every event behind it."""
    known: dict[tuple[Seen, Past], Path] = {(START, Past()): ()}
    frontier = list(known.items())
    paths: list[Path] = []
    while frontier:
        (was, past), path = frontier.pop(0)
        for event in Event:
            paths.append((*path, event))
            following = follow(was, event, past=past)
            if following not in known and len(following[0].attempts) <= calls_max:
                known[following] = (*path, event)
                frontier.append((following, known[following]))
    return paths


class TestEverySequence:
    """All that can happen to a text from the moment when it is handed over."""

    def test_of_three_events_keeps_to_the_table_and_to_the_promises(self) -> None:
        run(every_sequence(length=3))

    @pytest.mark.parametrize(
        "behind",
        [
            (Event.BUSY, Event.CLAIMED),
            (Event.UNCLEAR, Event.NEVER_SEEN, Event.CLAIMED),
            (Event.LAPSED, Event.BUSY, Event.CLAIMED),
        ],
        ids=in_words,
    )
    def test_behind_a_second_call_does_so_too(self, behind: Path) -> None:
        run(every_sequence(length=2, behind=behind))

    def test_to_any_state_of_the_rows_does_so_too(self) -> None:
        """However long it is: what comes next depends on the rows, and all of them are tried."""
        run(every_combination(calls_max=1))


class TestTheTable:
    def test_moves_a_message_only_as_the_table_of_transitions_allows(self) -> None:
        for (state, event), to in MOVES.items():
            assert to in TRANSITIONS[MessageState(state)], event

    def test_uses_every_transition(self) -> None:
        used = {(state, to) for (state, _), to in MOVES.items()}

        assert used == {(state, to) for state, following in TRANSITIONS.items() for to in following}


def run(paths: Sequence[Path]) -> None:
    """Take all the paths; after each step compare every message with the table and the promises."""
    machine = Machine(paths)
    before, pasts = [START] * len(paths), [Past()] * len(paths)
    assert machine.seen() == before
    for index in range(max(map(len, paths))):
        machine.step(index)
        seen = machine.seen()
        for number, path in enumerate(paths):
            was, now = before[number], seen[number]
            if index >= len(path):
                assert now == was, f"{in_words(path)}, and nothing more"
                continue
            taken = path[: index + 1]
            assert now == after(was, taken[-1], past=pasts[number]), in_words(taken)
            assert_no_promise_broken(was, now, path=taken)
            pasts[number] = pasts[number].and_then(taken[-1], was=was, now=now)
        before = seen


def assert_no_promise_broken(was: Seen, now: Seen, *, path: Path) -> None:
    """The promises in plain words; this knows nothing of the table."""
    said = in_words(path)
    if was.state in FINAL:
        same = replace(was, attempts=now.attempts, has_reached=now.has_reached)
        assert now == same, f"left its end: {said}"
    assert now.attempts.count("accepted") <= 1, f"accepted twice: {said}"
    assert ("open" in now.attempts) <= (now.state == "sending"), f"left open: {said}"
    if len(now.attempts) > len(was.attempts):
        assert was.state == "waiting", f"sent again while {was.state}: {said}"
        assert not {"open", "accepted"} & set(was.attempts), f"sent twice: {said}"
        if "unclear" in was.attempts:
            assert Event.NEVER_SEEN in path, f"sent again on a guess: {said}"
    if now.state == "accepted":
        assert now.is_asked_about, f"nobody asks: {said}"
    if now.state == "unknown":
        assert now.is_asked_about or Event.TOLD_NOTHING_FOR_DAYS in path, f"nobody asks: {said}"
    assert (now.state == "waiting") == (now.reminder == "planned"), f"out of step: {said}"
