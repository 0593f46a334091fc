"""What agents do on a borrower's page: holds, the number, and a text by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.urls import reverse
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from accounts.models import Customer, Hold, Instalment
from reminders.models import MessageTemplate, Reminder
from tests.builders import NOW, TODAY, a_customer, a_hold, a_loan, a_payment, an_instalment
from tests.clocks import set_clock
from tests.integration.desk import Desk, desk
from tests.reminder_builders import a_policy, a_reminder

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def wei() -> Customer:
    return a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")


class TestHolds:
    def test_one_is_placed_until_the_end_of_the_borrowers_day(self, desk: Desk) -> None:
        tokyo = a_customer(customer_no="C-1", timezone="Asia/Tokyo")
        loan = a_loan(customer=tokyo)

        response = desk.post(
            "hold", "C-1", kind="promise_to_pay", until="2026-11-30", loan=loan.pk, reason="called"
        )

        assert response.headers["Location"] == "/staff/borrowers/C-1/"
        hold = Hold.objects.get()
        assert hold.until_at == datetime(2026, 11, 30, 15, tzinfo=UTC)  # midnight in Tokyo
        assert (hold.loan, hold.kind, hold.reason) == (loan, "promise_to_pay", "called")
        assert hold.placed_by is not None
        assert hold.placed_by.username == "lin"
        assert "On hold" not in desk.borrower(tokyo)
        assert "Promise to pay" in desk.borrower(tokyo)

    @pytest.mark.parametrize(
        "form",
        [
            {"kind": "promise_to_pay", "until": ""},
            {"kind": "dispute", "until": "2026-11-01"},
            {"kind": "dispute", "until": "tomorrow"},
            {"kind": "holiday"},
            {"kind": "dispute", "amount": "-5"},
            {"kind": "dispute", "amount": "NaN"},
            {"kind": "dispute", "until": "9999-12-31"},
            {},
        ],
    )
    def test_nonsense_is_refused_beside_its_field(
        self, desk: Desk, wei: Customer, form: dict[str, str]
    ) -> None:
        response = desk.post("hold", wei.customer_no, **form)

        assert response.status_code == 422
        assert "wrong-note" in response.content.decode()
        assert Hold.objects.count() == 0

    def test_another_borrowers_loan_is_no_choice(self, desk: Desk, wei: Customer) -> None:
        response = desk.post("hold", wei.customer_no, kind="dispute", loan=a_loan().pk)

        assert response.status_code == 422
        assert Hold.objects.count() == 0

    def test_one_is_released(self, desk: Desk, wei: Customer) -> None:
        hold = a_hold(customer=wei, kind="dispute", until_at=None)

        desk.post("release", wei.customer_no, hold.pk)

        hold.refresh_from_db()
        assert hold.released_at is not None
        assert hold.released_by is not None
        assert hold.released_by.username == "lin"

    def test_what_follows_from_a_release_is_told(self, desk: Desk, wei: Customer) -> None:
        first, second = (a_hold(customer=wei, kind="dispute", until_at=None) for _ in range(2))
        instalment = an_instalment(loan=a_loan(customer=wei), due_date=TODAY + timedelta(days=3))
        tomorrow = NOW + timedelta(hours=24)
        a_reminder(instalment=instalment, next_attempt_at=tomorrow)

        desk.post("release", wei.customer_no, first.pk)
        one_left = desk.borrower(wei)
        desk.post("release", wei.customer_no, second.pk)
        free = desk.borrower(wei)

        assert "No text is planned for now" in one_left
        assert "The next text goes out: Tue 24 Nov" in free

    def test_another_borrowers_hold_is_out_of_reach(self, desk: Desk, wei: Customer) -> None:
        hold = a_hold(until_at=None, kind="dispute")

        assert desk.post("release", wei.customer_no, hold.pk).status_code == 404
        hold.refresh_from_db()
        assert hold.released_at is None

    def test_looking_at_an_address_releases_nothing(self, desk: Desk, wei: Customer) -> None:
        hold = a_hold(customer=wei, kind="dispute", until_at=None)

        assert desk.get("release", wei.customer_no, hold.pk).status_code == 405


class TestTheNumber:
    def test_it_is_corrected_and_the_old_one_kept(self, desk: Desk, wei: Customer) -> None:
        desk.post("number", wei.customer_no, address="139 0000 8888")

        page = desk.borrower(wei)
        assert "+86 139****8888" in page
        assert "used before" in page

    @pytest.mark.parametrize("address", ["", "12", "not a number", "010-12345678", "1" * 41])
    def test_what_is_no_mobile_number_is_refused(
        self, desk: Desk, wei: Customer, address: str
    ) -> None:
        response = desk.post("number", wei.customer_no, address=address)

        assert response.status_code == 422
        assert wei.contact_points.count() == 1


class TestByHand:
    @pytest.fixture
    def overdue(self, wei: Customer) -> Instalment:
        a_policy(1)
        loan = a_loan(customer=wei)
        an_instalment(loan=loan, due_date=TODAY + timedelta(days=200), amount_due="77.00")
        return an_instalment(loan=loan, due_date=TODAY - timedelta(days=9))

    @pytest.fixture
    def rung(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
        """What was asked of the broker."""
        asked: list[dict[str, object]] = []
        monkeypatch.setattr(current_app, "send_task", lambda name, **how: asked.append(how))
        return asked

    def test_the_decision_and_the_exact_text_come_first(
        self, desk: Desk, overdue: Instalment
    ) -> None:
        page = desk.read("by_hand", "C-77")

        assert "Would be sent" in page
        assert "已逾期9天" in page
        assert "1 part" in page
        assert "77.00" not in page  # due in 200 days: nobody's wish
        assert Reminder.objects.count() == 0

    def test_confirming_stores_a_row_and_rings(
        self, desk: Desk, overdue: Instalment, rung: list[dict[str, object]]
    ) -> None:
        template = MessageTemplate.objects.get(key="after")

        response = desk.post("by_hand", "C-77", instalment=overdue.pk, template=template.pk)

        reminder = Reminder.objects.get()
        assert response.headers["Location"] == "/staff/borrowers/C-77/"
        assert reminder.requested_by is not None
        assert reminder.requested_by.username == "lin"
        assert rung == [
            {
                "kwargs": {"only": [overdue.loan.customer_id]},
                "queue": "dispatch",
                "retry": False,
            }
        ]

    def test_without_a_broker_the_row_waits(
        self, desk: Desk, overdue: Instalment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(name: str, **how: object) -> None:
            raise OperationalError("no broker")

        monkeypatch.setattr(current_app, "send_task", broken)
        template = MessageTemplate.objects.get(key="after")

        response = desk.post("by_hand", "C-77", instalment=overdue.pk, template=template.pk)

        assert response.status_code == 302
        assert Reminder.objects.count() == 1

    def test_a_refusal_names_the_rule(
        self, desk: Desk, wei: Customer, overdue: Instalment, rung: list[dict[str, object]]
    ) -> None:
        a_hold(customer=wei, kind="dispute", until_at=None)
        template = MessageTemplate.objects.get(key="after")

        shown = desk.read("by_hand", "C-77")
        sent = desk.post("by_hand", "C-77", instalment=overdue.pk, template=template.pk)

        assert "On hold: Dispute, until somebody releases it." in shown
        assert sent.status_code == 409
        assert (Reminder.objects.count(), rung) == (0, [])

    def test_at_night_it_is_refused_by_the_hours(
        self, desk: Desk, overdue: Instalment, settings: Settings
    ) -> None:
        set_clock(settings, NOW.replace(hour=15))  # 23:00 in Shanghai

        page = desk.read("by_hand", "C-77")

        assert "Refused" in page
        assert "outside the permitted hours" in page
        assert "Send this text now" not in page

    def test_a_template_for_another_time_is_no_choice(
        self, desk: Desk, overdue: Instalment, rung: list[dict[str, object]]
    ) -> None:
        a_policy(-3, key="other")
        before = MessageTemplate.objects.get(key="before")

        response = desk.post("by_hand", "C-77", instalment=overdue.pk, template=before.pk)

        assert response.status_code == 409
        # Nor is one that fits sent in its place: the agent was not shown it.
        assert (Reminder.objects.count(), rung) == (0, [])

    def test_who_has_paid_gets_nothing(
        self, desk: Desk, overdue: Instalment, rung: list[dict[str, object]]
    ) -> None:
        template = MessageTemplate.objects.get(key="after")
        a_payment(loan=overdue.loan, amount="177.00")  # all there is

        response = desk.post("by_hand", "C-77", instalment=overdue.pk, template=template.pk)

        assert response.status_code == 409
        assert "Nothing is open" in response.content.decode()
        assert (Reminder.objects.count(), rung) == (0, [])

    @pytest.mark.parametrize("query", [{"instalment": "x"}, {"instalment": "9" * 30}, {}])
    def test_odd_choices_fall_back_to_what_is_overdue_longest(
        self, desk: Desk, overdue: Instalment, query: dict[str, str]
    ) -> None:
        page = desk.read("by_hand", "C-77", **query)

        assert f'value="{overdue.pk}" checked' in page

    def test_a_change_brings_only_the_choice_anew(self, desk: Desk, overdue: Instalment) -> None:
        page = desk.read("by_hand", "C-77", part="by-hand", instalment=str(overdue.pk))

        assert "<html" not in page
        assert "已逾期9天" in page


class TestForms:
    @pytest.mark.parametrize("name", ["hold", "number"])
    def test_each_has_a_page_of_its_own(self, desk: Desk, wei: Customer, name: str) -> None:
        assert "王伟" in desk.read(name, wei.customer_no)

    def test_a_form_from_elsewhere_changes_nothing(self, desk: Desk, wei: Customer) -> None:
        desk.client.handler.enforce_csrf_checks = True

        response = desk.client.post(
            reverse("staff:hold", args=[wei.customer_no]), {"kind": "dispute"}
        )

        assert response.status_code == 403
        assert "That form was too old" in response.content.decode()
        assert Hold.objects.count() == 0
