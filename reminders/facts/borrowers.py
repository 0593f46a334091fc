"""Facts for the decision: everything about a batch of borrowers in a fixed number of queries."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, F, Q

from accounts.arrangements import Arrangement, arrangements_of
from accounts.core.consent import Statement, all_allowed
from accounts.core.vocabulary import Channel, HoldKind, LoanStatus, Purpose, RiskTier
from accounts.models import ConsentEvent, ContactPoint, Customer, Hold, Instalment
from reminders.core.contact_rules import PROFILES, OwnLimits, tighten
from reminders.core.contact_rules import ContactRules as RulesInForce
from reminders.core.types import ActiveHold, Audience, Borrower, Candidate, Debt, Spoken
from reminders.core.vocabulary import RestDays, Stage
from reminders.facts.calendar import calendar_in_force
from reminders.facts.ledger import ledger_as_of
from reminders.facts.policies import StepInForce
from reminders.models import ContactRules, Message, Reminder
from reminders.models.choices import MessageState, ReminderState, VersionState

log = logging.getLogger(__name__)

TIER_BEFORE_ASSESSMENT = RiskTier.MEDIUM
"""A borrower nobody has assessed yet hears what the middle hears."""

_ALLOWED_UNASKED = all_allowed(())
_NOT_A_CONTACT = (
    MessageState.REJECTED,
    MessageState.CANCELLED,
    MessageState.WAITING,
    MessageState.UNDELIVERED,
)


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose time has come, with the message of an earlier, busy try.

    `is_in_force` is False when its policy was switched off or published anew since it was planned.
    """

    candidate: Candidate
    customer_id: int
    waiting_message_id: int | None
    is_in_force: bool


def rules_in_force() -> RulesInForce:
    """The profile of CONTACT_PROFILE, tightened by the operator's row, with the calendar."""
    own = ContactRules.objects.filter(pk=1).first()
    limits = (
        OwnLimits(
            own.earliest,
            own.latest,
            own.per_day,
            own.per_7_days,
            own.hours_between,
            RestDays(own.rest_days) if own.rest_days else None,
            own.ledger_max_age_hours,
        )
        if own
        else OwnLimits()
    )
    profile = PROFILES[settings.CONTACT_PROFILE]
    return tighten(profile, own=limits, calendar=calendar_in_force())


def due_reminders(*, customer_ids: Collection[int], now: datetime) -> list[DueReminder]:
    """The planned reminders of these borrowers that are to be looked at now, locked.

    Needs a transaction. Planning cannot withdraw or move them until it ends, or a text would go
    out for a reminder that then counts as cancelled and comes back. Those that planning is just
    changing are passed over: they are for the next claim.
    """
    rows = list(
        Reminder.objects.filter(
            customer__in=customer_ids, state=ReminderState.PLANNED, next_attempt_at__lte=now
        )
        .select_related("step_version__version__policy", "step_version__template", "template")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .order_by("id")
    )
    return [
        DueReminder(candidate_of(row), row.customer_id, row.message_id, _is_in_force(row))
        for row in rows
    ]


def _is_in_force(row: Reminder) -> bool:
    """As `steps_in_force` has it. What a person asked for is."""
    if row.step_version is None:
        return True
    version = row.step_version.version
    return version.state == VersionState.PUBLISHED and version.policy.is_active


def candidate_of(row: Reminder) -> Candidate:
    """The row, stored or not, as the decision sees it."""
    version = row.step_version
    if version is None:
        return _candidate_by_hand(row)
    step = StepInForce(
        step_id=row.step_id or 0,
        policy_key=version.version.policy.key,
        holdout_percent=version.version.holdout_percent,
        version=version,
    )
    return candidate_for_step(
        step,
        reminder_id=row.pk,
        instalment_id=row.instalment_id,
        due_date=row.due_date,
        send_at=row.send_at,
        expires_at=row.expires_at,
    )


