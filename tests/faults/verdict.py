"""What is stored against what the phones got: figures, and every promise that was broken.

The phones' side comes from the gateway over HTTP, the stored side by plain SQL; nothing of the
product's own code is asked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.book import Borrower
from tests.faults.stack import Stack

_ASKED_AT_ONCE = 500


@dataclass(slots=True)
class Verdict:
    """`figures` for people and machines; `broken` says each broken promise in words."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def expect_none(self, name: str, culprits: Sequence[object], *, promise: str) -> None:
        """Count what must not be; keep some of it to look into."""
        self.figures[name] = len(culprits)
        if culprits:
            shown = ", ".join(map(str, culprits[:5]))
            self.broken.append(f"{promise}: {len(culprits)} times, for instance {shown}")


@dataclass(frozen=True, slots=True)
class _Stored:
    """A message as the product has it."""

    reference: str
    customer_no: str
    state: str
    body: str
    opened_at: Any
    may_have_reached: bool


def judge(stack: Stack, *, borrowers: Sequence[Borrower]) -> Verdict:
    """Everything has come to rest: does it add up?"""
    verdict = Verdict()
    texts = stack.gateway.texts()
    messages = [_Stored(*row) for row in stack.query(_MESSAGES)]
    _judge_candidates(stack, verdict)
    _judge_phones(stack, verdict, texts=texts, messages=messages)
    _judge_people(verdict, borrowers=borrowers, texts=texts, messages=messages)
    _judge_unclear(stack, verdict)
    return verdict


def _judge_candidates(stack: Stack, verdict: Verdict) -> None:
    """P4: every reminder that was due ended in exactly one stored outcome."""
    rows = stack.query("SELECT state, reason, count(*) FROM reminders_reminder GROUP BY 1, 2")
    outcomes = Counter({f"{state}:{why}" if why else state: n for state, why, n in rows})
    candidates = stack.query("SELECT count(*) FROM reminders_reminder")[0][0]
    verdict.figures["candidates"] = candidates
    verdict.figures["outcomes"] = dict(sorted(outcomes.items()))
    verdict.figures["messages"] = dict(
        stack.query("SELECT state, count(*) FROM reminders_message GROUP BY 1 ORDER BY 1")
    )
    assert candidates == outcomes.total()
    verdict.expect_none("lost", stack.query(_LOST), promise="P4 nothing vanishes")


def _judge_phones(
    stack: Stack,
    verdict: Verdict,
    *,
    texts: Sequence[dict[str, Any]],
    messages: Sequence[_Stored],
) -> None:
    """P1 and P8: what reached phones is what is stored, and it reached them once."""
    stored = {m.reference: m for m in messages}
    by_reference = Counter(text["reference"] for text in texts)
    by_phone = Counter(text["to"] for text in texts)
    verdict.figures["texts_on_phones"] = len(texts)
    twice = sorted({r for r, n in by_reference.items() if n > 1})
    twice += sorted(phone for phone, n in by_phone.items() if n > 1)
    verdict.expect_none("sent_twice", twice, promise="P1 once")
    differ = [
        text["reference"]
        for text in texts
        if text["reference"] not in stored or stored[text["reference"]].body != text["body"]
    ]
    verdict.expect_none("not_as_stored", differ, promise="P8 what was sent is what is stored")
    fates = dict.fromkeys(by_reference, "delivered")
    fates |= _fates(stack, [m.reference for m in messages if m.reference not in by_reference])
    permitted = _PERMITTED if stack.honours else _PERMITTED | {"not_found": _NEVER_SEEN_UNCLEAR}
    wrong = [
        f"{m.reference} is {m.state}, the gateway says {fates[m.reference]}"
        for m in messages
        if m.state not in permitted[fates[m.reference]]
        # What had ended otherwise and was reported afterwards: its end stands, with a note.
        and not (m.may_have_reached and fates[m.reference] == "delivered")
    ]
    verdict.expect_none("states_untrue", wrong, promise="P4 the outcome is the true one")


_PERMITTED = {
    "delivered": {"delivered"},
    "undelivered": {"undelivered"},
    # Lost on the way: nobody ever heard of it again.
    "accepted": {"unknown"},
    # With a gateway that honours references what it never saw is sent, or no longer wanted.
    "not_found": {"rejected", "cancelled"},
}
_NEVER_SEEN_UNCLEAR = {"rejected", "cancelled", "unknown"}


def _fates(stack: Stack, references: Sequence[str]) -> dict[str, str]:
    """What the gateway says of texts that reached no phone."""
    fates: dict[str, str] = {}
    for start in range(0, len(references), _ASKED_AT_ONCE):
        some = list(references[start : start + _ASKED_AT_ONCE])
        answer = stack.gateway.call("POST", "/v1/messages/query", json={"references": some})
        answer.raise_for_status()
        fates |= {result["reference"]: result["status"] for result in answer.json()["results"]}
    return fates


