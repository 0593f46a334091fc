"""What comes next for one borrower, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import prefetch_related_objects

from accounts.arrangements import arrangements_of
from accounts.models import Hold, Instalment
from reminders.core.contact_rules import ContactRules
from reminders.core.eligibility import decide
from reminders.core.holdout import is_held_out
from reminders.core.schedule import Slot, slot
from reminders.core.types import (
    Answer,
    Borrower,
    Debt,
    Decision,
    Defer,
    Expire,
    Send,
    Skip,
)
from reminders.facts.borrowers import active_hold, borrowers, rules_in_force
from reminders.facts.campaigns import without_active_loan
from reminders.facts.due import candidate_for_step, candidate_of
from reminders.facts.policies import StepInForce, steps_in_force
from reminders.facts.words import Words
from reminders.models import Reminder
from reminders.models.choices import ReminderState
from reminders.queries.answers import granted
from reminders.queries.borrower import Person
from reminders.queries.forecast import ComingHold, Facts, Judgement, Planned, foresee
from reminders.queries.formats import Clock
from reminders.queries.past import Asked, Subject, rule_order, subject_of, with_subjects
from reminders.queries.words import RULES as QUESTIONS
from reminders.queries.words import (
    objection,
    offset_in_words,
    reason_label,
    verdict_in_words,
)

LATER_DAYS = 45
LATER_ROWS_MAX = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """One time at which a reminder is looked at: what happens then, and the reason if any."""

    at: datetime
    happens: str
    because: str


@dataclass(frozen=True, slots=True)
class UpcomingRow:
    """A planned reminder with what is decided of it if nothing changes.

    `verdict`: send, wait (beyond what can be foreseen), skip or expire. `asked` are the rules of
    the last moment; `put_off_because` is why it was put off before now, if it was. `text` is what
    would be sent.
    """

    subject: Subject
    wanted_at: datetime
    next_at: datetime
    expires_at: datetime
    put_off_because: str
    verdict: str
    at: datetime
    reason: str
    reason_label: str
    moments: tuple[Moment, ...]
    asked: tuple[Asked, ...]
    text: str
    parts: int
    price: Decimal | None
    text_missing: str


@dataclass(frozen=True, slots=True)
class LaterRow:
    """A step of the policy that speaks later, if the instalment is still open then. `stopped_by`
    is what will keep it from being sent, as things stand."""

    at: datetime
    loan_no: str
    seq: int
    due_date: date
    step_key: str
    offset_label: str
    policy_title: str
    stopped_by: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is planned, soonest first; what the policies have in store; who is left out.

    `is_complete` is False when the facts cannot be read (an unknown time zone): nothing is sent.
    """

    upcoming: tuple[UpcomingRow, ...]
    later: tuple[LaterRow, ...]
    held_out_of: tuple[str, ...]
    is_complete: bool = True

    @property
    def texts(self) -> tuple[tuple[UpcomingRow, ...], ...]:
        """`upcoming`, those together that go out in one text."""
        together: dict[object, list[UpcomingRow]] = {}
        for row in self.upcoming:
            key = (row.at, row.text) if row.text else row.subject.reminder_id
            together.setdefault(key, []).append(row)
        return tuple(map(tuple, together.values()))


def outlook_for(person: Person, *, now: datetime) -> Outlook:
    """The future of `person` as far as the policies reach, in a fixed number of statements."""
    facts = borrowers(customer_ids=[person.id], now=now).get(person.id)
    if facts is None:
        return Outlook((), (), (), is_complete=False)
    rows = _planned(person.id)
    if any(row.campaign_id is not None for row in rows):
        gone = without_active_loan([person.id])
        facts = replace(facts, has_active_loan=person.id not in gone)
    planned = [Planned(candidate_of(row), row.next_attempt_at) for row in rows]
    steps = steps_in_force()
    prefetch_related_objects([step.version for step in steps], "template", "version__policy")
    rules = rules_in_force()
    everything = Facts(
        borrower=facts,
        coming_holds=_coming_holds(person.id, now=now),
        rules=rules,
        words=Words({item.candidate.template_id for item in planned}),
    )
    judged = foresee(everything, planned=planned, now=now)
    upcoming = [_upcoming(row, judged[row.pk], clock=person.clock) for row in rows]
    upcoming.sort(key=lambda row: (row.at, row.subject.reminder_id))
    return Outlook(
        upcoming=tuple(upcoming),
        later=_later(person, facts=facts, steps=steps, rules=rules, now=now),
        held_out_of=_held_out_of(person, steps=steps),
    )


def _planned(customer_id: int) -> list[Reminder]:
    planned = Reminder.objects.filter(customer=customer_id, state=ReminderState.PLANNED)
    return list(with_subjects(planned).order_by("next_attempt_at", "id"))


def _coming_holds(customer_id: int, *, now: datetime) -> tuple[ComingHold, ...]:
    rows = list(
        Hold.objects.filter(customer=customer_id, from_at__gt=now, released_at__isnull=True)
    )
    arrangements = arrangements_of(rows)
    return tuple(
        ComingHold(row.from_at, active_hold(row, arrangement=arrangements.get(row.pk)))
        for row in rows
    )


