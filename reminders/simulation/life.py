"""What people do meanwhile: borrowers pay, promise and refuse; staff hold, correct and publish."""

import heapq
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from accounts import operations
from accounts.core.arrangements import Term
from accounts.importing.book import finish_run, import_book
from accounts.models import Staff
from accounts.risk.refresh import refresh_risk
from reminders.core.vocabulary import Stage
from reminders.models import MessageTemplate
from reminders.pipeline.by_hand import CannotAsk, Refused, request_by_hand
from reminders.simulation.book import Book, money
from reminders.simulation.lessons import Lessons
from reminders.simulation.policies import Publisher
from reminders.simulation.scenario import Scenario
from reminders.simulation.truth import Person, TrueHold, TrueInstalment, TrueLoan, Truth

_PER_DAY = {
    "promise": 1.0,
    "plan": 0.5,
    "dispute": 0.6,
    "refuse": 0.3,
    "allow": 0.1,
    "lose_number": 0.2,
    "new_number": 0.3,
    "close_loan": 0.05,
    "correct": 0.15,
    "by_hand": 0.3,
    "republish": 0.08,
    "rewrite": 0.05,
    "switch": 0.03,
}
"""How often each happens in a book of 200 borrowers."""

_HOLDS = ("dispute", "hardship", "complaint", "legal", "deceased")


