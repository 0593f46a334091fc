"""The lender's book of a world: rows in the tables, and the same in the truth."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import addresses, operations
from accounts.models import ContactPoint, Customer, ImportRun, Instalment, Loan, Payment
from accounts.pinyin import pinyin_of
from reminders.simulation.scenario import Scenario
from reminders.simulation.truth import Person, Told, TrueInstalment, TrueLoan, Truth

_NAMES = (
    "王伟",
    "李娜",
    "欧阳修",
    "Mary Ann Smith",
    "O'Brien",
    "محمد",
    "🙂 Zoë",
    "{name}",
    "【测】",
)
_PENALTY_DAILY_RATE = Decimal("0.0005")


def number_of(person_number: int) -> str:
    """The phone number of the n-th borrower."""
    return f"+86138{person_number:08d}"


def money(cents: int) -> Decimal:
    """Cents as the tables hold them."""
    return Decimal(cents).scaleb(-2)


@dataclass(slots=True)
class PhoneNumbers:
    """Whose number it is, and whether a phone answers to it."""

    owner: dict[str, int]
    dead: set[str]

    def works(self, number: str) -> bool:
        """Whether a text reaches a phone."""
        return number not in self.dead


class Book:
    """Writes the book, and from then on the changes that the lender makes to it."""

    def __init__(self, scenario: Scenario, *, truth: Truth) -> None:
        self._scenario = scenario
        self._truth = truth
        self._random = Random(f"book/{scenario.seed}")
        self.numbers = PhoneNumbers({}, set())
        self._payments = 0

    @transaction.atomic
    def write(self, *, now: datetime) -> None:
        """Borrowers, numbers, loans and instalments of the days around the world's own."""
        customers = Customer.objects.bulk_create(
            self._customer(number, now=now) for number in range(self._scenario.customers)
        )
        points = []
        for number, customer in enumerate(customers):
            person = self._person(customer)
            if person.has_number.newest:
                points.append(self._number(customer, number=number, person=person, now=now))
        ContactPoint.objects.bulk_create(points)
        loans = Loan.objects.bulk_create(
            self._loan(customer, place=place, now=now)
            for customer in customers
            for place in range(self._random.choice((1, 1, 1, 2)))
        )
        instalments = Instalment.objects.bulk_create(
            row for loan in loans for row in self._instalments(loan, now=now)
        )
        for row in instalments:
            true = TrueInstalment(
                row.pk, row.seq, Told(row.due_date), Told(int(row.amount_due * 100))
            )
            self._truth.people[row.loan.customer_id].loans[row.loan_id].instalments[row.pk] = true

    def _customer(self, number: int, *, now: datetime) -> Customer:
        random = self._random
        name = random.choice(_NAMES)
        return Customer(
            customer_no=f"S-{number}",
            name=name,
            name_pinyin=pinyin_of(name),
            language=random.choice(("zh-hans", "en", "zh-Hant", "fr")),
            timezone=random.choice(self._scenario.zones),
            other_timezones=[random.choice(self._scenario.zones)] * (random.random() < 0.08),
            created_at=now,
            updated_at=now,
        )

    def _person(self, customer: Customer) -> Person:
        random = self._random
        person = Person(
            id=customer.pk,
            customer_no=customer.customer_no,
            zones=(ZoneInfo(customer.timezone), *map(ZoneInfo, customer.other_timezones)),
            has_number=Told(random.random() < 0.95),
            refuses=Told(False),
            learns=Told(False),
            pays_after_texts=random.choice((0.0, 0.2, 0.6)),
        )
        self._truth.people[person.id] = person
        return person

    def _number(
        self, customer: Customer, *, number: int, person: Person, now: datetime
    ) -> ContactPoint:
        address = number_of(number)
        sealed = addresses.seal(address, channel="sms")
        encrypted = sealed.encrypted
        if number == 7 and self._scenario.has_unreadable:
            # The key is gone: nobody can write to them, and the others must not wait for it.
            person.is_readable, encrypted = False, encrypted[:-1] + b"\0"
        self.numbers.owner[address] = customer.pk
        if self._random.random() < 0.03:
            self.numbers.dead.add(address)
        return ContactPoint(
            customer=customer,
            channel="sms",
            address_encrypted=encrypted,
            address_hash=sealed.hash,
            address_masked=sealed.masked,
            created_at=now,
        )

    def _loan(self, customer: Customer, *, place: int, now: datetime) -> Loan:
        return Loan(
            loan_no=f"{customer.customer_no}-{place}",
            customer=customer,
            product=self._random.choice(("cash", "phone")),
            principal=Decimal(12_000),
            currency=self._random.choice(("CNY", "CNY", "CNY", "USD")),
            opened_on=now.date() - timedelta(days=100),
            penalty_daily_rate=_PENALTY_DAILY_RATE,
            grace_days=self._random.choice((0, 0, 3)),
            created_at=now,
            updated_at=now,
        )

    def _instalments(self, loan: Loan, *, now: datetime) -> Iterable[Instalment]:
        true = TrueLoan(loan.pk, loan.loan_no, loan.customer_id, loan.currency, Told(True))
        self._truth.people[loan.customer_id].loans[loan.pk] = true
        # Two loans of one borrower often fall due on the same day: one text, one total (P7).
        shared = Random(f"{self._scenario.seed}/{loan.customer_id}").randrange(30)
        offset = shared if self._random.random() < 0.6 else self._random.randrange(30)
        due = now.date() - timedelta(days=25) + timedelta(days=offset)
        last = now.date() + timedelta(days=self._scenario.days + 10)
        number = 1
        while due <= last:
            cents = self._random.randint(5_000, 200_000)
            yield Instalment(loan=loan, seq=number, due_date=due, amount_due=money(cents))
            number, due = number + 1, _a_month_later(due)

    @transaction.atomic
    def pay(self, payments: Iterable[tuple[TrueLoan, int]], *, now: datetime) -> None:
        """Payments that came in: loan and cents of each."""
        rows = []
        commit = self._truth.commit(now)
        for loan, cents in payments:
            self._payments += 1
            number = f"P-{self._payments}"
            paid_at = now - timedelta(minutes=1)
            loan.payments[number] = told = Told((0, paid_at))
            told.tell((cents, paid_at), at=commit)
            rows.append(
                Payment(
                    payment_no=number,
                    loan_id=loan.id,
                    paid_at=paid_at,
                    amount=money(cents),
                    recorded_at=now,
                )
            )
        Payment.objects.bulk_create(rows)
        operations.allocate(loan_ids={row.loan_id for row in rows})
        self._fed(now, commit=commit)

    def feed(self, *, now: datetime) -> None:
        """A feed that brings nothing new: the ledger is fresh all the same."""
        self._fed(now, commit=self._truth.commit(now))

    def _fed(self, now: datetime, *, commit: int) -> None:
        ImportRun.objects.create(
            source="simulated feed",
            started_at=now,
            finished_at=now,
            summary={"files": {"payments.csv": {}}},
        )
        self._truth.fed_at.tell(now, at=commit)


def _a_month_later(day: date) -> date:
    """The same day of the next month, or its last."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError(day)
