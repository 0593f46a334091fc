"""Campaigns: which are in force, whom they are for, and their reminders for the decision."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from accounts.core.vocabulary import Channel, Purpose
from accounts.models import Loan
from accounts.models.choices import LoanStatus
from reminders.core.campaigns import Course
from reminders.core.contact_rules import ContactRules
from reminders.core.schedule import HORIZON
from reminders.core.types import Audience, Candidate
from reminders.core.vocabulary import Stage, Tone
from reminders.facts.borrowers import TIER_BEFORE_ASSESSMENT
from reminders.models import Campaign, Reminder
from reminders.models.choices import CampaignState, ReminderState

CAMPAIGN_TONE = Tone.FRIENDLY
"""A campaign presses nobody, so it has one tone."""


def course_of(row: Campaign) -> Course:
    """When it speaks."""
    return Course(row.first_day, row.last_day, row.local_time, row.per_day)


def candidates_of_campaign(row: Campaign) -> Callable[..., Candidate]:
    """Makes candidates of a campaign, whose template is selected with it."""
    return partial(
        Candidate,
        instalment_id=None,
        step_key=row.key,
        policy_key="",
        offset_days=0,
        stage=Stage.APART,
        channels=(Channel.SMS,),
        template_id=row.template_id,
        purpose=Purpose(row.template.purpose),
        tone_rule=CAMPAIGN_TONE.value,
        audience=Audience(
            frozenset(row.tiers),
            segments=frozenset(row.segments),
            only_punctual=row.only_punctual,
        ),
    )


def is_in_force(row: Campaign, *, planned_at: datetime) -> bool:
    """Whether what was planned then still counts: not once it was stopped, and not by being
    published anew."""
    return (
        row.state == CampaignState.PUBLISHED
        and row.published_at is not None
        and planned_at >= row.published_at
    )


def without_active_loan(customer_ids: Collection[int]) -> frozenset[int]:
    """Those of these borrowers whose last loan was closed: campaigns are for customers."""
    active = Loan.objects.filter(customer__in=customer_ids, status=LoanStatus.ACTIVE)
    return frozenset(customer_ids) - set(active.values_list("customer", flat=True))


def campaigns_in_force(*, now: datetime) -> list[Campaign]:
    """Published campaigns whose last day is not over everywhere, oldest first."""
    return list(
        Campaign.objects.filter(
            state=CampaignState.PUBLISHED, last_day__gte=now.date() - timedelta(days=1)
        )
        .select_related("template")
        .order_by("pk")
    )


@dataclass(frozen=True, slots=True)
class DayOfCampaign:
    """One day on which a campaign speaks, with its instants by zone; zones in which the last day
    is over are left out."""

    day: date
    slots: Mapping[str, tuple[datetime, datetime]]


def days_to_plan(
    course: Course,
    *,
    rules: ContactRules,
    zones: Iterable[str],
    now: datetime,
    horizon: timedelta = HORIZON,
    after: date | None = None,
) -> list[DayOfCampaign]:
    """The days of `course` that begin somewhere within the horizon and are not past everywhere, in
    order; with `after` only later ones.

    A day is planned as a whole, all zones at once: so its places go to borrowers in the order of
    their numbers, wherever they live.
    """
    names = list(zones)
    here = min((now.astimezone(ZoneInfo(name)).date() for name in names), default=now.date())
    found = []
    for day in course.days(rules):
        if day < here or (after is not None and day <= after):
            continue
        slots = {
            name: (course.send_at(day, timezone=name), course.expires_at(timezone=name))
            for name in names
        }
        if min((send_at for send_at, _ in slots.values()), default=now) > now + horizon:
            break
        still = {name: slot for name, slot in slots.items() if slot[1] > now}
        if still:
            found.append(DayOfCampaign(day, still))
    return found


def places_taken(row: Campaign, *, day: date) -> int:
    """How many borrowers are planned for this day, or were."""
    planned = Reminder.objects.filter(campaign=row.pk, due_date=day)
    count: int = planned.exclude(state=ReminderState.CANCELLED).count()
    return count


def audience_parameters(
    row: Campaign, *, timezones: Collection[str], after: int, limit: int
) -> dict[str, Any]:
    """The parameters of `campaign_audience.sql`."""
    return {
        "campaign_id": row.pk,
        "tiers": row.tiers,
        "tier_before_assessment": TIER_BEFORE_ASSESSMENT.value,
        "segments": row.segments,
        "timezones": list(timezones),
        "after": after,
        "limit": limit,
    }
