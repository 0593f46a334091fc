"""The promises, checked from outside: what phones got, against what was true when it was claimed.

Nothing here asks the decision, the contact rules or the schedule of the product; instants are
computed again, from the dates and the wall clock. Whatever is wrong raises BrokenPromise.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from reminders.gateways.base import Text
from reminders.simulation.carrier import Carrier
from reminders.simulation.law import LEDGER_HOURS, Law
from reminders.simulation.truth import Person, TrueInstalment, Truth


class BrokenPromise(BaseException):
    """A promise does not hold: which one, and the case; of which borrower, if of one.

    Not an Exception: it is raised within gateway calls, and the pipeline survives whatever
    Exception a gateway raises.
    """

    def __init__(self, what: str, *, customer_id: int | None = None) -> None:
        super().__init__(what)
        self.customer_id = customer_id


@dataclass(frozen=True, slots=True)
class _Carried:
    """A reminder that a text carries, as it is stored."""

    reference: str
    customer_id: int
    reminder_id: int
    instalment_id: int | None
    campaign_id: int | None
    step_id: int | None
    due_date: date
    offset_days: int | None
    valid_until_offset_days: int | None
    stage: str
    body: str
    amount_cents: int
    currency: str
    parts: int
    price: Decimal
    purpose: str
    version_id: int | None
    send_at: datetime


_CARRIED = """
SELECT message.reference::text, message.customer_id, reminder.id, reminder.instalment_id,
    reminder.campaign_id, reminder.step_id, reminder.due_date, step.offset_days,
    step.valid_until_offset_days, message.stage, message.body, (message.amount * 100)::bigint,
    message.currency, message.parts, message.price, message.purpose, step.version_id,
    reminder.send_at
