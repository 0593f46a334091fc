"""What a timeline holds besides texts: reminders not sent, payments, consent."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from accounts.models import ConsentEvent, Payment
from accounts.models.choices import Channel, Purpose
from reminders.core.eligibility import CAMPAIGN_RULES, JOINT_RULES, RULES
from reminders.models import Reminder, StepVersion
from reminders.models.choices import ReminderState
from reminders.queries.answers import granted
from reminders.queries.borrower import name_of
from reminders.queries.codes import source_label
from reminders.queries.formats import Clock
from reminders.queries.words import RULE_OF_REASON, objection, offset_in_words, reason_label
from reminders.queries.words import RULES as QUESTIONS

_RULE_ORDER: tuple[str, ...] = (*(name for name, _rule in RULES), *JOINT_RULES)
_OF_CAMPAIGNS: tuple[str, ...] = (*(name for name, _rule in CAMPAIGN_RULES), *JOINT_RULES[1:])


def rule_order(*, is_of_campaign: bool) -> tuple[str, ...]:
    """Names of all rules in the order in which they are asked."""
    return _OF_CAMPAIGNS if is_of_campaign else _RULE_ORDER


_RULES_BEFORE_TRACES: tuple[str, ...] = (
    "still_true",
    "still_owed",
    "due_date_stands",
    "not_on_hold",
    "in_audience",
    "not_held_out",
    "reachable",
    "allowed_by_borrower",
    "newest_step",
    "one_text_at_a_time",
    "contact_rules",
)
"""All rules there were when only the reason of a decision was stored."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule: its question and the answer. `passed` is None for a rule that was not asked."""

    rule: str
    question: str
    passed: bool | None
    answer: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Which step speaks for which instalment, or who asked for it; or which campaign speaks, about
    no instalment (`loan_no` is empty then)."""

    reminder_id: int
    customer_id: int
    loan_no: str
    seq: int
    due_date: date
    step_key: str
    offset_label: str
    policy_title: str
    policy_version: int | None
    template_title: str
    requested_by: str
    campaign_title: str = ""


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """A reminder that was looked at and became no text: skipped, expired, cancelled, or put off
    (`state` planned, `next_at` says until when).

    `is_overtaken`: it would have had to wait until its text was no longer true.
    """

    subject: Subject
    state: str
    state_label: str
    reason: str
    reason_label: str
    sentence: str
    wanted_at: datetime
    next_at: datetime | None
    is_overtaken: bool
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class PaidRow:
    """Money that came in."""

    payment_no: str
    loan_no: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """What the borrower allowed or refused; an empty label stands for all."""

    granted: bool
    channel_label: str
    purpose_label: str
    source_label: str


def with_subjects(rows: QuerySet[Reminder]) -> QuerySet[Reminder]:
    """The rows with all that `subject_of` reads. What many of them share, or few have, comes in
    statements of its own: PostgreSQL took longer to plan one over eleven tables than to run it."""
    steps = StepVersion.objects.select_related("version__policy", "template")
    return rows.select_related("instalment__loan").prefetch_related(
        Prefetch("step_version", steps), "template", "campaign__template", "requested_by"
    )


def subject_of(row: Reminder) -> Subject:
    """What `row`, one of `with_subjects`, is about."""
    version, campaign, instalment = row.step_version, row.campaign, row.instalment
    of = version or campaign
    template = of.template if of else row.template
    return Subject(
        reminder_id=row.pk,
        customer_id=row.customer_id,
        loan_no=instalment.loan.loan_no if instalment else "",
        seq=instalment.seq if instalment else 0,
        due_date=row.due_date,
        step_key=version.key if version else "",
        offset_label=offset_in_words(version.offset_days) if version else "",
        policy_title=version.version.policy.title if version else "",
        policy_version=version.version.number if version else None,
        template_title=template.title if template else "",
        requested_by=name_of(row.requested_by),
        campaign_title=campaign.title if campaign else "",
    )


def decided_row(row: Reminder, *, clock: Clock) -> DecidedRow:
    """What was decided about `row`, in words."""
    return DecidedRow(
        subject=subject_of(row),
        state=row.state,
        state_label=str(ReminderState(row.state).label),
        reason=row.reason,
        reason_label=reason_label(row.reason),
        sentence=objection(row.reason, row.detail, clock=clock),
        wanted_at=row.send_at,
        next_at=row.next_attempt_at if row.state == ReminderState.PLANNED else None,
        is_overtaken=_is_overtaken(row),
        asked=asked_before(row, clock=clock),
    )


def _is_overtaken(row: Reminder) -> bool:
    if row.state == ReminderState.EXPIRED:
        return row.reason != "too_late"  # that says so itself
    ends = (row.detail or {}).get("until")
    return row.state == ReminderState.SKIPPED and row.reason == "on_hold" and ends is not None


def asked_before(row: Reminder, *, clock: Clock) -> tuple[Asked, ...]:
    """The rules that were asked when `row` was decided, with their answers, and then those that
    were not asked any more.

    Decisions stored before traces were kept are read from their reason: the order was fixed, so
    what came before the objection was passed. Empty for what was not decided by rules.
    """
    if row.reason and row.reason not in RULE_OF_REASON:
        return ()
    trace = row.trace or []
    objector = next((rule for rule, passed, _figures in trace if not passed), None)
    # Planning may have given another reason since, without asking the rules.
    if not trace or objector != RULE_OF_REASON.get(row.reason):
        return _asked_without_trace(row, clock=clock)
    asked = []
    for rule, passed, figures in trace:
        answer = (
            granted(rule, figures, clock=clock)
            if passed
            else objection(row.reason, figures, clock=clock)
        )
        asked.append(Asked(rule, question(rule), passed, answer))
    if objector is None:
        return tuple(asked)
    known = {one.rule for one in asked}
    order = rule_order(is_of_campaign=row.campaign_id is not None)
    return (
        *asked,
        *(Asked(rule, question(rule), None, "") for rule in order if rule not in known),
    )


def _asked_without_trace(row: Reminder, *, clock: Clock) -> tuple[Asked, ...]:
    objector = RULE_OF_REASON.get(row.reason)
    order = rule_order(is_of_campaign=row.campaign_id is not None)
    # A rule that came later objects without a trace only where planning took over its reason.
    if row.campaign_id is None and objector in (None, *_RULES_BEFORE_TRACES):
        order = _RULES_BEFORE_TRACES
    place = order.index(objector) if objector else len(order)
    return tuple(
        Asked(
            rule=rule,
            question=question(rule),
            passed=True if index < place else False if index == place else None,
            answer=objection(row.reason, row.detail, clock=clock) if index == place else "",
        )
        for index, rule in enumerate(order)
    )


def question(rule: str) -> str:
    """A rule as the question that it asks; the name of one that is gone."""
    return str(QUESTIONS.get(rule, rule))


def paid_row(row: Payment) -> PaidRow:
    """`row` with its loan selected."""
    return PaidRow(row.payment_no, row.loan.loan_no, row.amount, row.loan.currency)


def consent_row(row: ConsentEvent) -> ConsentRow:
    """A statement in words."""
    return ConsentRow(
        granted=row.granted,
        channel_label=str(Channel(row.channel).label) if row.channel else "",
        purpose_label=str(Purpose(row.purpose).label) if row.purpose else "",
        source_label=source_label(row.source),
    )
