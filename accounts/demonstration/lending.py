"""What made-up borrowers owe, and how they have paid so far.

Three kinds of payers, in shares set after the figures that are known: 22 % of the borrowers in
the UCI credit-card data default, 66 % were never late in six months (here 55 % never or hardly
ever, the rest being late now and then), and most who are late are so by a few days. The next due
dates lie from 12 days ahead to 15 days past, close to the steps of the shipped policy, so that
there is something to send on the day of the start and on each day after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from accounts.core.money import to_cents

T = TypeVar("T")


class Habit(Enum):
    """How a borrower pays."""

    PUNCTUAL = "punctual"
    NOW_AND_THEN = "now and then"
    STRUGGLING = "struggling"


_HABITS = {Habit.PUNCTUAL: 55, Habit.NOW_AND_THEN: 23, Habit.STRUGGLING: 22}
_LOANS = {1: 78, 2: 17, 3: 5}
_NEW = 0.07
_PRODUCTS = {"cash": 45, "phone": 25, "travel": 10, "education": 10, "home": 10}
_TERMS = (6, 9, 12, 18, 24)
_YEARLY_RATES = ("0.108", "0.144", "0.180", "0.2388")
_MONTHS_BACK = 8

# Days past due of the instalment that comes next or is owed, and how often.
_NOW_DUE = {
    Habit.PUNCTUAL: {-12: 4, -9: 4, -7: 4, -5: 4, -3: 16, -2: 8, -1: 34, 0: 22, 1: 4},
    Habit.NOW_AND_THEN: {-7: 4, -3: 18, -2: 6, -1: 20, 0: 22, 1: 16, 2: 4, 3: 10},
    Habit.STRUGGLING: {-3: 16, -1: 10, 0: 12, 1: 12, 2: 4, 3: 14, 5: 4, 7: 14, 10: 4, 15: 10},
}


@dataclass(frozen=True, slots=True)
class DemoInstalment:
    """An instalment with how it is split."""

    seq: int
    due_date: date
    principal: Decimal
    interest: Decimal

    @property
    def amount_due(self) -> Decimal:
        """What is to be paid."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class DemoPayment:
    """Money that has come in."""

    paid_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DemoLoan:
    """A loan with its whole plan and the payments until now."""

    product: str
    principal: Decimal
    opened_on: date
    annual_rate: Decimal
    grace_days: int
    instalments: tuple[DemoInstalment, ...]
    payments: tuple[DemoPayment, ...]


def loans_of(*, random: Random, zone: ZoneInfo, now: datetime) -> Iterator[DemoLoan]:
    """The loans of one borrower of a habit of their own."""
    habit = _weighted(_HABITS, random=random)
    today = now.astimezone(zone).date()
    dpd = _weighted(_NOW_DUE[habit], random=random)
    is_new = dpd <= 0 and random.random() < _NEW
    for place in range(_weighted(_LOANS, random=random)):
        # Every second further loan falls due on the same day: one text for both.
        if place and random.random() < 0.5:
            dpd = _weighted(_NOW_DUE[habit], random=random)
        current = today - timedelta(days=dpd)
        yield _loan(habit, current=current, is_new=is_new, random=random, zone=zone, now=now)


def _loan(
    habit: Habit, *, current: date, is_new: bool, random: Random, zone: ZoneInfo, now: datetime
) -> DemoLoan:
    months = random.choice(_TERMS)
    past = 0 if is_new else random.randint(2, min(_MONTHS_BACK, months - 1))
    principal = Decimal(round(min(max(random.lognormvariate(9.0, 0.7), 1_000), 50_000), -2))
    rate = Decimal(random.choice(_YEARLY_RATES))
    dates = [month_after(current, step - past) for step in range(months)]
    plan = _annuity(principal, rate=rate, dates=dates)
    payments = [
        payment
        for instalment in plan[:past]
        for payment in _paid(habit, instalment, random=random, zone=zone)
        if payment.paid_at <= now
    ]
    return DemoLoan(
        product=_weighted(_PRODUCTS, random=random),
        principal=principal,
        opened_on=month_after(dates[0], -1),
        annual_rate=rate,
        grace_days=random.choice((0, 0, 3)),
        instalments=tuple(plan),
        payments=tuple(payments),
    )


def _annuity(principal: Decimal, *, rate: Decimal, dates: list[date]) -> list[DemoInstalment]:
    """Equal monthly instalments, as Chinese lenders call 等额本息; the last one takes the cents."""
    monthly = rate / 12
    growth = (1 + monthly) ** len(dates)
    payment = to_cents(principal * monthly * growth / (growth - 1))
    left, plan = principal, []
    for seq, due_date in enumerate(dates, start=1):
        interest = to_cents(left * monthly)
        part = left if seq == len(dates) else payment - interest
        plan.append(DemoInstalment(seq, due_date, part, interest))
        left -= part
    return plan


def _paid(
    habit: Habit, instalment: DemoInstalment, *, random: Random, zone: ZoneInfo
) -> Iterator[DemoPayment]:
    """How an instalment that lies at least a month back was paid."""
    match habit:
        case Habit.PUNCTUAL:
            slips = random.random() < 0.01
            days = random.randint(1, 2) if slips else -random.choice((0, 0, 1, 2, 5))
        case Habit.NOW_AND_THEN:
            days = random.randint(1, 12) if random.random() < 0.25 else -random.randint(0, 3)
        case Habit.STRUGGLING:
            days = random.randint(2, 27) if random.random() < 0.6 else -random.randint(0, 1)
    first = instalment.due_date + timedelta(days=days)
    if habit is Habit.STRUGGLING and days > 0 and random.random() < 0.3:
        half = to_cents(instalment.amount_due / 2)
        yield DemoPayment(_at(first, random=random, zone=zone), half)
        rest = instalment.due_date + timedelta(days=days + random.randint(1, 3))
        yield DemoPayment(_at(rest, random=random, zone=zone), instalment.amount_due - half)
        return
    yield DemoPayment(_at(first, random=random, zone=zone), instalment.amount_due)


def _at(day: date, *, random: Random, zone: ZoneInfo) -> datetime:
    minute = random.randrange(8 * 60, 22 * 60)
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)


def month_after(day: date, months: int) -> date:
    """The same day `months` later (or earlier), or the last one of a shorter month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (first_of_next - timedelta(days=1)).day))


def _weighted(weights: dict[T, int], *, random: Random) -> T:
    return random.choices(list(weights), weights=list(weights.values()))[0]
