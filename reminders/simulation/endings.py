"""What must hold when a world has settled: nothing waits for ever, nothing is missing (P4)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from reminders.models import Message, RawReceipt, Reminder
from reminders.simulation.carrier import Carrier
from reminders.simulation.law import Law
from reminders.simulation.promises import BrokenPromise
from reminders.simulation.truth import (
    Person,
    Reign,
    StepInTruth,
    TrueCampaign,
    TrueInstalment,
    TrueLoan,
    Truth,
)

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a world knows of itself at its end: faults were over at `ends`, and it is `now`."""

    truth: Truth
    law: Law
    carrier: Carrier
    reigns: Sequence[Reign]
    planned_at: Sequence[datetime]
    begins: datetime
    ends: datetime
    now: datetime


def check(world: Settled) -> None:
    """All of it. Raises BrokenPromise."""
    _nothing_waits(world)
    _what_the_network_took_is_known(world)
    _figures_add_up()
    _nothing_is_missing(world)
    _nobody_is_left_out(world)


def _nothing_waits(world: Settled) -> None:
    overdue = Reminder.objects.filter(
        state="planned", expires_at__lt=world.now - timedelta(hours=2)
    )
    if row := overdue.first():
        raise BrokenPromise(f"P4: reminder {row.pk} is still planned, true until {row.expires_at}")
    hour_ago = world.now - timedelta(hours=1)
    stuck = Message.objects.filter(state="sending", lease_until__lt=hour_ago)
    if message := stuck.first():
        raise BrokenPromise(f"P4: message {message.reference} is still being sent")
    waiting = Message.objects.filter(state="waiting").exclude(reminders__state="planned")
    if message := waiting.first():
        raise BrokenPromise(f"P4: message {message.reference} waits for nobody")
    asked = Message.objects.filter(ask_at__isnull=False, opened_at__lt=world.now - 4 * _A_DAY)
    if message := asked.first():
        raise BrokenPromise(f"P4: message {message.reference} is asked about for ever")
    unread = RawReceipt.objects.filter(applied_at=None, received_at__lt=hour_ago).count()
    if unread:
        raise BrokenPromise(f"P4: {unread} callbacks were never read")
    attempts = Message.objects.filter(attempts__outcome="open").exclude(state="sending")
    if message := attempts.first():
        raise BrokenPromise(f"P4: message {message.reference} is {message.state}, its attempt open")


_SENT = {"accepted", "unknown", "delivered", "undelivered"}


def _what_the_network_took_is_known(world: Settled) -> None:
    """P4, P5, P8: whatever the network took counts as sent or unknown here, and the other way."""
    known = {str(message.reference): message for message in Message.objects.all()}
    for reference, taken in world.carrier.taken.items():
        if reference not in known:
            raise BrokenPromise(f"P8: text {reference} arrived and is not stored")
        message = known[reference]
        if message.state not in _SENT and world.carrier.honours_references:
            raise BrokenPromise(
                f"P4: text {reference} arrived and counts as {message.state}",
                customer_id=message.customer_id,
            )
        if message.body != taken.text.body:
            raise BrokenPromise(
                f"P8: text {reference} arrived in other words than are stored",
                customer_id=message.customer_id,
            )
        if message.state in ("delivered", "undelivered") and message.state != taken.ended:
            raise BrokenPromise(
                f"P8: text {reference} was {taken.ended} and counts as {message.state}",
                customer_id=message.customer_id,
            )
    for reference, message in known.items():
        if message.state in ("accepted", "delivered") and reference not in world.carrier.taken:
            raise BrokenPromise(f"P4: text {reference} counts as {message.state}, never arrived")


def _figures_add_up() -> None:
    """P4, P11: candidates = in a text + not sent, by reason; nothing else, nothing twice."""
    rows = list(Reminder.objects.values_list("state", "reason", "message"))
    states = Counter(state for state, _, _ in rows)
    nameless = [row for row in rows if row[0] in ("skipped", "expired", "cancelled") and not row[1]]
    if nameless:
        raise BrokenPromise(f"P4: {len(nameless)} reminders were not sent and nobody knows why")
    if sum(states.values()) != len(rows):
        raise BrokenPromise(f"P11: {states} do not add up to {len(rows)}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT message.id FROM reminders_message AS message"
            " WHERE message.state NOT IN ('waiting', 'cancelled') AND NOT EXISTS ("
            "   SELECT 1 FROM reminders_reminder AS reminder"
            "   WHERE reminder.message_id = message.id)"
            " AND NOT EXISTS (SELECT 1 FROM reminders_earliertext AS earlier"
            "   WHERE earlier.message_id = message.id) LIMIT 1"
        )
        if orphan := cursor.fetchone():
            raise BrokenPromise(f"P8: message {orphan[0]} carries no reminder")


