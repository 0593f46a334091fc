"""Risk tiers: SQL and scorecard agree, only what differs is written, words say why."""

import json
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.core.scorecard import Assessment, PastInstalment, assess, figures
from accounts.models import Customer, Instalment, Loan, RiskAssessment, RiskRules
from accounts.risk.refresh import RiskCounts, refresh_risk, rules_in_force
from accounts.risk.words import explain
from tests.builders import NOW, TODAY, a_customer, a_loan, a_payment, an_instalment

pytestmark = pytest.mark.django_db


def by_the_scorecard(customer: Customer, *, now: datetime) -> Assessment:
    zone = ZoneInfo(customer.timezone)
    today = now.astimezone(zone).date()
    rules = rules_in_force(now=now)
    past = [
        PastInstalment(
            due_date=item.due_date,
            grace_days=item.loan.grace_days,
            amount_due=item.amount_due,
            paid=item.paid,
            settled_on=item.settled_at.astimezone(zone).date() if item.settled_at else None,
            order=item.pk,
        )
        for item in Instalment.objects.filter(loan__customer=customer).select_related("loan")
    ]
    return assess(figures(past, today=today, window=rules.window_instalments), rules=rules)


def assert_as_the_scorecard_says(customer: Customer, *, now: datetime) -> None:
    stored = RiskAssessment.objects.get(customer=customer)
    wanted = by_the_scorecard(customer, now=now)
    assert stored.tier == wanted.tier.value
    assert [
        (reason["code"], reason["level"], reason["value"], reason["threshold"])
        for reason in stored.reasons
    ] == [
        (reason.code, reason.level.value, as_json(reason.value), as_json(reason.threshold))
        for reason in wanted.reasons
    ]


def as_json(value: int | Decimal) -> float:
    return float(value) if isinstance(value, Decimal) else value


def a_late_payer(*, days_late: int, instalments: int = 6) -> Customer:
    loan = a_loan()
    for seq in range(1, instalments + 1):
        due_date = TODAY - timedelta(days=30 * (instalments + 1 - seq))
        an_instalment(loan=loan, seq=seq, due_date=due_date, amount_due="100.00")
        paid_at = datetime(due_date.year, due_date.month, due_date.day, 4, tzinfo=UTC)
        a_payment(loan=loan, amount="100.00", paid_at=paid_at + timedelta(days=days_late))
    return loan.customer


class TestRefreshRisk:
    @settings(max_examples=80, deadline=None)
    @given(data=st.data())
    def test_agrees_with_the_scorecard(self, data: st.DataObject) -> None:
        with transaction.atomic():
            self.any_rules(data)
            customers = [self.any_customer(data) for _ in range(data.draw(st.integers(1, 3)))]
            # Just before and just after midnight somewhere.
            now = NOW + timedelta(minutes=data.draw(st.integers(-1440, 1440)))

            refresh_risk(now=now)

            for customer in customers:
                assert_as_the_scorecard_says(customer, now=now)
            transaction.set_rollback(True)

    def any_rules(self, data: st.DataObject) -> None:
        draw = data.draw
        count = sorted(draw(st.tuples(st.integers(1, 4), st.integers(1, 4))))
        days = draw(st.integers(1, 20))
        shares = sorted(draw(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
        RiskRules.objects.create(
            pk=1,
            window_instalments=draw(st.integers(1, 8)),
            medium_late_count=count[0],
            high_late_count=count[1],
            medium_longest_late_days=days,
            high_longest_late_days=days + draw(st.integers(0, 20)),
            high_trend_days=draw(st.integers(1, 10)),
            high_share_paid_below=Decimal(shares[0]) / 1000,
            medium_share_paid_below=Decimal(shares[1]) / 1000,
            updated_at=NOW,
        )

    def any_customer(self, data: st.DataObject) -> Customer:
        draw = data.draw
        zone = draw(
            st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "UTC"])
        )
        customer = a_customer(timezone=zone, phone=None)
        for _ in range(draw(st.integers(0, 2))):
            loan = a_loan(customer=customer, grace_days=draw(st.sampled_from([0, 0, 3, 10])))
            for seq in range(draw(st.integers(0, 6))):
                self.any_instalment(loan, data, seq=seq)
        return customer

    def any_instalment(self, loan: Loan, data: st.DataObject, *, seq: int) -> None:
        draw = data.draw
        due_date = TODAY - timedelta(days=draw(st.integers(-5, 120)))
        amount = Decimal(draw(st.sampled_from([1, 7, 100, 33333]))) / draw(
            st.sampled_from([1, 100])
        )
        is_settled = draw(st.booleans())
        late = timedelta(days=draw(st.integers(-10, 40)), minutes=draw(st.integers(0, 1439)))
        midnight = datetime(due_date.year, due_date.month, due_date.day, tzinfo=UTC)
        # Less than all: what is paid in full is settled.
        part = (amount * draw(st.integers(0, 99)) / 100).quantize(Decimal("0.01"), ROUND_DOWN)
        an_instalment(
            loan=loan,
            seq=seq,
            due_date=due_date,
            amount_due=amount,
            paid=amount if is_settled else part,
            settled_at=midnight + late if is_settled else None,
        )

    def test_writes_only_what_differs(self) -> None:
        customers = [a_late_payer(days_late=0), a_late_payer(days_late=20), a_customer()]

        first = refresh_risk(now=NOW)
        second = refresh_risk(now=NOW + timedelta(hours=1))

        assert first == RiskCounts(new=3, low=1, medium=1, high=1)
        assert second == RiskCounts(same=3, low=1, medium=1, high=1)
        assert set(RiskAssessment.objects.values_list("assessed_at", flat=True)) == {NOW}
        assert len(customers) == 3

    def test_sees_lateness_grow_by_itself(self) -> None:
        loan = a_loan()
        an_instalment(loan=loan, due_date=TODAY - timedelta(days=1))
        an_instalment(loan=loan, due_date=TODAY - timedelta(days=1))
        RiskRules.objects.create(
            pk=1, medium_share_paid_below=0, high_share_paid_below=0, updated_at=NOW
        )

        tiers = []
        for days in (0, 13, 14):
            refresh_risk(now=NOW + timedelta(days=days))
            tiers.append(RiskAssessment.objects.get().tier)

        assert tiers == ["medium", "medium", "high"]

    def test_assesses_only_whom_it_is_told(self) -> None:
        one, other = a_customer(), a_customer()

        refresh_risk(now=NOW, customer_ids=[one.pk])

        assert RiskAssessment.objects.filter(customer=one).exists()
        assert not RiskAssessment.objects.filter(customer=other).exists()

    def test_obeys_changed_rules(self) -> None:
        a_late_payer(days_late=20)
        refresh_risk(now=NOW)
        RiskRules.objects.update(high_late_count=7, high_longest_late_days=21)

        counts = refresh_risk(now=NOW)

        assert counts == RiskCounts(changed=1, medium=1)

    def test_counts_the_day_where_the_borrower_lives(self) -> None:
        """16:30 in London on the due date is past midnight in Shanghai."""
        due_date = TODAY - timedelta(days=10)
        paid_at = datetime(due_date.year, due_date.month, due_date.day, 16, 30, tzinfo=UTC)
        tiers = {}
        for zone in ("Europe/London", "Asia/Shanghai"):
            loan = a_loan(customer=a_customer(timezone=zone))
            an_instalment(loan=loan, due_date=due_date)
            a_payment(loan=loan, paid_at=paid_at)
            refresh_risk(now=NOW)
            tiers[zone] = RiskAssessment.objects.get(customer=loan.customer).tier

        assert tiers == {"Europe/London": "low", "Asia/Shanghai": "medium"}