def _judge_people(
    verdict: Verdict,
    *,
    borrowers: Sequence[Borrower],
    texts: Sequence[dict[str, Any]],
    messages: Sequence[_Stored],
) -> None:
    """P2: who had paid, or had opted out, heard nothing."""
    heard = Counter(text["to"] for text in texts)
    opted_out = [b.number for b in borrowers if b.opted_out and heard[b.phone]]
    verdict.expect_none("texts_after_opt_out", opted_out, promise="P2 never after an opt-out")
    paid = {f"C-{b.number}": b for b in borrowers if b.paid_at is not None}
    opened = {m.customer_no: m for m in messages if m.customer_no in paid}
    late = [
        no for no, m in opened.items() if (at := paid[no].paid_at) is not None and m.opened_at > at
    ]
    verdict.expect_none("texts_after_payment", late, promise="P2 never after a payment")
    verdict.figures["borrowers"] = len(borrowers)
    verdict.figures["borrowers_paid"] = len(paid)
    verdict.figures["borrowers_paid_and_heard_nothing"] = sum(
        not heard[b.phone] for b in paid.values()
    )


def _judge_unclear(stack: Stack, verdict: Verdict) -> None:
    """P5: what was unclear is looked into and, where that proves nothing, stays unknown."""
    unclear, unresolved = stack.query(_UNCLEAR)[0]
    verdict.figures["calls_unclear"] = unclear
    verdict.figures["unknown"] = unresolved
    verdict.figures["unclear_by_code"] = dict(stack.query(_UNCLEAR_BY_CODE))
    verdict.expect_none(
        "unclear_not_unknown",
        stack.query(_NOT_UNKNOWN),
        promise="P5 what nobody could clear up is shown as unknown",
    )
    resent = [] if stack.honours else stack.query(_RESENT)
    verdict.expect_none("resent_on_a_guess", resent, promise="P5 never resent on a guess")


_MESSAGES = """
    SELECT message.reference::text, customer.customer_no, message.state, message.body,
        message.opened_at, message.may_have_reached_at IS NOT NULL
    FROM reminders_message AS message
    JOIN accounts_customer AS customer ON customer.id = message.customer_id
"""
_LOST = """
    SELECT 'instalment without reminder', instalment.id
    FROM accounts_instalment AS instalment
    WHERE instalment.settled_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM reminders_reminder WHERE instalment_id = instalment.id
    )
    UNION ALL
    SELECT 'reminder still planned', id FROM reminders_reminder WHERE state = 'planned'
    UNION ALL
    SELECT 'reminder without message', id FROM reminders_reminder
    WHERE state = 'messaged' AND message_id IS NULL
    UNION ALL
    SELECT 'reminder without reason', id FROM reminders_reminder
    WHERE state NOT IN ('planned', 'messaged') AND reason = ''
    UNION ALL
    SELECT 'message in limbo', id FROM reminders_message
    WHERE state IN ('sending', 'waiting', 'accepted') OR ask_at IS NOT NULL
    UNION ALL
    SELECT 'message of no reminder', id FROM reminders_message
    WHERE state <> 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM reminders_reminder WHERE message_id = reminders_message.id
    )
"""
# An attempt that was unclear and of which a receipt or the gateway told later is called accepted,
# and keeps the code that says why it had been unclear.
_UNCLEAR = """
    SELECT
        count(*) FILTER (WHERE outcome = 'unclear' OR (outcome = 'accepted' AND code <> '')),
        (SELECT count(*) FROM reminders_message WHERE state = 'unknown')
    FROM reminders_attempt
"""
_UNCLEAR_BY_CODE = """
    SELECT code, count(*) FROM reminders_attempt
    WHERE outcome = 'unclear' OR (outcome = 'accepted' AND code <> '')
    GROUP BY 1 ORDER BY 1
"""
_NOT_UNKNOWN = """
    SELECT message.id, message.state
    FROM reminders_message AS message
    JOIN LATERAL (
        SELECT outcome FROM reminders_attempt
        WHERE message_id = message.id ORDER BY number DESC LIMIT 1
    ) AS last ON true
    WHERE last.outcome = 'unclear' AND message.state NOT IN ('unknown', 'cancelled')
"""
_RESENT = """
    SELECT later.message_id, later.number
    FROM reminders_attempt AS later
    JOIN reminders_attempt AS earlier
        ON earlier.message_id = later.message_id AND earlier.number < later.number
    WHERE
        earlier.outcome IN ('unclear', 'open')
        OR (earlier.outcome = 'accepted' AND earlier.code <> '')
"""