class Life:
    """Draws what happens and when, and does it: in the tables, and in the truth."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        truth: Truth,
        book: Book,
        publisher: Publisher,
        lessons: Lessons | None,
        agent: Staff,
    ) -> None:
        """Draws everybody's payments and the days' other events ahead."""
        self._scenario = scenario
        self._truth, self._book, self._publisher, self._agent = truth, book, publisher, agent
        self.random = Random(f"life/{scenario.seed}")
        self.said: Callable[[str], None] = lambda line: None
        self._coming: list[tuple[datetime, int, str, object]] = []
        self._drawn = 0
        self._deeds: dict[str, Callable[..., None]] = {
            name: getattr(self, f"_{name}") for name in (*_PER_DAY, "release")
        }
        for person, loan in truth.loans():
            for instalment in loan.instalments.values():
                self._draw_payments(person, loan=loan, instalment=instalment)
        for name, rate in _PER_DAY.items():
            expected = rate * scenario.bustle * scenario.days * scenario.customers / 200
            for _ in range(int(expected) + (self.random.random() < expected % 1)):
                self.soon(self._some_time(), name)
        self._gap = self._draw_gap()
        for day in range(scenario.days + 1):
            self.soon(scenario.begins + timedelta(days=day, hours=3), "assess")
            self.soon(scenario.begins + timedelta(days=day, hours=2), "feed")
        self._meanwhile = ["pay", "refuse", "dispute", "republish", "promise"]
        if lessons is not None:
            self._deeds |= lessons.deeds
            self._meanwhile += ["stop_teaching", "change_mind"]
            for at, what in lessons.drawn():
                self.soon(at, what)

    def _some_time(self) -> datetime:
        return self._scenario.begins + timedelta(
            seconds=self.random.random() * self._scenario.days * 86_400
        )

    def _draw_gap(self) -> tuple[datetime, datetime]:
        """Days on which no payments are fed in, in some worlds with faults."""
        begins = self._some_time()
        is_one = self._scenario.rates.silence > 0 and self.random.random() < 0.3
        return begins, begins + timedelta(days=self.random.uniform(1, 4)) * is_one

    def soon(self, at: datetime, what: str, subject: object = None) -> None:
        """Something that happens at `at`."""
        self._drawn += 1
        heapq.heappush(self._coming, (at.astimezone(UTC), self._drawn, what, subject))

    def _draw_payments(self, person: Person, *, loan: TrueLoan, instalment: TrueInstalment) -> None:
        """Early, on the day, late, in two parts, or never."""
        random, cents = self.random, instalment.cents.newest
        due = datetime.combine(
            instalment.due_date.newest, datetime.min.time(), tzinfo=person.zones[0]
        )
        kind = random.random()
        if kind < 0.1:
            return
        days = random.choice((-9, -4, -3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 4, 8, 16))
        # Often within minutes of the hours at which policies speak.
        at = due + timedelta(days=days, minutes=random.choice((595, 599, 600, 605, 0, 900, 1_300)))
        parts = [cents] if kind < 0.85 else [cents // 3, cents - cents // 3]
        if kind > 0.97:
            parts = [cents + 777]  # too much: the rest is credit
        for place, part in enumerate(parts):
            self.soon(at + timedelta(days=3 * place), "pay", (loan, part))

    def next_event(self) -> datetime | None:
        """When something happens next."""
        return self._coming[0][0] if self._coming else None

    def postpone(self, until: datetime) -> None:
        """Nothing happens before `until`, for a quiet day."""
        self._coming = [
            (max(at, until), number, what, subject) for at, number, what, subject in self._coming
        ]
        heapq.heapify(self._coming)

    def happen(self, *, now: datetime) -> None:
        """All that has come to its time; payments together, as a feed brings them."""
        payments: list[tuple[TrueLoan, int]] = []
        deeds: list[tuple[str, object]] = []
        while self._coming and self._coming[0][0] <= now:
            _at, _number, what, subject = heapq.heappop(self._coming)
            if what in ("pay", "feed") and self._gap[0] <= now < self._gap[1]:
                self.soon(self._gap[1], what, subject)
            elif what == "pay":
                assert isinstance(subject, tuple)
                payments.append(subject)
            else:
                deeds.append((what, subject))
        if payments:
            self._book.pay(payments, now=now)
            self.said(f"{len(payments)} pay")
        for what, subject in deeds:
            if what == "assess":
                refresh_risk(now=now)
                continue
            if what == "feed":
                self._book.feed(now=now)
                continue
            self.said(what)
            if subject is None:
                self._deeds[what](now)
            else:
                self._deeds[what](now, subject)

    def meanwhile(self, customer_ids: Iterable[int], *, now: datetime) -> None:
        """What comes while a text to these is being handed over: they pay, refuse, are held."""
        person = self._truth.people[self.random.choice(sorted(customer_ids))]
        match self.random.choice(self._meanwhile):
            case "pay":
                self._pay_all(person, now=now)
            case "refuse":
                self._refuse(now, person)
            case "dispute":
                self._dispute(now, person)
            case "promise":
                self._promise(now, person)
            case other:
                self._deeds[other](now)
        self.said(f"meanwhile, {person.customer_no}")

    def pay_because_of_text(self, customer_id: int, *, now: datetime) -> None:
        """Some pay some hours after a text."""
        person = self._truth.people[customer_id]
        if self.random.random() < person.pays_after_texts:
            for loan, cents in self._open(person):
                at = now + timedelta(hours=self.random.uniform(0.1, 30))
                self.soon(at, "pay", (loan, cents))

    def _open(self, person: Person) -> list[tuple[TrueLoan, int]]:
        """The oldest open amount of each loan."""
        found = []
        for loan in person.loans.values():
            owed = [cents for cents in loan.owed(at=self._truth.commits).values() if cents]
            if owed:
                found.append((loan, owed[0]))
        return found

    def _pay_all(self, person: Person, *, now: datetime) -> None:
        if payments := self._open(person):
            self._book.pay(payments, now=now)

    def _anyone(self) -> Person:
        return self.random.choice(list(self._truth.people.values()))

    def _hold(
        self,
        person: Person,
        *,
        kind: str,
        now: datetime,
        days: float | None = None,
        cents: int = 0,
        terms: tuple[tuple[datetime, int], ...] = (),
    ) -> TrueHold:
        loan = self.random.choice([None, *person.loans])
        until = now + timedelta(days=days) if days is not None else None
        row = operations.place_hold(
            customer_id=person.id,
            kind=kind,
            now=now,
            until_at=until,
            loan_id=loan,
            amount=money(cents) if cents else None,
            terms=[Term(by, money(part)) for by, part in terms],
            placed_by=self._agent,
        )
        if cents and until is not None:
            terms = ((until, cents),)
        ends = terms[-1][0] if terms else until
        hold = TrueHold(row.pk, self._truth.commit(now), now, ends, loan, terms)
        person.holds.append(hold)
        return hold

    def _plan(self, now: datetime) -> None:
        """To pay in parts; kept, or broken at some point."""
        person = self._anyone()
        if not (owed := self._open(person)):
            return
        loan, cents = owed[0]
        parts = self.random.choice((2, 3))
        terms = tuple(
            (now + timedelta(days=3 * n, hours=self.random.uniform(0, 9)), cents // parts)
            for n in range(1, parts + 1)
        )
        try:
            self._hold(person, kind="plan", terms=terms, now=now)
        except operations.OperationRefused as refusal:
            self.said(f"no plan: {refusal}")
            return
        for by, part in terms[: self.random.randint(0, parts)]:
            self.soon(by - timedelta(hours=self.random.uniform(0.5, 30)), "pay", (loan, part))

    def _promise(self, now: datetime, person: Person | None = None) -> None:
        person = person or self._anyone()
        days = self.random.choice((1, 2, 3, 7))
        cents = self.random.choice((0, sum(owed for _, owed in self._open(person)), 5_000))
        self._hold(person, kind="promise_to_pay", days=days, now=now, cents=cents)
        if self.random.random() < 0.6:
            for loan, owed in self._open(person):
                self.soon(now + timedelta(days=days) * self.random.random(), "pay", (loan, owed))

    def _dispute(self, now: datetime, person: Person | None = None) -> None:
        person = person or self._anyone()
        days = self.random.choice((1, 5, 20, None))
        hold = self._hold(person, kind=self.random.choice(_HOLDS), days=days, now=now)
        if self.random.random() < 0.5:
            after = timedelta(days=self.random.uniform(0.1, days or 9))
            self.soon(now + after, "release", hold)

    def _release(self, now: datetime, hold: TrueHold) -> None:
        operations.release_hold(hold_id=hold.id, now=now, released_by=self._agent)
        hold.released = self._truth.commit(now)

    def _refuse(self, now: datetime, person: Person | None = None) -> None:
        person = person or self._anyone()
        operations.record_consent(
            customer_id=person.id, granted=False, source="reply", now=now, channel="sms"
        )
        self._heard(person, refuses=True, now=now)

    def _allow(self, now: datetime) -> None:
        refusing = [p for p in self._truth.people.values() if p.refuses.newest]
        if refusing:
            person = self.random.choice(refusing)
            operations.record_consent(
                customer_id=person.id, granted=True, source="staff", now=now, channel="sms"
            )
            self._heard(person, refuses=False, now=now)

    def _heard(self, person: Person, *, refuses: bool, now: datetime) -> None:
        """What was said of every purpose is said of lessons too."""
        commit = self._truth.commit(now)
        person.refuses.tell(refuses, at=commit)
        person.learns.tell(not refuses, at=commit)

    def _lose_number(self, now: datetime) -> None:
        """The phone is off for good; Duecourse learns it from the network alone."""
        person = self._anyone()
        self._book.numbers.dead |= {
            number for number, owner in self._book.numbers.owner.items() if owner == person.id
        }

    def _new_number(self, now: datetime) -> None:
        person = self._anyone()
        number = f"+86139{self._truth.commits:08d}"
        operations.correct_address(customer_id=person.id, address=number, region="CN", now=now)
        self._book.numbers.owner[number] = person.id
        person.has_number.tell(True, at=self._truth.commit(now))
        person.is_readable = True

    def _close_loan(self, now: datetime) -> None:
        person = self._anyone()
        loan = self.random.choice(list(person.loans.values()))
        self._feed(now, "loans.csv", _LOAN, [_loan_row(loan, status="closed")])
        loan.is_active.tell(False, at=self._truth.commit(now))

    def _correct(self, now: datetime) -> None:
        """The lender corrects an amount, a due date or a payment; a bad row comes along (P12)."""
        person = self._anyone()
        loan = self.random.choice(list(person.loans.values()))
        what = self.random.choice(("amount", "due date", "payment"))
        if what == "payment" and loan.payments:
            number = self.random.choice(list(loan.payments))
            cents = self.random.randint(1, 150_000)
            at = (now - timedelta(hours=1)).isoformat()
            rows = [f"{number},{loan.loan_no},{at},{money(cents)}", f"bad,{loan.loan_no},never,1"]
            self._feed(now, "payments.csv", "payment_no,loan_no,paid_at,amount", rows)
            commit = self._truth.commit(now)
            loan.payments[number].tell((cents, now - timedelta(hours=1)), at=commit)
            self._truth.fed_at.tell(now, at=commit)
            return
        item = self.random.choice(list(loan.instalments.values()))
        cents, due = item.cents.newest, item.due_date.newest
        if what == "amount":
            cents = self.random.randint(5_000, 200_000)
        else:
            due += timedelta(days=self.random.choice((-3, -1, 1, 2, 6)))
        rows = [f"{loan.loan_no},{item.number},{due},{money(cents)}", f"{loan.loan_no},x,{due},1"]
        self._feed(now, "instalments.csv", "loan_no,seq,due_date,amount_due", rows)
        commit = self._truth.commit(now)
        item.cents.tell(cents, at=commit)
        item.due_date.tell(due, at=commit)

    def _feed(self, now: datetime, name: str, header: str, rows: list[str]) -> None:
        """What the lender's system exports, through the real import."""
        with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
            (Path(folder) / name).write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
            outcome = import_book(Path(folder), now=now, region="CN", say=lambda _line: None)
        assert outcome.run_id is not None
        finish_run(run_id=outcome.run_id, outcome=outcome, now=now)

    def _by_hand(self, now: datetime) -> None:
        """An agent wants to write to somebody; the rules may refuse it."""
        person = self._anyone()
        loan = self.random.choice(list(person.loans.values()))
        item = self.random.choice(list(loan.instalments.values()))
        today = now.astimezone(person.zones[0]).date()
        stage = Stage.of((today - item.due_date.newest).days)
        template = MessageTemplate.objects.filter(stage=stage.value).order_by("key").first()
        assert template is not None
        try:
            request_by_hand(
                instalment_id=item.id,
                template_id=template.pk,
                requested_by=self._agent,
                now=now,
            )
        except (CannotAsk, Refused) as refusal:
            self.said(f"by hand refused: {refusal}")

    def _republish(self, now: datetime) -> None:
        self._publisher.republish(now=now)

    def _rewrite(self, now: datetime) -> None:
        self._publisher.rewrite(now=now)

    def _switch(self, now: datetime) -> None:
        self._publisher.switch(now=now)


_LOAN = "loan_no,customer_no,product,principal,currency,opened_on,status"


def _loan_row(loan: TrueLoan, *, status: str) -> str:
    customer_no = loan.loan_no.rsplit("-", 1)[0]
    return f"{loan.loan_no},{customer_no},cash,12000,{loan.currency},2026-01-05,{status}"