def candidate_for_step(
    step: StepInForce,
    *,
    reminder_id: int,
    instalment_id: int,
    due_date: date,
    send_at: datetime,
    expires_at: datetime,
) -> Candidate:
    """A candidate of a policy's step, from a stored row or from a preview."""
    version = step.version
    return Candidate(
        reminder_id=reminder_id,
        instalment_id=instalment_id,
        step_key=version.key,
        policy_key=step.policy_key,
        offset_days=version.offset_days,
        stage=Stage.of(version.offset_days),
        due_date=due_date,
        send_at=send_at,
        expires_at=expires_at,
        channels=tuple(Channel(channel) for channel in version.channels),
        template_id=version.template_id,
        purpose=Purpose(version.template.purpose),
        tone_rule=version.tone,
        audience=Audience(
            frozenset(version.tiers), frozenset(version.products), frozenset(version.segments)
        ),
        holdout_percent=step.holdout_percent,
    )


def _candidate_by_hand(row: Reminder) -> Candidate:
    template = row.template
    assert template is not None, "reminder_comes_from_a_policy_or_a_person"
    return Candidate(
        reminder_id=row.pk,
        instalment_id=row.instalment_id,
        step_key="by_hand",
        policy_key="",
        offset_days={Stage.BEFORE: -1, Stage.ON: 0, Stage.AFTER: 1}[Stage(template.stage)],
        stage=Stage(template.stage),
        due_date=row.due_date,
        send_at=row.send_at,
        expires_at=row.expires_at,
        channels=(Channel.SMS,),
        template_id=template.pk,
        purpose=Purpose(template.purpose),
        tone_rule="by_risk",
        audience=None,
    )


def borrowers(
    *,
    customer_ids: Collection[int],
    now: datetime,
    due_until: date | None = None,
    instalment_ids: Collection[int] = (),
) -> dict[int, Borrower]:
    """The facts about these borrowers as they are committed now, by id.

    `due_until` leaves out debts due later: a decision needs none beyond its last reminder, but
    for those that are reminded of, `instalment_ids`: absent, they would pass for paid.
    A borrower whose row cannot be read (an unknown time zone) is absent and logged.
    """
    debts = _debts(customer_ids, due_until=due_until, instalment_ids=instalment_ids)
    reachable = _reachable(customer_ids)
    allowed = _allowed(customer_ids)
    holds = _holds(customer_ids, now=now)
    contacts = _contacts(customer_ids, now=now)
    spoken = _spoken(customer_ids)
    fed_at = ledger_as_of()
    found = {}
    for row in Customer.objects.filter(pk__in=customer_ids).select_related("risk"):
        try:
            zone, *others = map(ZoneInfo, (row.timezone, *row.other_timezones))
        except (KeyError, ValueError, OSError):  # the last for a folder such as "Asia"
            log.error("customer %s has an unknown time zone", row.pk)
            continue
        risk = getattr(row, "risk", None)
        found[row.pk] = Borrower(
            customer_id=row.pk,
            customer_no=row.customer_no,
            name=row.name,
            zone=zone,
            language=row.language,
            segment=row.segment,
            tier=RiskTier(risk.tier) if risk else TIER_BEFORE_ASSESSMENT,
            reachable=reachable[row.pk],
            allowed=allowed.get(row.pk, _ALLOWED_UNASKED),
            holds=tuple(holds[row.pk]),
            debts=debts[row.pk],
            contacts=tuple(contacts[row.pk]),
            spoken=spoken[row.pk],
            other_zones=tuple(others),
            ledger_as_of=fed_at,
        )
    return found


