"""Every page of staff and of the admin: axe objects to nothing, light and dark, laptop and phone.

Wei owes 1,200 yuan since nine days and has a text whose end is not known.
"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import Customer
from reminders.authoring import policies, templates
from reminders.models import MessageTemplate, Policy
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    a_risk_assessment,
    an_instalment,
)
from tests.clocks import set_clock
from tests.journeys.accessible import WCAG, is_accessible
from tests.journeys.conftest import LAPTOP, PHONE, OpenPage, sign_in
from tests.reminder_builders import a_campaign, a_lesson_for, a_message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wei(settings: Settings) -> Customer:
    set_clock(settings, NOW)
    for command in ("create_roles", "load_shipped_policy"):
        call_command(command, stdout=StringIO())
    a_member_of_staff(username="root", is_staff=True, is_superuser=True)
    wei = a_customer(name="王伟", customer_no="C-77", phone="+8613812345678")
    a_risk_assessment(customer=wei, tier="high")
    loan = a_loan(customer=wei, loan_no="L-77")
    an_instalment(loan=loan, due_date=TODAY - timedelta(days=9), amount_due="1200.00")
    an_instalment(loan=loan, due_date=TODAY + timedelta(days=4), amount_due="800.00")
    a_payment(loan=loan, payment_no="P-1", amount="10.00")
    a_hold(customer=wei, kind="dispute")
    a_hold(customer=a_customer(name="李娜"), amount="500.00", until_at=NOW + timedelta(hours=6))
    a_message(customer=wei, state="unknown")
    return wei


def staff_pages() -> list[str]:
    borrower = ("", "hold/", "number/", "by-hand/", "evidence/", "links/")
    return [
        "/staff/",
        "/staff/?q=C",
        "/staff/?q=nobody",
        f"/staff/day/{TODAY}/not_sent/",
        *(f"/staff/{page}/" for page in ("promises", "high-risk", "undeliverable", "unknown")),
        "/staff/replies/",
        *(f"/staff/{page}/" for page in ("overview", "delivery", "collections", "effect")),
        "/staff/borrowers/nobody/",
        *(f"/staff/borrowers/C-77/{page}" for page in borrower),
    ]


def admin_pages() -> list[str]:
    policy = Policy.objects.get()
    published, template = policy.versions.get(), MessageTemplate.objects.all()[0]
    version = f"/admin/reminders/policyversion/{published.pk}"
    policy_draft = policies.new_draft(policy=policy, by=None, now=NOW)
    text_draft = templates.new_draft(template=template, by=None, now=NOW)
    campaign = a_campaign(state="draft")
    running = a_campaign(key="running", title="Running")
    a_lesson_for(Customer.objects.all()[0], campaign=running, state="skipped", reason="on_hold")
    return [
        "/admin/",
        "/admin/reminders/policy/",
        reverse("admin:reminders_policy_change", args=[policy.pk]),
        "/admin/reminders/policyversion/",
        *(f"{version}/{page}/" for page in ("change", "compare", "return")),
        "/admin/reminders/messagetemplate/",
        "/admin/reminders/templateversion/",
        reverse("admin:reminders_policyversion_change", args=[policy_draft.pk]),
        reverse("admin:reminders_policyversion_difference", args=[policy_draft.pk]),
        reverse("admin:reminders_policyversion_publish", args=[policy_draft.pk]),
        reverse("admin:reminders_templateversion_change", args=[text_draft.pk]),
        "/admin/reminders/campaign/",
        *(
            f"/admin/reminders/campaign/{campaign.pk}/{page}/"
            for page in ("change", "ahead", "publish")
        ),
        *(f"/admin/reminders/campaign/{running.pk}/{page}/" for page in ("change", "rows")),
        "/admin/reminders/contactrules/",
        "/admin/reminders/calendarday/",
        "/admin/reminders/senderidentity/",
        "/admin/gateways/",
        "/admin/django_celery_beat/periodictask/",
        "/admin/accounts/customer/",
    ]


@pytest.mark.parametrize(
    ("size", "language", "dark"),
    [(LAPTOP, "en", False), (PHONE, "zh-CN", True)],
    ids=["laptop", "phone"],
)
class TestAccessible:
    def test_pages_of_staff(
        self, wei: Customer, open_page: OpenPage, size: tuple[int, int], language: str, dark: bool
    ) -> None:
        page = open_page(size=size, language=language, dark=dark)
        sign_in(page, username="root")

        for address in staff_pages():
            response = page.goto(address)
            assert response is not None
            assert response.ok is not address.endswith("/nobody/")
            assert is_accessible(page), address

    def test_pages_of_the_admin(
        self, wei: Customer, open_page: OpenPage, size: tuple[int, int], language: str, dark: bool
    ) -> None:
        page = open_page(size=size, language=language, dark=dark)
        sign_in(page, username="root")

        for address in admin_pages():
            response = page.goto(address)
            assert response is not None
            assert response.ok, address
            # The frame around our pages is unfold's and has no `main`: advice, not WCAG.
            assert is_accessible(page, rules=WCAG), address
