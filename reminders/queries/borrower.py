"""One borrower as the staff page and `explain` show them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.arrangements import Arrangement
from accounts.core.arrangements import Broken, Kept, Running, Standing, Term, standing
from accounts.core.consent import Statement, all_allowed
from accounts.core.vocabulary import Channel, Purpose
from accounts.models import ConsentEvent, Customer, Hold, Staff
from accounts.models.choices import Channel as ChannelLabel
from accounts.models.choices import HoldKind, RiskTier
from accounts.models.choices import Purpose as PurposeLabel
from accounts.queries import SheetContact, SheetHold, sheet_hold
from accounts.queries import borrower_sheet as account_sheet
from accounts.risk.words import explain
from reminders.facts.borrowers import TIER_BEFORE_ASSESSMENT
from reminders.queries.codes import code_label
from reminders.queries.formats import Clock
from reminders.queries.loans import LoanRow, Owed, loan_row, owed_of


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A masked address; `is_used` when texts go there."""

    channel: str
    channel_label: str
    masked: str
    is_current: bool
    unusable_since: datetime | None
    unusable_reason: str

    @property
    def is_used(self) -> bool:
        """Whether texts go there."""
        return self.is_current and self.unusable_since is None


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold. `standing`: in_force, to_come, over or released; and of a promise with an amount or
    a plan with terms that the payments have judged: kept or broken.

    `terms` are what was arranged, `paid` what came in towards it; `next_due_at` and `missing` tell
    of the term that is not covered yet, of a broken one since when it is late. `is_undone`: it was
    placed by mistake and taken back.
    """

    id: int
    kind: str
    kind_label: str
    loan_no: str
    from_at: datetime
    until_at: datetime | None
    reason: str
    amount: Decimal | None
    placed_by: str
    placed_at: datetime
    released_by: str
    released_at: datetime | None
    is_undone: bool
    standing: str
    terms: tuple[Term, ...]
    paid: Decimal
    next_due_at: datetime | None
    missing: Decimal | None


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """Whether texts of a purpose are allowed."""

    label: str
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is, as far as every page needs to know. They may be in one of `other_timezones` as
    well. `zone_is_known` is False when the stored zone is none: then times are shown in UTC and
    nothing is sent."""

    id: int
    customer_no: str
    name: str
    language: str
    segment: str
    timezone: str
    other_timezones: tuple[str, ...]
    zone_is_known: bool
    clock: Clock
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class RiskRow:
    """The tier, and why in sentences; `assessed_at` is None before the first assessment."""

    tier: str
    label: str
    reasons: tuple[str, ...]
    assessed_at: datetime | None


@dataclass(frozen=True, slots=True)
class BorrowerSheet:
    """Everything about one borrower but texts."""

    person: Person
    risk: RiskRow
    addresses: tuple[AddressRow, ...]
    holds: tuple[HoldRow, ...]
    consents: tuple[PurposeRow, ...]
    loans: tuple[LoanRow, ...]
    owed: tuple[Owed, ...]

    @property
    def phone(self) -> AddressRow | None:
        """The number that texts go to, usable or not."""
        return next(
            (row for row in self.addresses if row.is_current and row.channel == Channel.SMS), None
        )

    @property
    def holds_in_force(self) -> tuple[HoldRow, ...]:
        """Those that stop texts now."""
        return tuple(row for row in self.holds if row.standing == "in_force")


def person_with(customer_no: str) -> Person | None:
    """The borrower of that number, or None."""
    row = Customer.objects.filter(customer_no=customer_no).first()
    return None if row is None else person_of(row)


def person_of(row: Customer) -> Person:
    """`row` as pages show it."""
    zone, known = _zone(row.timezone)
    return Person(
        id=row.pk,
        customer_no=row.customer_no,
        name=row.name,
        language=row.language,
        segment=row.segment,
        timezone=row.timezone,
        other_timezones=tuple(row.other_timezones),
        zone_is_known=known,
        clock=Clock(zone),
        is_demonstration=row.is_demonstration,
    )


