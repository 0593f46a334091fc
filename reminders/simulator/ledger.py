"""The statements on the store: what was accepted, what reached phones, what is to be reported.

Each function takes the connection first and runs as one job of the store.
"""

import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reminders.simulator.faults import DELAY_MS_MAX, Fate
from reminders.simulator.store import bump
from reminders.simulator.wire import Submission

# When a receiver does not answer 2xx: wait so many seconds, the last for ever, ten tries in all.
RETRY_SECONDS = (1, 2, 5, 15, 60)
TRIES_MAX = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a submission."""

    id: str
    parts: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A message as phones and queries see it: the columns of the table, in its order."""

    seq: int
    reference: str
    id: str
    phone: str
    sender: str
    body: str
    parts: int
    accepted_at: float
    outcome: str
    settles_at: float
    temporary: int

    def status(self, *, now: float) -> str:
        """accepted, delivered or undelivered, as far as anyone can know by now."""
        return self.outcome if self.outcome != "lost" and self.settles_at <= now else "accepted"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number, how many texts it was sent, and the last of them."""

    number: str
    texts: int
    last: Text


@dataclass(frozen=True, slots=True)
class DueReceipt:
    """A receipt to be posted now."""

    seq: int
    event: str
    reference: str
    id: str
    outcome: str
    settles_at: float
    temporary: int


COUNTER_NAMES = (
    "requests",
    "accepted",
    "parts",
    "sent_to_phone",
    "undelivered",
    "lost",
    "duplicates_refused",
    "rejected",
    "throttled",
    "errors_ordered",
    "timeouts_ordered",
    "receipts_sent",
    "receipts_refused",
)
_COUNTERS = {"delivered": "sent_to_phone", "undelivered": "undelivered", "lost": "lost"}
CODES = {"delivered": "DELIVRD", "undelivered": "UNDELIV", "accepted": "ACCEPTD"}


def report(outcome: str, *, temporary: bool) -> dict[str, str | bool]:
    """Status and code as receipts and queries tell them; why a phone did not get it may pass."""
    if outcome == "undelivered" and temporary:
        return {"status": outcome, "code": "EXPIRED", "temporary": True}
    return {"status": outcome, "code": CODES[outcome]}


def accept(
    connection: sqlite3.Connection,
    submissions: Sequence[tuple[Submission, Fate]],
    *,
    now: float,
    ignores_references: bool,
) -> list[Taken]:
    """Store messages with their fate and receipts. A known reference is answered as before."""
    taken = []
    counted: Counter[str] = Counter()
    for submission, fate in submissions:
        known = None if ignores_references else _by_reference(connection, submission.reference)
        if known is None:
            taken.append(_insert(connection, submission, fate, now=now))
            counted["accepted"] += 1
            counted["parts"] += submission.parts
            counted[_COUNTERS[_outcome(fate)]] += 1
        else:
            taken.append(Taken(id=known[0], parts=known[1], repeated=True))
            counted["duplicates_refused"] += 1
    bump(connection, counted)
    return taken


def _outcome(fate: Fate) -> str:
    return "lost" if fate.lost else "undelivered" if fate.undelivered else "delivered"


def _by_reference(connection: sqlite3.Connection, reference: str) -> tuple[str, int] | None:
    row: tuple[str, int] | None = connection.execute(
        "SELECT id, parts FROM message WHERE reference = ? LIMIT 1", (reference,)
    ).fetchone()
    return row


def _insert(
    connection: sqlite3.Connection, submission: Submission, fate: Fate, *, now: float
) -> Taken:
    identifier = f"sim-{uuid.uuid4().hex[:20]}"
    seq = connection.execute(
        "INSERT INTO message (reference, id, phone, sender, body, parts, accepted_at, outcome,"
        " settles_at, temporary) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            submission.reference,
            identifier,
            submission.to,
            submission.sender,
            submission.body,
            submission.parts,
            now,
            _outcome(fate),
            now + fate.settles_after_ms / 1000,
            fate.temporary,
        ),
    ).lastrowid
    if not fate.lost:
        connection.execute(
            "INSERT INTO phone (number, texts, last_seq) VALUES (?, 1, ?)"
            " ON CONFLICT (number) DO UPDATE SET texts = texts + 1, last_seq = excluded.last_seq",
            (submission.to, seq),
        )
    if submission.callback_url:
        event = uuid.uuid4().hex
        for number, after_ms in enumerate(fate.receipts_after_ms):
            connection.execute(
                "INSERT INTO receipt (message_seq, event, callback_url, due_at)"
                " VALUES (?, ?, ?, ?)",
                (
                    seq,
                    event if number == 0 or fate.repeats_event else uuid.uuid4().hex,
                    submission.callback_url,
                    now + after_ms / 1000,
                ),
            )
    return Taken(id=identifier, parts=submission.parts, repeated=False)


def find(connection: sqlite3.Connection, references: Iterable[str]) -> dict[str, Text]:
    """The newest message of each reference that is known."""
    found = {}
    for reference in references:
        row = connection.execute(
            "SELECT * FROM message WHERE reference = ? ORDER BY seq DESC LIMIT 1", (reference,)
        ).fetchone()
        if row is not None:
            found[reference] = Text(*row)
    return found


# Two statements each, not one with "or": only so does SQLite use the index on the phone.
_AFTER = """
    SELECT * FROM message WHERE seq > :after AND outcome <> 'lost'
    AND (outcome = 'delivered' OR NOT :reached) ORDER BY seq LIMIT :limit
