"""The statements on the store: what was accepted, what reached phones, what is to be reported.

Each function takes the connection first and runs as one job of the store.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reminders.simulator.faults import Fate
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
    """A message as phones and queries see it."""

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
    callback_url: str
    reference: str
    id: str
    outcome: str
    settles_at: float


CODES = {"delivered": "DELIVRD", "undelivered": "UNDELIV", "accepted": "ACCEPTD"}

_TEXT = "seq, reference, id, phone, sender, body, parts, accepted_at, outcome, settles_at"


def accept(
    connection: sqlite3.Connection,
    submissions: Sequence[tuple[Submission, Fate]],
    *,
    now: float,
    ignores_references: bool,
) -> list[Taken]:
    """Store messages with their fate and receipts. A known reference is answered as before."""
    taken = []
    for submission, fate in submissions:
        known = None if ignores_references else _by_reference(connection, submission.reference)
        if known is None:
            taken.append(_insert(connection, submission, fate, now=now))
        else:
            taken.append(Taken(id=known[0], parts=known[1], repeated=True))
    return taken


def _by_reference(connection: sqlite3.Connection, reference: str) -> tuple[str, int] | None:
    row: tuple[str, int] | None = connection.execute(
        "SELECT id, parts FROM message WHERE reference = ? LIMIT 1", (reference,)
    ).fetchone()
    return row


def _insert(
    connection: sqlite3.Connection, submission: Submission, fate: Fate, *, now: float
) -> Taken:
    identifier = f"sim-{uuid.uuid4().hex[:20]}"
    outcome = "lost" if fate.lost else "undelivered" if fate.undelivered else "delivered"
    seq = connection.execute(
        "INSERT INTO message (reference, id, phone, sender, body, parts, accepted_at, outcome,"
        " settles_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            submission.reference,
            identifier,
            submission.to,
            submission.sender,
            submission.body,
            submission.parts,
            now,
            outcome,
            now + fate.settles_after_ms / 1000,
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
            f"SELECT {_TEXT} FROM message WHERE reference = ? ORDER BY seq DESC LIMIT 1",
            (reference,),
        ).fetchone()
        if row is not None:
            found[reference] = Text(*row)
    return found


def texts_after(
    connection: sqlite3.Connection,
    *,
    after: int,
    limit: int,
    phone: str | None = None,
    reached: bool = False,
) -> list[Text]:
    """Texts in order of acceptance, without the lost; `reached` leaves the undelivered out."""
    outcomes = "('delivered')" if reached else "('delivered', 'undelivered')"
    one_phone = "phone = :phone AND" if phone is not None else ""
    rows = connection.execute(
        f"SELECT {_TEXT} FROM message WHERE {one_phone} seq > :after"
        f" AND outcome IN {outcomes} ORDER BY seq LIMIT :limit",
        {"after": after, "limit": limit, "phone": phone},
    )
    return [Text(*row) for row in rows]


def latest_texts(
    connection: sqlite3.Connection, *, limit: int, phone: str | None = None
) -> list[Text]:
    """The newest texts, oldest of them first."""
    one_phone = "phone = :phone AND" if phone is not None else ""
    rows = connection.execute(
        f"SELECT {_TEXT} FROM message WHERE {one_phone} outcome <> 'lost'"
        " ORDER BY seq DESC LIMIT :limit",
        {"limit": limit, "phone": phone},
    ).fetchall()
    return [Text(*row) for row in reversed(rows)]


def phones(
    connection: sqlite3.Connection, *, limit: int, containing: str = "", before: int | None = None
) -> list[Phone]:
    """The phones written to last, newest first; `before` is the last_seq to go on from."""
    columns = ", ".join(f"message.{name}" for name in _TEXT.split(", "))
    rows = connection.execute(
        f"SELECT phone.number, phone.texts, {columns} FROM phone"
        " JOIN message ON message.seq = phone.last_seq"
        " WHERE phone.last_seq < :before AND instr(phone.number, :containing) > 0"
        " ORDER BY phone.last_seq DESC LIMIT :limit",
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


def claim_due(
    connection: sqlite3.Connection, *, now: float, busy_urls: Sequence[str], limit: int
) -> tuple[list[DueReceipt], float | None]:
    """Take due receipts for receivers that are not busy, and say when the next is due."""
    busy = json.dumps(list(busy_urls))
    rows = connection.execute(
        "SELECT receipt.seq, event, callback_url, reference, id, outcome, settles_at"
        " FROM receipt JOIN message ON message.seq = receipt.message_seq"
        " WHERE state = 'pending' AND due_at <= ?"
        " AND callback_url NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY due_at, receipt.seq LIMIT ?",
        (now, busy, limit),
    ).fetchall()
    connection.executemany(
        "UPDATE receipt SET state = 'sending' WHERE seq = ?", [(row[0],) for row in rows]
    )
    upcoming = connection.execute(
        "SELECT min(due_at) FROM receipt WHERE state = 'pending' AND due_at > ?", (now,)
    ).fetchone()
    return [DueReceipt(*row) for row in rows], upcoming[0]


def close_receipts(connection: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """Forget receipts that the receiver has taken."""
    connection.executemany("DELETE FROM receipt WHERE seq = ?", [(seq,) for seq in seqs])


def put_off_receipts(connection: sqlite3.Connection, seqs: Iterable[int], *, now: float) -> int:
    """Try again later, or give up after the tenth try. Returns how many were given up."""
    given_up = 0
    for seq in seqs:
        row = connection.execute("SELECT tries FROM receipt WHERE seq = ?", (seq,)).fetchone()
        tries = row[0] + 1
        wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1]
        state = "given_up" if tries >= TRIES_MAX else "pending"
        given_up += state == "given_up"
        connection.execute(
            "UPDATE receipt SET tries = ?, due_at = ?, state = ? WHERE seq = ?",
            (tries, now + wait, state, seq),
        )
    return given_up


def take_up_again(connection: sqlite3.Connection, *, now: float) -> None:
    """After a start: receipts that were under way are due again.

    None may wait for more than the longest ordered delay, in case the clock was moved back.
    """
    connection.execute("UPDATE receipt SET state = 'pending' WHERE state = 'sending'")
    connection.execute(
        "UPDATE receipt SET due_at = ? WHERE state = 'pending' AND due_at > ?",
        (now, now + 3_600),
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
    return counted | {
        "phones": connection.execute("SELECT count(*) FROM phone").fetchone()[0],
        "receipts_pending": waiting.get("pending", 0) + waiting.get("sending", 0),
        "receipts_given_up": waiting.get("given_up", 0),
    }