def _zone(name: str) -> tuple[ZoneInfo, bool]:
    try:
        return ZoneInfo(name), True
    except (KeyError, ValueError):
        return ZoneInfo("UTC"), False


def borrower_sheet(person: Person, *, now: datetime) -> BorrowerSheet:
    """Everything about `person` but texts, in a fixed number of statements."""
    today = person.clock.date(now)
    sheet = account_sheet(customer_id=person.id, today=today)
    assert sheet is not None, "customers are never deleted"
    loans = tuple(loan_row(loan, clock=person.clock, today=today) for loan in sheet.loans)
    tier = sheet.risk.tier if sheet.risk else TIER_BEFORE_ASSESSMENT.value
    return BorrowerSheet(
        person=person,
        risk=RiskRow(
            tier=tier,
            label=str(RiskTier(tier).label),
            reasons=tuple(explain(sheet.risk.reasons)) if sheet.risk else (),
            assessed_at=sheet.risk.assessed_at if sheet.risk else None,
        ),
        addresses=tuple(_address_row(row) for row in sheet.contacts),
        holds=tuple(_sheet_hold_row(row, now=now) for row in sheet.holds),
        consents=_consents(person.id),
        loans=tuple(sorted(loans, key=lambda row: not row.is_active)),
        owed=owed_of(loans, today=today),
    )


def _address_row(row: SheetContact) -> AddressRow:
    return AddressRow(
        channel=row.channel,
        channel_label=str(ChannelLabel(row.channel).label),
        masked=row.address_masked,
        is_current=row.is_current,
        unusable_since=row.unusable_since,
        unusable_reason=code_label(row.unusable_reason),
    )


def _sheet_hold_row(row: SheetHold, *, now: datetime) -> HoldRow:
    made = standing(row.terms, paid=row.paid, now=now) if row.terms else None
    next_due_at, missing = None, None
    if isinstance(made, Running):
        next_due_at, missing = made.next_due_at, made.missing
    elif isinstance(made, Broken):
        next_due_at, missing = made.since, made.missing
    return HoldRow(
        id=row.id,
        kind=row.kind,
        kind_label=str(HoldKind(row.kind).label),
        loan_no=row.loan_no,
        from_at=row.from_at,
        until_at=row.until_at,
        reason=row.reason,
        amount=row.amount,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        released_by=row.released_by,
        released_at=row.released_at,
        is_undone=row.is_undone,
        standing=_standing(row, made=made, now=now),
        terms=row.terms,
        paid=row.paid,
        next_due_at=next_due_at,
        missing=missing,
    )


def hold_row(row: Hold, *, arrangement: Arrangement | None, now: datetime) -> HoldRow:
    """`row` with its loan and staff selected, as of `now`."""
    return _sheet_hold_row(sheet_hold(row, arrangement=arrangement), now=now)


def _standing(row: SheetHold, *, made: Standing | None, now: datetime) -> str:
    if row.released_at is not None:
        return "released"
    if made is not None and not isinstance(made, Running):
        return "kept" if isinstance(made, Kept) else "broken"
    if row.until_at is not None and row.until_at <= now:
        return "over"
    return "to_come" if row.from_at > now else "in_force"


def name_of(staff: Staff | None) -> str:
    """How a member of staff is named on pages; empty for nobody."""
    return "" if staff is None else staff.get_username()


def _consents(customer_id: int) -> tuple[PurposeRow, ...]:
    statements = [
        Statement(
            granted=row.granted,
            happened_at=row.happened_at,
            channel=row.channel,
            purpose=row.purpose,
            source=row.source,
            order=row.pk,
        )
        for row in ConsentEvent.objects.filter(customer=customer_id)
    ]
    allowed = all_allowed(statements)
    return tuple(
        PurposeRow(str(PurposeLabel(purpose.value).label), (Channel.SMS, purpose) in allowed)
        for purpose in Purpose
    )