FROM reminders_message AS message
JOIN reminders_reminder AS reminder ON reminder.message_id = message.id
LEFT JOIN reminders_stepversion AS step ON step.id = reminder.step_version_id
WHERE message.reference = ANY(%s::uuid[]) AND reminder.state = 'messaged'
"""


class Promises:
    """Watches every text on its way out, and the tables as they are left."""

    def __init__(self, *, truth: Truth, law: Law) -> None:
        self._truth = truth
        self._law = law
        self._handed: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        self._said: dict[tuple[str, int, int], list[str]] = defaultdict(list)
        self._spoken: dict[int, list[tuple[tuple[datetime, int], str]]] = defaultdict(list)
        self.checked = 0

    def at_hand_over(
        self,
        texts: Sequence[Text],
        *,
        carrier: Carrier,
        claimed_at: datetime,
        claim: int,
        now: datetime,
    ) -> None:
        """The texts of one call: `claim` is the commit that was the newest at their claim."""
        by_reference: dict[str, list[_Carried]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(_CARRIED, [[text.reference for text in texts]])
            for row in cursor.fetchall():
                by_reference[row[0]].append(_Carried(*row))
        customers = Counter(rows[0].customer_id for rows in by_reference.values())
        for text in texts:
            rows = by_reference[text.reference]
            if not rows:
                raise BrokenPromise(f"P8: text {text.reference} carries no reminder")
            if customers[rows[0].customer_id] > 1:
                raise BrokenPromise(f"P7: two texts at once for customer {rows[0].customer_id}")
            self._one(text, rows=rows, carrier=carrier, claimed_at=claimed_at, claim=claim, now=now)
            self.checked += 1

    def _one(
        self,
        text: Text,
        *,
        rows: list[_Carried],
        carrier: Carrier,
        claimed_at: datetime,
        claim: int,
        now: datetime,
    ) -> None:
        person = self._truth.people[rows[0].customer_id]
        try:
            self._check(
                text,
                person,
                rows=rows,
                carrier=carrier,
                claimed_at=claimed_at,
                claim=claim,
                now=now,
            )
        except BrokenPromise as broken:
            broken.customer_id = person.id
            raise

    def _check(
        self,
        text: Text,
        person: Person,
        *,
        rows: list[_Carried],
        carrier: Carrier,
        claimed_at: datetime,
        claim: int,
        now: datetime,
    ) -> None:
        where = f"text {text.reference} to {person.customer_no}, claimed {claimed_at.isoformat()}"
        self._stored(text, rows=rows, where=where)
        self._once(text, rows=rows, carrier=carrier, where=where)
        if not person.has_number.known(claim):
            raise BrokenPromise(f"P2: {where}: without a number")
        if rows[0].campaign_id is not None:
            self._lesson(rows, person=person, claimed_at=claimed_at, claim=claim, where=where)
        elif person.refuses.known(claim):
            raise BrokenPromise(f"P2: {where}: refused")
        else:
            for row in rows:
                self._wanted(row, person=person, claimed_at=claimed_at, claim=claim, where=where)
            self._total(rows, person=person, claimed_at=claimed_at, claim=claim, where=where)
        fed_at = self._truth.fed_at.known(claim)
        old = fed_at is not None and claimed_at - fed_at > timedelta(hours=LEDGER_HOURS)
        if rows[0].stage == "after" and old:
            raise BrokenPromise(f"P2: {where}: payments were fed in at {fed_at}")
        self._allowed(
            text,
            person=person,
            purpose=rows[0].purpose,
            carrier=carrier,
            claimed_at=claimed_at,
            now=now,
        )

    def _stored(self, text: Text, *, rows: list[_Carried], where: str) -> None:
        first = rows[0]
        if first.body != text.body or first.parts != text.parts or text.parts < 1:
            raise BrokenPromise(f"P8: {where}: what is handed over is not what is stored")
        if first.price != first.parts * settings.SMS_PRICE:
            raise BrokenPromise(f"P8: {where}: {first.parts} parts are said to cost {first.price}")
        if len({row.customer_id for row in rows}) > 1:
            raise BrokenPromise(f"P8: {where}: carries reminders of several borrowers")

    def _once(self, text: Text, *, rows: list[_Carried], carrier: Carrier, where: str) -> None:
        """P1: what was said of an instalment and a step, or to a borrower by a campaign, and may
        have arrived, is not repeated."""
        is_another_try = any(by == text.reference for _, by in self._handed[rows[0].customer_id])
        if is_another_try and not carrier.may_have(text.reference):
            self._take_back(text.reference)
        for row in rows:
            if row.campaign_id is not None:
                said = self._said["campaign", row.campaign_id, row.customer_id]
            elif row.instalment_id is not None and row.step_id is not None:
                said = self._said["step", row.instalment_id, row.step_id]
            else:
                continue  # a person asked for it
            for earlier in said:
                if earlier != text.reference and self._may_have_arrived(earlier, carrier=carrier):
                    raise BrokenPromise(f"P1: {where}: {earlier} said reminder {row.reminder_id}")
            if text.reference not in said:
                said.append(text.reference)
            if row.instalment_id is None:
                continue
            place = (row.send_at, row.offset_days or 0)
            for other, earlier in self._spoken[row.instalment_id]:
                if other > place and self._may_have_arrived(earlier, carrier=carrier):
                    raise BrokenPromise(f"P6: {where}: an older step after a newer one, {earlier}")
            self._spoken[row.instalment_id].append((place, text.reference))

    def _take_back(self, reference: str) -> None:
        """A gateway that was busy did not take it: it may be sent again about something else."""
        for said in self._said.values():
            if reference in said:
                said.remove(reference)
        for spoken in self._spoken.values():
            spoken[:] = [(place, by) for place, by in spoken if by != reference]

    def _may_have_arrived(self, reference: str, *, carrier: Carrier) -> bool:
        taken = carrier.taken.get(reference)
        return taken is not None and taken.ended != "undelivered"

    def _wanted(
        self, row: _Carried, *, person: Person, claimed_at: datetime, claim: int, where: str
    ) -> None:
        if row.instalment_id is None:
            raise BrokenPromise(f"P7: {where}: speaks of a debt and of none")
        loan, item = person.instalment(row.instalment_id)
        if not loan.is_active.known(claim):
            raise BrokenPromise(f"P2: {where}: loan {loan.loan_no} was closed")
        if loan.owed(at=claim)[item.id] <= 0:
            raise BrokenPromise(f"P2: {where}: instalment {item.id} was paid")
        if person.in_peace(loan, at=claim, now=claimed_at):
            raise BrokenPromise(f"P2: {where}: loan {loan.loan_no} was on hold")
        if row.due_date != item.due_date.known(claim):
            raise BrokenPromise(f"P2: {where}: instalment {item.id} is due on another day")
        if row.offset_days is None or row.valid_until_offset_days is None:
            return
        if row.version_id != self._truth.version_in_force.known(claim):
            raise BrokenPromise(f"P10: {where}: reminder {row.reminder_id} is of another version")
        zone = person.zones[0]
        until = row.due_date + timedelta(days=row.valid_until_offset_days + 1)
        if claimed_at >= midnight(until, zone=zone):
            raise BrokenPromise(f"P6: {where}: reminder {row.reminder_id} came too late")
        if claimed_at.astimezone(zone).date() < row.due_date + timedelta(days=row.offset_days):
            raise BrokenPromise(f"P6: {where}: reminder {row.reminder_id} came too early")

    def _lesson(
        self,
        rows: list[_Carried],
        *,
        person: Person,
        claimed_at: datetime,
        claim: int,
        where: str,
    ) -> None:
        """P2, P6, P7: a text of a campaign, alone, to who agreed to it, while it is in force."""
        row, zone = rows[0], person.zones[0]
        campaign = self._truth.campaigns[row.campaign_id or 0]
        if len(rows) > 1 or row.amount_cents:
            raise BrokenPromise(f"P7: {where}: a lesson among other things")
        if not campaign.in_force.known(claim):
            raise BrokenPromise(f"P10: {where}: campaign {row.campaign_id} was stopped")
        if not person.learns.known(claim):
            raise BrokenPromise(f"P2: {where}: does not want to be taught")
        loans = list(person.loans.values())
        if not any(loan.is_active.known(claim) for loan in loans):
            raise BrokenPromise(f"P2: {where}: all loans were closed")
        if any(person.in_peace(loan, at=claim, now=claimed_at) for loan in loans):
            raise BrokenPromise(f"P2: {where}: something of theirs was on hold")
        today = claimed_at.astimezone(zone).date()
        if campaign.only_punctual and any(
            loan.is_active.known(claim)
            and loan.owed(at=claim)[item.id]
            and item.due_date.known(claim) < today
            for loan in loans
            for item in loan.instalments.values()
        ):
            raise BrokenPromise(f"P2: {where}: is for punctual payers alone")
        begins = datetime.combine(row.due_date, campaign.local_time, tzinfo=zone)
        ends = midnight(campaign.last_day + timedelta(days=1), zone=zone)
        if not begins.astimezone(UTC) <= claimed_at < ends:
            raise BrokenPromise(f"P6: {where}: the campaign speaks from {begins} until {ends}")

    def _total(
        self,
        rows: list[_Carried],
        *,
        person: Person,
        claimed_at: datetime,
        claim: int,
        where: str,
    ) -> None:
        """P2, P7: the amount is what was owed at the claim, over all that the text is about."""
        first = rows[0]
        today = claimed_at.astimezone(person.zones[0]).date()
        dates = {row.due_date for row in rows}
        total = 0
        for loan in person.loans.values():
            if (
                loan.currency != first.currency
                or not loan.is_active.known(claim)
                or person.in_peace(loan, at=claim, now=claimed_at)
            ):
                continue
            owed = loan.owed(at=claim)
            total += sum(
                owed[item.id]
                for item in loan.instalments.values()
                if self._named(item, stage=first.stage, dates=dates, today=today, claim=claim)
            )
        if total != first.amount_cents:
            raise BrokenPromise(f"P7: {where}: says {first.amount_cents} cents, {total} are owed")
        if f"{total // 100:,}.{total % 100:02}" not in first.body:
            raise BrokenPromise(f"P8: {where}: its words do not name {total} cents")

    def _named(
        self, item: TrueInstalment, *, stage: str, dates: set[date], today: date, claim: int
    ) -> bool:
        due = item.due_date.known(claim)
        return due < today if stage == "after" else due in dates

    def _allowed(
        self,
        text: Text,
        *,
        person: Person,
        purpose: str,
        carrier: Carrier,
        claimed_at: datetime,
        now: datetime,
    ) -> None:
        """P3: as it was judged at the claim; and the hours, as it is handed over."""
        handed = self._handed[person.id]
        reached = {
            reference: at
            for at, reference in handed
            if reference != text.reference
            and self._may_have_arrived(reference, carrier=carrier)
            and at <= carrier.taken[reference].at
        }
        for at, earlier in ((claimed_at, reached.values()), (now, ())):
            broken = self._law.breach(purpose=purpose, at=at, zones=person.zones, earlier=earlier)
            if broken:
                raise BrokenPromise(f"P3: text {text.reference} to {person.customer_no}: {broken}")
        handed.append((claimed_at, text.reference))

    def after_tick(self, *, carrier: Carrier) -> None:
        """What must hold at any moment."""
        if carrier.twice:
            raise BrokenPromise(f"P5: sent again although it may have been sent: {carrier.twice}")


def midnight(day: date, *, zone: ZoneInfo) -> datetime:
    """The first instant of a day where people live, in UTC."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