"""
_AFTER_OF_PHONE = """
    SELECT * FROM message WHERE phone = :phone AND seq > :after AND outcome <> 'lost'
    AND (outcome = 'delivered' OR NOT :reached) ORDER BY seq LIMIT :limit
"""
_LATEST = """
    SELECT * FROM message WHERE outcome <> 'lost' ORDER BY seq DESC LIMIT :limit
"""
_LATEST_OF_PHONE = """
    SELECT * FROM message WHERE phone = :phone AND outcome <> 'lost'
    ORDER BY seq DESC LIMIT :limit
"""
_PHONES = """
    SELECT phone.number, phone.texts, message.* FROM phone
    JOIN message ON message.seq = phone.last_seq
    WHERE phone.last_seq < :before AND instr(phone.number, :containing) > 0
    ORDER BY phone.last_seq DESC LIMIT :limit
"""


def texts_after(
    connection: sqlite3.Connection,
    *,
    after: int,
    limit: int,
    phone: str | None = None,
    reached: bool = False,
) -> list[Text]:
    """Texts in order of acceptance, without the lost; `reached` leaves the undelivered out."""
    rows = connection.execute(
        _AFTER if phone is None else _AFTER_OF_PHONE,
        {"after": after, "limit": limit, "phone": phone, "reached": reached},
    )
    return [Text(*row) for row in rows]


def latest_texts(
    connection: sqlite3.Connection, *, limit: int, phone: str | None = None
) -> list[Text]:
    """The newest texts, oldest of them first."""
    rows = connection.execute(
        _LATEST if phone is None else _LATEST_OF_PHONE, {"limit": limit, "phone": phone}
    ).fetchall()
    return [Text(*row) for row in reversed(rows)]


def phones(
    connection: sqlite3.Connection, *, limit: int, containing: str = "", before: int | None = None
) -> list[Phone]:
    """The phones written to last, newest first; `before` is the last_seq to go on from."""
    rows = connection.execute(
        _PHONES,
        {
            "before": 2**62 if before is None else before,
            "containing": containing,
            "limit": limit,
        },
    )
    return [Phone(row[0], row[1], Text(*row[2:])) for row in rows]


def newest(connection: sqlite3.Connection) -> int:
    """The number of the last accepted message."""
    row = connection.execute("SELECT coalesce(max(seq), 0) FROM message").fetchone()
    return int(row[0])


def due_receipts(
    connection: sqlite3.Connection, url: str, *, now: float, limit: int
) -> tuple[list[DueReceipt], float | None]:
    """The receipts that one receiver is due, and when its next one is, if there is one."""
    rows = connection.execute(
        "SELECT receipt.seq, event, reference, id, outcome, settles_at, temporary"
        " FROM receipt JOIN message ON message.seq = receipt.message_seq"
        " WHERE state = 'pending' AND callback_url = ? AND due_at <= ?"
        " ORDER BY due_at, receipt.seq LIMIT ?",
        (url, now, limit),
    )
    upcoming = connection.execute(
        "SELECT min(due_at) FROM receipt"
        " WHERE state = 'pending' AND callback_url = ? AND due_at > ?",
        (url, now),
    ).fetchone()
    return [DueReceipt(*row) for row in rows], upcoming[0]


def waiting_receivers(connection: sqlite3.Connection, *, now: float) -> list[str]:
    """After a start: the addresses that are still owed receipts.

    None waits for more than the longest ordered delay, in case the clock was moved back.
    """
    connection.execute(
        "UPDATE receipt SET due_at = ? WHERE state = 'pending' AND due_at > ?",
        (now, now + DELAY_MS_MAX / 1000 + RETRY_SECONDS[-1]),
    )
    rows = connection.execute("SELECT DISTINCT callback_url FROM receipt WHERE state = 'pending'")
    return [row[0] for row in rows]


def close_receipts(connection: sqlite3.Connection, seqs: Sequence[int]) -> None:
    """Forget receipts that the receiver has taken."""
    connection.executemany("DELETE FROM receipt WHERE seq = ?", [(seq,) for seq in seqs])
    bump(connection, {"receipts_sent": len(seqs)})


def put_off_receipts(connection: sqlite3.Connection, seqs: Sequence[int], *, now: float) -> None:
    """Try again later, or give up after the tenth try."""
    for seq in seqs:
        row = connection.execute("SELECT tries FROM receipt WHERE seq = ?", (seq,)).fetchone()
        tries = row[0] + 1
        wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1]
        state = "given_up" if tries >= TRIES_MAX else "pending"
        connection.execute(
            "UPDATE receipt SET tries = ?, due_at = ?, state = ? WHERE seq = ?",
            (tries, now + wait, state, seq),
        )


def read_setting(connection: sqlite3.Connection, name: str) -> str | None:
    """A stored setting, or None."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def write_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Store a setting."""
    connection.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def stats(connection: sqlite3.Connection) -> dict[str, Any]:
    """The counters, and what can be counted in the tables."""
    counted = dict(connection.execute("SELECT name, value FROM counter").fetchall())
    waiting = dict(
        connection.execute("SELECT state, count(*) FROM receipt GROUP BY state").fetchall()
    )
    return (
        dict.fromkeys(COUNTER_NAMES, 0)
        | counted
        | {
            "phones": connection.execute("SELECT count(*) FROM phone").fetchone()[0],
            "receipts_pending": waiting.get("pending", 0),
            "receipts_given_up": waiting.get("given_up", 0),
        }
    )