class TestRules:
    def test_are_one_row_and_rise(self) -> None:
        for wrong in (
            {"pk": 2},
            {"pk": 1, "medium_late_count": 4, "high_late_count": 3},
            {"pk": 1, "medium_late_count": 0},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                RiskRules.objects.create(updated_at=NOW, **wrong)


class TestExplain:
    def test_puts_every_reason_into_words(self) -> None:
        a_late_payer(days_late=20)
        a_late_payer(days_late=0)
        a_customer()
        refresh_risk(now=NOW)

        with translation.override("en"):
            words = {
                assessment.tier: explain(assessment.reasons)
                for assessment in RiskAssessment.objects.all()
            }

        assert words == {
            "high": [
                "6 of the last instalments were late (threshold: 3 or more)",
                "The longest lateness was 20 days (threshold: 15 or more)",
            ],
            "low": ["The last 6 instalments were paid on time"],
            "medium": ["New: no instalment has fallen due yet"],
        }

    def test_writes_shares_as_percentages_and_knows_the_trend(self) -> None:
        with translation.override("en"):
            assert explain(
                [
                    {"code": "share_paid", "value": 0.699, "threshold": 0.7},
                    {"code": "trend", "value": 11.0, "threshold": 7},
                    {"code": "late_count", "value": 1, "threshold": 1},
                ]
            ) == [
                "69.9 % of what fell due has been paid (threshold: below 70.0 %)",
                "Lately paid 11.0 days later on average than before (threshold: 7 or more)",
                "1 of the last instalments was late (threshold: 1 or more)",
            ]

    def test_shows_a_code_it_does_not_know(self) -> None:
        assert explain([{"code": "score", "value": 0.31}]) == ["score: 0.31"]


class TestCommand:
    def test_tells_the_counts(self) -> None:
        customer = a_customer(customer_no="C-one")
        a_customer()
        out = StringIO()

        call_command("assess_risk", "--customer", customer.customer_no, stdout=out)
        call_command("assess_risk", "--format", "json", stdout=(told := StringIO()))

        assert "1 borrowers assessed: 0 low, 1 medium, 0 high" in out.getvalue()
        assert json.loads(told.getvalue()) == {
            "new": 1,
            "changed": 0,
            "same": 1,
            "low": 0,
            "medium": 2,
            "high": 0,
        }

    def test_knows_when_there_is_no_such_customer(self) -> None:
        with pytest.raises(CommandError, match="no customer C-none"):
            call_command("assess_risk", "--customer", "C-none")
