"""Messages with everything that became of them, for a page of them at a time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from django.db.models import Q

from accounts.models.choices import Channel, Purpose
from reminders.models import Attempt, EarlierText, Message, Receipt, Reminder, Settlement
from reminders.models.choices import AttemptOutcome, MessageState, Tone
from reminders.queries.borrower import name_of
from reminders.queries.codes import (
    code_label,
    effect_label,
    mood_of_outcome,
    mood_of_state,
    status_label,
)
from reminders.queries.past import with_subjects
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
    """A reminder that the message carried: of a policy's step, or asked for by a person; or of a
    campaign, about no instalment (`loan_no` is empty then)."""

    reminder_id: int
    loan_no: str
    seq: int
    due_date: date
    step_key: str
    offset_label: str
    policy_title: str
    policy_version: int | None
    requested_by: str
    campaign_title: str = ""


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """What a member of staff found out about a text of unknown outcome."""

    note: str
    settled_by: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One text: what was sent is what is stored.

    `resend_of` is the text before it, which the carrier could not deliver for the time being;
    `is_followed` says that this one was such a text and that its reminder was planned again;
    `is_for_a_person` that its outcome is unknown and the gateway is not asked any more.
    """

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
    may_have_reached_at: datetime | None
    resend_of: int | None
    is_followed: bool
    is_for_a_person: bool
    settlement: SettlementRow | None
    attempts: tuple[AttemptRow, ...]
    receipts: tuple[ReceiptRow, ...]
    causes: tuple[CauseRow, ...]

    @property
    def is_by_hand(self) -> bool:
        """Whether a person asked for it."""
        return any(cause.requested_by for cause in self.causes)


def message_rows(messages: Sequence[Message]) -> dict[int, MessageRow]:
    """Rows by id, in no more statements for many than for one. `messages` come with their contact
    point, template version and template selected."""
    ids = [message.pk for message in messages]
    attempts = _by_message(Attempt.objects.filter(message__in=ids).order_by("number"))
    receipts = _by_message(
        Receipt.objects.filter(message__in=ids).order_by("received_at", "happened_at", "id")
    )
    causes = _by_message(
        with_subjects(Reminder.objects.filter(message__in=ids)).order_by("due_date", "id")
    )
    resends = _resends(ids, known={cause.pk for rows in causes.values() for cause in rows})
    for pk, reminder in resends.causes:
        if reminder.pk not in {cause.pk for cause in causes[pk]}:
            causes[pk].append(reminder)
    settlements = {
        row.message_id: SettlementRow(row.note, name_of(row.settled_by), row.settled_at)
        for row in Settlement.objects.filter(message__in=ids).select_related("settled_by")
    }
    return {
        message.pk: _message_row(
            message,
            settlement=settlements.get(message.pk),
            resend_of=resends.before.get(message.pk),
            is_followed=message.pk in {pk for pk, _ in resends.causes},
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


@dataclass(frozen=True, slots=True)
class _Resends:
    """Texts sent in vain with their reminders, and for each later text the one before it."""

    causes: list[tuple[int, Reminder]]
    before: dict[int, int]


def _resends(ids: Sequence[int], *, known: set[int]) -> _Resends:
    """Those that have to do with these messages; `known` are the reminders that name them."""
    # Most texts were not sent in vain, and then there is nothing more to ask.
    chained = set(
        EarlierText.objects.filter(Q(reminder__in=known) | Q(message__in=ids)).values_list(
            "reminder", flat=True
        )
    )
    if not chained:
        return _Resends([], {})
    texts: dict[int, list[int]] = defaultdict(list)
    causes = []
    current: dict[int, int | None] = {}
    for row in (
        EarlierText.objects.filter(reminder__in=chained)
        .select_related(
            "reminder__instalment__loan",
            "reminder__step_version__version__policy",
            "reminder__requested_by",
            "reminder__campaign",
        )
        .order_by("reminder", "number")
    ):
        texts[row.reminder_id].append(row.message_id)
        causes.append((row.message_id, row.reminder))
        current[row.reminder_id] = row.reminder.message_id
    for reminder_id, last in current.items():
        # Planned again and not sent yet, or stopped: it still names a text that was sent in vain.
        if last is not None and last not in texts[reminder_id]:
            texts[reminder_id].append(last)
    before = {later: earlier for chain in texts.values() for earlier, later in pairwise(chain)}
    return _Resends(causes, before)


def _message_row(
    message: Message,
    *,
    resend_of: int | None,
    is_followed: bool,
    settlement: SettlementRow | None,
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
        may_have_reached_at=message.may_have_reached_at,
        resend_of=resend_of,
        is_followed=is_followed,
        is_for_a_person=message.state == MessageState.UNKNOWN and message.ask_at is None,
        settlement=settlement,
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
    version, campaign, instalment = row.step_version, row.campaign, row.instalment
    return CauseRow(
        reminder_id=row.pk,
        loan_no=instalment.loan.loan_no if instalment else "",
        seq=instalment.seq if instalment else 0,
        due_date=row.due_date,
        step_key=version.key if version else "",
        offset_label=offset_in_words(version.offset_days) if version else "",
        policy_title=version.version.policy.title if version else "",
        policy_version=version.version.number if version else None,
        requested_by=name_of(row.requested_by),
        campaign_title=campaign.title if campaign else "",
    )