def _upcoming(row: Reminder, judgements: Sequence[Judgement], *, clock: Clock) -> UpcomingRow:
    last = judgements[-1]
    verdict = last.decision.verdict
    reason = "" if isinstance(verdict, Send) else verdict.reason
    return UpcomingRow(
        subject=subject_of(row),
        wanted_at=row.send_at,
        next_at=row.next_attempt_at,
        expires_at=row.expires_at,
        put_off_because=objection(row.reason, row.detail, clock=clock) if row.reason else "",
        verdict=verdict_code(last.decision),
        at=last.at,
        reason=reason,
        reason_label=reason_label(reason) if reason else "",
        moments=tuple(moment_of(one, clock=clock) for one in judgements),
        asked=asked_now(last.decision, clock=clock),
        text=last.text.body if last.text else "",
        parts=last.text.parts if last.text else 0,
        price=last.text.price if last.text else None,
        text_missing=last.text_missing,
    )


def verdict_code(decision: Decision) -> str:
    """`send`, `wait`, `skip` or `expire`."""
    match decision.verdict:
        case Send():
            return "send"
        case Defer():
            return "wait"
        case Expire():
            return "expire"
        case _:
            return "skip"


def moment_of(judgement: Judgement, *, clock: Clock) -> Moment:
    """What is decided at one instant, in words."""
    verdict = judgement.decision.verdict
    because = (
        ""
        if isinstance(verdict, Send)
        else objection(verdict.reason, judgement.decision.figures, clock=clock)
    )
    return Moment(judgement.at, verdict_in_words(verdict, clock=clock), because)


def asked_now(decision: Decision, *, clock: Clock) -> tuple[Asked, ...]:
    """Every rule in order with its answer in words; those after an objection were not asked."""
    answers = {answer.rule: answer for answer in decision.trace}
    order = rule_order(is_of_campaign=decision.candidate.is_of_campaign)
    return tuple(_asked(rule, answers.get(rule), decision=decision, clock=clock) for rule in order)


def _asked(rule: str, answer: Answer | None, *, decision: Decision, clock: Clock) -> Asked:
    question = str(QUESTIONS[rule])
    if answer is None:
        return Asked(rule, question, None, "")
    if answer.passed or isinstance(decision.verdict, Send):
        return Asked(rule, question, True, granted(rule, answer.figures, clock=clock))
    words = objection(decision.verdict.reason, answer.figures, clock=clock)
    return Asked(rule, question, False, words)


def _later(
    person: Person,
    *,
    facts: Borrower,
    steps: Iterable[StepInForce],
    rules: ContactRules,
    now: datetime,
) -> tuple[LaterRow, ...]:
    """What the steps in force will say of open instalments, soonest first.

    Only steps that `decide` finds meant for this borrower as they are judged today; a reminder
    that exists already is shown elsewhere, decided or planned.
    """
    exist = set(
        Reminder.objects.filter(instalment__in=list(facts.debts))
        .exclude(step=None)
        .exclude(state=ReminderState.CANCELLED)
        .values_list("instalment_id", "step_id")
    )
    names = {
        pk: (loan_no, seq)
        for pk, loan_no, seq in Instalment.objects.filter(pk__in=list(facts.debts)).values_list(
            "pk", "loan__loan_no", "seq"
        )
    }
    until = now + timedelta(days=LATER_DAYS)
    rows = []
    for step in steps:
        for debt in facts.debts.values():
            place = slot(debt.due_date, times=step.times, timezone=person.timezone)
            if (
                (debt.instalment_id, step.step_id) in exist
                or place.expires_at <= now
                or place.send_at > until
            ):
                continue
            reason = _stopped_by(step, debt=debt, place=place, facts=facts, rules=rules)
            if reason not in _NOT_MEANT:
                loan_no, seq = names.get(debt.instalment_id, ("", 0))
                rows.append(
                    LaterRow(
                        at=max(place.send_at, now),
                        loan_no=loan_no,
                        seq=seq,
                        due_date=debt.due_date,
                        step_key=step.version.key,
                        offset_label=offset_in_words(step.version.offset_days),
                        policy_title=step.version.version.policy.title,
                        stopped_by=reason_label(reason) if reason else "",
                    )
                )
    rows.sort(key=lambda row: (row.at, row.loan_no, row.seq))
    return tuple(rows[:LATER_ROWS_MAX])


_NOT_MEANT = frozenset({"other_tier", "other_product", "other_segment", "holdout"})


def _stopped_by(
    step: StepInForce, *, debt: Debt, place: Slot, facts: Borrower, rules: ContactRules
) -> str:
    """The reason for which it will not be sent then, as things stand; blank when it may be. That
    it is meant for others is said before anything else."""
    candidate = candidate_for_step(
        step,
        reminder_id=0,
        instalment_id=debt.instalment_id,
        due_date=debt.due_date,
        send_at=place.send_at,
        expires_at=place.expires_at,
    )

    def objection_to(facts: Borrower) -> str:
        plan = decide(facts, candidates=[candidate], rules=rules, now=place.send_at)
        match plan.decisions[0].verdict:
            case Skip(reason=reason) | Defer(reason="on_hold" as reason):
                return reason
            case _:
                return ""

    # Holds are asked about before the audience and may be gone by then.
    without_holds = objection_to(replace(facts, holds=()))
    return without_holds if without_holds in _NOT_MEANT else objection_to(facts)


def _held_out_of(person: Person, *, steps: Iterable[StepInForce]) -> tuple[str, ...]:
    """Titles of the policies that leave this borrower out on purpose."""
    return tuple(
        sorted(
            {
                step.version.version.policy.title
                for step in steps
                if is_held_out(
                    person.customer_no, policy_key=step.policy_key, percent=step.holdout_percent
                )
            }
        )
    )
