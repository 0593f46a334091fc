"""Reminders whose time has come, as the decision sees them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from accounts.core.vocabulary import Channel, Purpose
from reminders.core.types import Audience, Candidate, Coming
from reminders.core.vocabulary import Stage
from reminders.facts.campaigns import candidates_of_campaign
from reminders.facts.campaigns import is_in_force as campaign_in_force
from reminders.facts.policies import StepInForce
from reminders.models import Campaign, MessageTemplate, Reminder, StepVersion
from reminders.models.choices import ReminderState, VersionState
from reminders.sql import binary_cursor, statement

_VERSION, _TEMPLATE, _CAMPAIGN = 3, 4, 9  # their places in a row of `due_reminders.sql`
_OFFSET_BY_HAND = {Stage.BEFORE: -1, Stage.ON: 0, Stage.AFTER: 1}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that a busy gateway did not take, and which gateway that was."""

    reference: str
    gateway: str


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose time has come, with the message of an earlier, busy try.

    `is_in_force` is False when its policy was switched off or published anew since it was
    planned, or its campaign stopped.
    """

    candidate: Candidate
    customer_id: int
    message_id: int | None
    waiting: Waiting | None
    is_in_force: bool


def due_reminders(*, customer_ids: Collection[int], now: datetime) -> list[DueReminder]:
    """The planned reminders of these borrowers that are to be looked at now, locked.

    Needs a transaction. Planning cannot withdraw or move them until it ends, or a text would go
    out for a reminder that then counts as cancelled and comes back. Those that planning is just
    changing are passed over: they are for the next claim.
    """
    with binary_cursor() as cursor:
        cursor.execute(statement("due_reminders"), {"customer_ids": list(customer_ids), "now": now})
        rows = cursor.fetchall()
    kinds = _Kinds(
        versions={row[_VERSION] for row in rows if row[_VERSION] is not None},
        templates={row[_TEMPLATE] for row in rows if row[_VERSION] is None} - {None},
        campaign_ids={row[_CAMPAIGN] for row in rows} - {None},
    )
    return [kinds.reminder(row) for row in rows]


class _Kinds:
    """What all reminders of one step or campaign, or by hand of one template, have in common."""

    def __init__(
        self,
        *,
        versions: Collection[int],
        templates: Collection[int],
        campaign_ids: Collection[int],
    ) -> None:
        self._steps: dict[int, tuple[Callable[..., Candidate], bool]] = {}
        for version in StepVersion.objects.filter(pk__in=versions).select_related(
            "version__policy", "template"
        ):
            self._steps[version.pk] = candidates_of(_step(version)), _is_in_force(version)
        self._by_hand = {
            pk: _by_hand(template)
            for pk, template in MessageTemplate.objects.in_bulk(templates).items()
        }
        self._campaigns = {
            row.pk: (row, candidates_of_campaign(row))
            for row in Campaign.objects.filter(pk__in=campaign_ids).select_related("template")
        }

    def reminder(self, row: tuple[Any, ...]) -> DueReminder:
        """One row of `due_reminders.sql`."""
        (
            reminder_id, customer_id, instalment_id, version_id, template_id,
            due_date, send_at, expires_at, message_id, campaign_id, planned_at, reference, gateway,
        ) = row  # fmt: skip
        if version_id is not None:
            kind, is_in_force = self._steps[version_id]
        elif campaign_id is None:
            kind, is_in_force = self._by_hand[template_id], True  # a person asked for it
        else:
            campaign, kind = self._campaigns[campaign_id]
            is_in_force = campaign_in_force(campaign, planned_at=planned_at)
        return DueReminder(
            candidate=kind(
                reminder_id=reminder_id,
                instalment_id=instalment_id,
                due_date=due_date,
                send_at=datetime.fromisoformat(send_at),
                expires_at=datetime.fromisoformat(expires_at),
            ),
            customer_id=customer_id,
            message_id=message_id,
            waiting=Waiting(str(reference), gateway) if reference is not None else None,
            is_in_force=is_in_force,
        )


def _step(version: StepVersion) -> StepInForce:
    """As far as a candidate knows it, which knows no lasting identity."""
    return StepInForce(
        step_id=0,
        policy_key=version.version.policy.key,
        holdout_percent=version.version.holdout_percent,
        version=version,
    )


def _is_in_force(version: StepVersion) -> bool:
    """As `steps_in_force` has it."""
    return version.version.state == VersionState.PUBLISHED and version.version.policy.is_active


def candidate_of(row: Reminder) -> Candidate:
    """The row, stored or not, as the decision sees it."""
    if row.step_version is not None:
        kind = candidates_of(_step(row.step_version))
    elif row.campaign is not None:
        kind = candidates_of_campaign(row.campaign)
    else:
        assert row.template is not None, "reminder_comes_from_policy_person_or_campaign"
        kind = _by_hand(row.template)
    return kind(
        reminder_id=row.pk,
        instalment_id=row.instalment_id,
        due_date=row.due_date,
        send_at=row.send_at,
        expires_at=row.expires_at,
    )


def coming_reminders(
    *, customer_ids: Collection[int], now: datetime
) -> dict[int, tuple[Coming, ...]]:
    """What is planned of instalments for these borrowers and to be looked at later, by borrower:
    the texts that one of a campaign must leave room for."""
    rows = (
        Reminder.objects.filter(
            customer__in=customer_ids,
            state=ReminderState.PLANNED,
            next_attempt_at__gt=now,
            instalment__isnull=False,
        )
        .select_related("step_version__version__policy", "step_version__template", "template")
        .order_by("pk")
    )
    found: dict[int, tuple[Coming, ...]] = {}
    for row in rows:
        if row.step_version is None or _is_in_force(row.step_version):
            coming = Coming(candidate_of(row), row.next_attempt_at)
            found[row.customer_id] = (*found.get(row.customer_id, ()), coming)
    return found


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
    return candidates_of(step)(
        reminder_id=reminder_id,
        instalment_id=instalment_id,
        due_date=due_date,
        send_at=send_at,
        expires_at=expires_at,
    )


def candidates_of(step: StepInForce) -> Callable[..., Candidate]:
    """Makes candidates of one step: what all of them have in common is worked out once."""
    version = step.version
    return partial(
        Candidate,
        step_key=version.key,
        policy_key=step.policy_key,
        offset_days=version.offset_days,
        stage=Stage.of(version.offset_days),
        channels=tuple(Channel(channel) for channel in version.channels),
        template_id=version.template_id,
        purpose=Purpose(version.template.purpose),
        tone_rule=version.tone,
        audience=Audience(
            frozenset(version.tiers), frozenset(version.products), frozenset(version.segments)
        ),
        holdout_percent=step.holdout_percent,
    )


def _by_hand(template: MessageTemplate) -> Callable[..., Candidate]:
    stage = Stage(template.stage)
    return partial(
        Candidate,
        step_key="by_hand",
        policy_key="",
        offset_days=_OFFSET_BY_HAND[stage],
        stage=stage,
        channels=(Channel.SMS,),
        template_id=template.pk,
        purpose=Purpose(template.purpose),
        tone_rule="by_risk",
        audience=None,
    )