def _debts(
    customer_ids: Collection[int], *, due_until: date | None, instalment_ids: Collection[int]
) -> Mapping[int, dict[int, Debt]]:
    found: dict[int, dict[int, Debt]] = defaultdict(dict)
    rows = Instalment.objects.filter(
        loan__customer__in=customer_ids,
        settled_at__isnull=True,
    )
    if due_until is not None:
        rows = rows.filter(Q(due_date__lte=due_until) | Q(pk__in=instalment_ids))
    for customer_id, *facts in rows.values_list(
        "loan__customer_id",
        "pk",
        "loan_id",
        "loan__product",
        "loan__currency",
        "due_date",
        F("amount_due") - F("paid"),
        "loan__penalty_daily_rate",
        "loan__grace_days",
        ExpressionWrapper(Q(loan__status=LoanStatus.ACTIVE.value), BooleanField()),
    ):
        debt = Debt(*facts)
        found[customer_id][debt.instalment_id] = debt
    return found


def _reachable(customer_ids: Collection[int]) -> Mapping[int, dict[Channel, int]]:
    found: dict[int, dict[Channel, int]] = defaultdict(dict)
    for customer_id, channel, pk in ContactPoint.objects.filter(
        customer__in=customer_ids, is_current=True, unusable_since__isnull=True
    ).values_list("customer_id", "channel", "pk"):
        found[customer_id][Channel(channel)] = pk
    return found


def _allowed(
    customer_ids: Collection[int],
) -> Mapping[int, frozenset[tuple[Channel, Purpose]]]:
    """What consent permits those who have said anything; silence is _ALLOWED_UNASKED."""
    said: dict[int, list[Statement]] = defaultdict(list)
    for row in ConsentEvent.objects.filter(customer__in=customer_ids):
        said[row.customer_id].append(
            Statement(
                granted=row.granted,
                happened_at=row.happened_at,
                channel=row.channel,
                purpose=row.purpose,
                source=row.source,
                order=row.pk,
            )
        )
    return {pk: all_allowed(statements) for pk, statements in said.items()}


def _holds(customer_ids: Collection[int], *, now: datetime) -> Mapping[int, list[ActiveHold]]:
    found: dict[int, list[ActiveHold]] = defaultdict(list)
    active = list(
        Hold.objects.filter(
            Q(until_at__isnull=True) | Q(until_at__gt=now),
            customer__in=customer_ids,
            from_at__lte=now,
            released_at__isnull=True,
        )
    )
    arrangements = arrangements_of(active)
    for row in active:
        found[row.customer_id].append(active_hold(row, arrangement=arrangements.get(row.pk)))
    return found


def active_hold(row: Hold, *, arrangement: Arrangement | None) -> ActiveHold:
    """A hold as the decision sees it."""
    return ActiveHold(
        kind=HoldKind(row.kind),
        loan_id=row.loan_id,
        until=row.until_at,
        terms=arrangement.terms if arrangement else (),
        paid=arrangement.paid if arrangement else Decimal(0),
    )


def _contacts(customer_ids: Collection[int], *, now: datetime) -> Mapping[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    for customer_id, opened_at in (
        Message.objects.filter(customer__in=customer_ids, opened_at__gt=now - timedelta(days=7))
        .exclude(state__in=_NOT_A_CONTACT, may_have_reached_at=None)
        .values_list("customer_id", "opened_at")
    ):
        found[customer_id].append(opened_at)
    return found


def _spoken(customer_ids: Collection[int]) -> Mapping[int, dict[int, Spoken]]:
    """By customer and instalment, of what is still open: the newest step that was or may have been
    sent."""
    found: dict[int, dict[int, Spoken]] = defaultdict(dict)
    for customer_id, instalment_id, key, offset_days, send_at in (
        Reminder.objects.filter(
            customer__in=customer_ids,
            state=ReminderState.MESSAGED,
            step__isnull=False,
            instalment__settled_at__isnull=True,
        )
        .exclude(message__state__in=_NOT_A_CONTACT, message__may_have_reached_at=None)
        .order_by("send_at", "step_version__offset_days")
        .values_list(
            "customer_id",
            "instalment_id",
            "step_version__key",
            "step_version__offset_days",
            "send_at",
        )
    ):
        found[customer_id][instalment_id] = Spoken(key, offset_days, send_at)
    return found
