"""Promises and plans on real rows: placed, judged by payments, shown, and waking what waited."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.arrangements import arrangements_of
from accounts.core.arrangements import Term
from accounts.models import Customer, Hold, HoldTerm, Loan
from accounts.operations import OperationRefused, place_hold, release_hold
from reminders.core.eligibility import decide
from reminders.core.types import Defer, Send, Skip, Verdict
from reminders.facts.borrowers import borrowers, rules_in_force
from reminders.facts.due import candidate_of
from reminders.models import Reminder
from reminders.pipeline.planning import PlanCounts, plan
from reminders.queries.borrower import borrower_sheet, person_of
from tests.builders import NOW, TODAY, a_hold, a_loan, a_payment, an_instalment
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_policy, a_reminder, a_step, publish_steps

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

FRIDAY = NOW + timedelta(days=4)
NEXT_FRIDAY = NOW + timedelta(days=11)
PLAN = (Term(FRIDAY, Decimal(60)), Term(NEXT_FRIDAY, Decimal(40)))


@pytest.fixture
def loan() -> Loan:
    return an_instalment(amount_due="1000.00").loan


def a_plan(loan: Loan, **fields: Any) -> Hold:
    defaults: dict[str, Any] = {"loan_id": loan.pk, "kind": "plan", "now": NOW, "terms": PLAN}
    return place_hold(customer_id=loan.customer_id, **defaults | fields)


def shown(customer: Customer, *, days: int = 0) -> str:
    sheet = borrower_sheet(person_of(customer), now=NOW + timedelta(days=days))
    return sheet.holds[0].standing


class TestPlaceAPlan:
    def test_keeps_its_terms_and_ends_with_the_last(self, loan: Loan) -> None:
        hold = a_plan(loan)

        assert hold.until_at == NEXT_FRIDAY
        assert list(HoldTerm.objects.values_list("due_at", "amount")) == [
            (FRIDAY, Decimal(60)),
            (NEXT_FRIDAY, Decimal(40)),
        ]

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"kind": "promise_to_pay"}, "only a plan has terms"),
            ({"until_at": FRIDAY}, "ends with its last term"),
            ({"terms": (Term(NOW, Decimal(1)),)}, "is over already"),
            ({"terms": (Term(FRIDAY, Decimal(0)),)}, "more than nothing"),
            ({"terms": PLAN[::-1]}, "not after the term before it"),
            ({"from_at": FRIDAY}, "term 1"),
        ],
    )
    def test_refuses_terms_that_make_no_sense(
        self, loan: Loan, fields: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(OperationRefused, match=words):
            a_plan(loan, **fields)
        assert not Hold.objects.exists()

    @pytest.mark.parametrize("covers_all", [True, False])
    def test_refuses_a_second_plan_for_the_same_loan(self, loan: Loan, covers_all: bool) -> None:
        a_plan(loan, loan_id=None)

        with pytest.raises(OperationRefused, match="runs at the same time"):
            a_plan(loan, loan_id=None if covers_all else loan.pk)

    def test_refuses_a_second_plan_beside_one_without_terms(self, loan: Loan) -> None:
        a_hold(customer=loan.customer, kind="plan", until_at=None)

        with pytest.raises(OperationRefused, match="runs at the same time"):
            a_plan(loan, terms=())

    def test_takes_one_for_another_loan(self, loan: Loan) -> None:
        a_plan(loan)

        a_plan(loan, loan_id=a_loan(customer=loan.customer).pk)

    def test_takes_one_after_another_was_released(self, loan: Loan) -> None:
        release_hold(hold_id=a_plan(loan).pk, now=NOW)

        a_plan(loan)

    def test_takes_one_after_another_was_broken(self, loan: Loan) -> None:
        a_plan(loan)
        later = FRIDAY + timedelta(days=1)

        a_plan(loan, now=later, terms=(Term(NEXT_FRIDAY, Decimal(100)),))


class TestWhatHasComeIn:
    def test_counts_from_the_instant_at_which_it_was_given(self, loan: Loan) -> None:
        hold = a_plan(loan)
        a_payment(loan=loan, amount=5, paid_at=NOW - timedelta(minutes=1))
        a_payment(loan=loan, amount=7, paid_at=NOW + timedelta(minutes=1))

        assert arrangements_of([hold])[hold.pk].paid == Decimal(7)

    def test_counts_from_the_beginning_of_one_that_was_entered_later(self, loan: Loan) -> None:
        hold = a_plan(loan, from_at=NOW - timedelta(days=1))
        a_payment(loan=loan, amount=5, paid_at=NOW - timedelta(minutes=1))

        assert arrangements_of([hold])[hold.pk].paid == Decimal(5)

    def test_leaves_out_loans_that_it_does_not_cover(self, loan: Loan) -> None:
        other = an_instalment(loan=a_loan(customer=loan.customer)).loan
        narrow, wide = a_plan(loan), a_hold(customer=loan.customer, amount="50.00")
        a_payment(loan=other, amount=5)

        found = arrangements_of([narrow, wide])

        assert (found[narrow.pk].paid, found[wide.pk].paid) == (Decimal(0), Decimal(5))

    def test_is_not_asked_of_what_is_no_arrangement(self, loan: Loan) -> None:
        vague = a_hold(customer=loan.customer)
        disputed = a_hold(customer=loan.customer, kind="dispute", amount="50.00")

        assert arrangements_of([vague, disputed]) == {}


class TestStanding:
    def test_of_a_promise_follows_the_payments(self, loan: Loan) -> None:
        a_hold(customer=loan.customer, amount="50.00", until_at=FRIDAY)

        assert shown(loan.customer) == "in_force"
        assert shown(loan.customer, days=5) == "broken"
        a_payment(loan=loan, amount=50)
        assert shown(loan.customer) == "kept"
        assert shown(loan.customer, days=5) == "kept"

    def test_of_a_promise_without_an_amount_is_over_at_its_end(self, loan: Loan) -> None:
        a_hold(customer=loan.customer, until_at=FRIDAY)

        assert shown(loan.customer, days=5) == "over"

    def test_is_read_on_the_borrowers_page(self, desk: Desk, loan: Loan) -> None:
        a_plan(loan)
        a_payment(loan=loan, amount=20)

        assert "40.00 is still to come by" in desk.borrower(loan.customer)

    def test_of_a_kept_one_is_read_there_too(self, desk: Desk, loan: Loan) -> None:
        a_plan(loan)
        a_payment(loan=loan, amount=100)

        page = desk.borrower(loan.customer)
        assert '<span class="state good">kept</span>' in page
        assert "100.00 has come in since." in page


class TestForm:
    def test_a_plan_is_entered_term_by_term(self, desk: Desk, loan: Loan) -> None:
        desk.post(
            "hold", loan.customer.customer_no, kind="plan", terms="2026-12-01 60\n2026-12-08 40.00"
        )

        due = [term.due_at.isoformat() for term in HoldTerm.objects.all()]
        assert due == ["2026-12-01T16:00:00+00:00", "2026-12-08T16:00:00+00:00"]

    @pytest.mark.parametrize(
        "form",
        [
            {"kind": "plan", "terms": "tomorrow 60"},
            {"kind": "plan", "terms": "2026-12-01"},
            {"kind": "plan", "terms": "2026-12-01 -5"},
            {"kind": "plan", "terms": "2026-12-01 NaN"},
            {"kind": "plan", "terms": "2026-12-01 60\n2026-12-01 60"},
            {"kind": "plan", "terms": "2026-12-01 60", "until": "2026-12-01"},
            {"kind": "dispute", "terms": "2026-12-01 60"},
        ],
    )
    def test_nonsense_is_refused(self, desk: Desk, loan: Loan, form: dict[str, str]) -> None:
        response = desk.post("hold", loan.customer.customer_no, **form)

        assert response.status_code == 422
        assert not Hold.objects.exists()


class TestDecision:
    def verdict(self, reminder: Reminder, *, days: float = 0) -> Verdict:
        now = NOW + timedelta(days=days)
        facts = borrowers(customer_ids=[reminder.customer_id], now=now)[reminder.customer_id]
        return (
            decide(facts, candidates=[candidate_of(reminder)], rules=rules_in_force(), now=now)
            .decisions[0]
            .verdict
        )

    def reminder(self, loan: Loan, *, days: int = 30) -> Reminder:
        instalment = loan.instalments.get()
        return a_reminder(instalment=instalment, expires_at=NOW + timedelta(days=days))

    def test_waits_for_the_next_term(self, loan: Loan) -> None:
        a_plan(loan)

        reminder = self.reminder(loan)

        assert self.verdict(reminder) == Defer(FRIDAY, "on_hold")
        a_payment(loan=loan, amount=60)
        assert self.verdict(reminder) == Defer(NEXT_FRIDAY, "on_hold")

    def test_speaks_again_once_a_term_is_missed(self, loan: Loan) -> None:
        a_plan(loan)

        assert isinstance(self.verdict(self.reminder(loan), days=4), Send)

    def test_speaks_again_once_all_is_paid(self, loan: Loan) -> None:
        a_plan(loan)
        a_payment(loan=loan, amount=100)

        assert isinstance(self.verdict(self.reminder(loan)), Send)

    def test_skips_what_is_untrue_before_the_next_term(self, loan: Loan) -> None:
        a_plan(loan)

        assert self.verdict(self.reminder(loan, days=2)) == Skip("on_hold")


class TestWaking:
    def waiting(self, loan: Loan) -> Reminder:
        """Waits for the end of a dispute that was placed beside the arrangement."""
        publish_steps(a_policy(), a_step(3, valid_until_offset_days=40))
        loan.instalments.update(due_date=TODAY - timedelta(days=3))
        plan(now=NOW)
        Reminder.objects.update(reason="on_hold", next_attempt_at=NOW + timedelta(days=20))
        return Reminder.objects.get()

    def test_leaves_what_a_plan_still_holds(self, loan: Loan) -> None:
        a_plan(loan)
        a_payment(loan=loan, amount=60)
        self.waiting(loan)

        assert plan(now=NOW).retimed == 0

    @pytest.mark.parametrize("kind", ["plan", "promise_to_pay"])
    def test_wakes_what_waited_when_it_is_kept_early(self, loan: Loan, kind: str) -> None:
        if kind == "plan":
            a_plan(loan)
        else:
            a_hold(customer=loan.customer, amount="100.00", until_at=NEXT_FRIDAY)
        self.waiting(loan)
        assert plan(now=NOW) == PlanCounts()

        a_payment(loan=loan, amount=100)

        assert plan(now=NOW) == PlanCounts(retimed=1)

    def test_wakes_what_waited_when_a_term_is_missed(self, loan: Loan) -> None:
        a_plan(loan)
        a_payment(loan=loan, amount=59)
        reminder = self.waiting(loan)

        plan(now=FRIDAY - timedelta(hours=1))
        reminder.refresh_from_db()
        assert reminder.next_attempt_at > FRIDAY
        plan(now=FRIDAY)
        reminder.refresh_from_db()
        assert reminder.next_attempt_at == FRIDAY
