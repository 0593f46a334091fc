"""A text that a person asks for: the same decision, the same rows, the same way out."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Instalment, Staff
from reminders.core.eligibility import decide
from reminders.core.schedule import instant
from reminders.core.types import Decision, Send
from reminders.core.vocabulary import Stage
from reminders.facts.borrowers import borrowers, rules_in_force
from reminders.facts.due import candidate_of
from reminders.facts.words import Composed, Words
from reminders.models import MessageTemplate, Reminder
from reminders.models.choices import Lane, ReminderState
from reminders.models.choices import Stage as StageChoice


class CannotAsk(ValueError):
    """This text makes no sense for this instalment; the message says why."""


class Refused(ValueError):
    """A rule stands in the way; `decision` names it and every rule that was asked."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.trace[-1].rule)
        self.decision = decision


@dataclass(frozen=True, slots=True)
class HandDecision:
    """What would happen now: the decision with its trace, and the text if it would be sent."""

    decision: Decision
    text: Composed | None


def preview_by_hand(
    *, instalment_id: int, template_id: int, requested_by: Staff, now: datetime
) -> HandDecision:
    """What `request_by_hand` would lead to. Stores nothing. Raises CannotAsk, NoText."""
    row = _row(
        instalment_id=instalment_id, template_id=template_id, requested_by=requested_by, now=now
    )
    facts = borrowers(customer_ids=[row.customer_id], now=now)[row.customer_id]
    plan = decide(facts, candidates=[candidate_of(row)], rules=rules_in_force(), now=now)
    text = None
    if plan.draft is not None:
        text = Words([template_id]).compose(plan.draft, borrower=facts)
    return HandDecision(plan.decisions[0], text)


def request_by_hand(
    *, instalment_id: int, template_id: int, requested_by: Staff, now: datetime
) -> int:
    """Store a reminder that is due at once, for the next dispatch to decide on; its id.

    Asking again before it was dispatched returns the same row. Raises CannotAsk, NoText, and
    Refused when a rule stands in the way already.
    """
    seen = preview_by_hand(
        instalment_id=instalment_id, template_id=template_id, requested_by=requested_by, now=now
    )
    if not isinstance(seen.decision.verdict, Send):
        raise Refused(seen.decision)
    row = _row(
        instalment_id=instalment_id, template_id=template_id, requested_by=requested_by, now=now
    )
    with transaction.atomic():
        # Two clicks at once: the second waits here and then finds the first one's row.
        Instalment.objects.select_for_update().get(pk=instalment_id)
        waiting = Reminder.objects.filter(
            instalment=instalment_id,
            template=template_id,
            step__isnull=True,
            state=ReminderState.PLANNED,
        ).first()
        if waiting is not None:
            return waiting.pk
        row.pk = None
        row.save(force_insert=True)
    return row.pk


def _row(*, instalment_id: int, template_id: int, requested_by: Staff, now: datetime) -> Reminder:
    """The reminder as it would be stored, true until the end of the borrower's day."""
    instalment = (
        Instalment.objects.select_related("loan__customer").filter(pk=instalment_id).first()
    )
    template = MessageTemplate.objects.filter(pk=template_id).first()
    if instalment is None or template is None:
        raise CannotAsk(_("There is no such instalment or template: reload the page."))
    customer = instalment.loan.customer
    zone = ZoneInfo(customer.timezone)
    today = now.astimezone(zone).date()
    stage = Stage.of((today - instalment.due_date).days)
    if template.stage != stage:
        raise CannotAsk(
            _(
                "The template “%(template)s” is for another time: this instalment is due on "
                "%(due_date)s. Choose a template for: %(stage)s."
            )
            % {
                "template": template.title,
                "due_date": instalment.due_date.isoformat(),
                "stage": StageChoice(stage).label,
            }
        )
    return Reminder(
        pk=0,
        customer=customer,
        instalment=instalment,
        requested_by=requested_by,
        template=template,
        due_date=instalment.due_date,
        send_at=now,
        expires_at=instant(today + timedelta(days=1), time(0), zone=zone),
        next_attempt_at=now,
        lane=Lane.BY_HAND,
        planned_at=now,
    )
