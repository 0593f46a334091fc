"""Messages with everything that became of them, for a page of them at a time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from accounts.models.choices import Channel, Purpose
from reminders.models import Attempt, Message, Receipt, Reminder
from reminders.models.choices import AttemptOutcome, MessageState, Tone
from reminders.queries.borrower import name_of
from reminders.queries.codes import (
    code_label,
    effect_label,
    mood_of_outcome,
    mood_of_state,
    status_label,
)
from reminders.queries.words import offset_in_words

_Part = TypeVar("_Part", Attempt, Receipt, Reminder)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call to a gateway. `mood`: good, bad, unsure or under_way."""

    number: int
    gateway: str
    opened_at: datetime
    closed_at: datetime | None
    outcome_label: str
    mood: str
    code: str
    code_label: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What the gateway said later, and what it changed."""

    happened_at: datetime
    received_at: datetime
    status_label: str
    code: str
    code_label: str
    effect: str
    effect_label: str


@dataclass(frozen=True, slots=True)
class CauseRow:
    """A reminder that the message carried: of a policy's step, or asked for by a person."""

    reminder_id: int
    loan_no: str
    seq: int
    due_date: date
    step_key: str
    offset_label: str
    policy_title: str
    policy_version: int | None
    requested_by: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One text: what was sent is what is stored."""

    id: int
    customer_id: int
    reference: str
    body: str
    channel: str
    channel_label: str
    masked: str
    tone_label: str
    purpose_label: str
    language: str
    parts: int
    price: Decimal
    price_currency: str
    amount: Decimal
    currency: str
    template_title: str
    template_version: int
    gateway: str
    state: str
    state_label: str
    mood: str
    reason: str
    reason_label: str
    opened_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    attempts: tuple[AttemptRow, ...]
    receipts: tuple[ReceiptRow, ...]
    causes: tuple[CauseRow, ...]

    @property
    def is_by_hand(self) -> bool:
        """Whether a person asked for it."""
        return any(cause.requested_by for cause in self.causes)


def message_rows(messages: Sequence[Message]) -> dict[int, MessageRow]:
    """Rows by id, in three statements. `messages` come with their contact point, template
    version and template selected."""
    ids = [message.pk for message in messages]
    attempts = _by_message(Attempt.objects.filter(message__in=ids).order_by("number"))
    receipts = _by_message(
        Receipt.objects.filter(message__in=ids).order_by("received_at", "happened_at", "id")
    )
    causes = _by_message(
        Reminder.objects.filter(message__in=ids)
        .select_related("instalment__loan", "step_version__version__policy", "requested_by")
        .order_by("due_date", "id")
    )
    return {
        message.pk: _message_row(
            message,
            attempts=tuple(_attempt_row(row) for row in attempts[message.pk]),
            receipts=tuple(_receipt_row(row) for row in receipts[message.pk]),
            causes=tuple(_cause_row(row) for row in causes[message.pk]),
        )
        for message in messages
    }


def _by_message(rows: Iterable[_Part]) -> dict[int, list[_Part]]:
    found: dict[int, list[_Part]] = defaultdict(list)
    for row in rows:
        if row.message_id is not None:
            found[row.message_id].append(row)
    return found


def _message_row(
    message: Message,
    *,
    attempts: tuple[AttemptRow, ...],
    receipts: tuple[ReceiptRow, ...],
    causes: tuple[CauseRow, ...],
) -> MessageRow:
    version = message.template_version
    return MessageRow(
        id=message.pk,
        customer_id=message.customer_id,
        reference=str(message.reference),
        body=message.body,
        channel=message.channel,
        channel_label=str(Channel(message.channel).label),
        masked=message.contact_point.address_masked,
        tone_label=str(Tone(message.tone).label),
        purpose_label=str(Purpose(message.purpose).label),
        language=message.language,
        parts=message.parts,
        price=message.price,
        price_currency=message.price_currency,
        amount=message.amount,
        currency=message.currency,
        template_title=version.template.title,
        template_version=version.number,
        gateway=message.gateway,
        state=message.state,
        state_label=str(MessageState(message.state).label),
        mood=mood_of_state(message.state),
        reason=message.reason,
        reason_label=code_label(message.reason),
        opened_at=message.opened_at,
        accepted_at=message.accepted_at,
        ended_at=message.ended_at,
        attempts=attempts,
        receipts=receipts,
        causes=causes,
    )


def _attempt_row(row: Attempt) -> AttemptRow:
    return AttemptRow(
        number=row.number,
        gateway=row.gateway,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        outcome_label=str(AttemptOutcome(row.outcome).label),
        mood=mood_of_outcome(row.outcome),
        code=row.code,
        code_label=code_label(row.code),
        provider_id=row.provider_id,
    )


def _receipt_row(row: Receipt) -> ReceiptRow:
    return ReceiptRow(
        happened_at=row.happened_at,
        received_at=row.received_at,
        status_label=status_label(row.status),
        code=row.code,
        code_label=code_label(row.code),
        effect=row.effect,
        effect_label=effect_label(row.effect),
    )


def _cause_row(row: Reminder) -> CauseRow:
    version = row.step_version
    return CauseRow(
        reminder_id=row.pk,
        loan_no=row.instalment.loan.loan_no,
        seq=row.instalment.seq,
        due_date=row.due_date,
        step_key=version.key if version else "",
        offset_label=offset_in_words(version.offset_days) if version else "",
        policy_title=version.version.policy.title if version else "",
        policy_version=version.version.number if version else None,
        requested_by=name_of(row.requested_by),
    )