def _nothing_is_missing(world: Settled) -> None:
    """P4: for whatever a step had to say of an open instalment, there is a row."""
    stored = {
        (instalment, key)
        for instalment, key in Reminder.objects.exclude(step=None).values_list(
            "instalment", "step__key"
        )
    }
    for reign in world.reigns:
        for step in reign.steps:
            for person, loan in world.truth.loans():
                for item in loan.instalments.values():
                    if (item.id, step.key) in stored:
                        continue
                    had_to = _Wanted(world, reign, step).of(person, loan, item)
                    if had_to:
                        raise BrokenPromise(
                            f"P4: no row for instalment {item.id} of {loan.loan_no}, {step.key}: "
                            f"{had_to}",
                            customer_id=person.id,
                        )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whether a step of a reign had to speak of an instalment."""

    world: Settled
    reign: Reign
    step: StepInTruth

    def of(self, person: Person, loan: TrueLoan, item: TrueInstalment) -> str:
        """When it had to, or nothing: policy, debt and date stood for long enough, and somebody
        planned meanwhile."""
        due = item.due_date.newest
        zone = person.zones[0]
        speaks = _instant(due + self.step.offset_days * _A_DAY, self.step.local_time, zone=zone)
        ends = _instant(due + (self.step.valid_until_offset_days + 1) * _A_DAY, time(0), zone=zone)
        first, last = speaks - _KNOWN_BEFORE, min(ends, speaks + timedelta(hours=2))
        if first < self.world.begins or not self.reign.covers(first, last):
            return ""
        if last > self.world.ends:
            return ""
        begin, end = self.world.truth.as_of(first), self.world.truth.as_of(last)
        stood = (
            not item.due_date.changes_after(begin)
            and not item.cents.changes_after(begin)
            and loan.is_active.known(end)
            and loan.owed(at=begin)[item.id] > 0
            and loan.owed(at=end)[item.id] > 0
        )
        planned = any(first <= at < last for at in self.world.planned_at)
        return f"it was to speak at {speaks:%Y-%m-%d %H:%M}Z" if stood and planned else ""


def _nobody_is_left_out(world: Settled) -> None:
    """P4: of a campaign for all, everybody with a loan has a row."""
    stored = set(Reminder.objects.exclude(campaign=None).values_list("campaign", "customer"))
    for campaign_id, campaign in world.truth.campaigns.items():
        for person in world.truth.people.values() if campaign.is_for_all else ():
            if (campaign_id, person.id) not in stored and _was_to_be_taught(
                world, campaign, person
            ):
                raise BrokenPromise(
                    f"P4: no row for customer {person.customer_no} of campaign {campaign_id}",
                    customer_id=person.id,
                )


def _was_to_be_taught(world: Settled, campaign: TrueCampaign, person: Person) -> bool:
    """Whether, on one of its days, it was in force and a loan ran for long enough, and somebody
    planned meanwhile."""
    zone, day = person.zones[0], campaign.first_day
    while day <= campaign.last_day:
        last = _instant(day + _A_DAY, time(0), zone=zone)
        for reign in campaign.reigns:
            first = max(reign.begins, _instant(day, campaign.local_time, zone=zone) - _KNOWN_BEFORE)
            end = world.truth.as_of(last)
            if (
                not world.law.is_rest(day)
                and last <= world.ends
                and reign.covers(first, last)
                and any(loan.is_active.known(end) for loan in person.loans.values())
                and any(first <= at < last for at in world.planned_at)
            ):
                return True
        day += _A_DAY
    return False


_KNOWN_BEFORE = timedelta(hours=40)


def _instant(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """The wall clock's instant, the first of two, found over UTC."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
