"""Every page of the admin opens, asks no other host, and shows each role what it needs."""

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from reminders.authoring import policies
from reminders.authoring.shipped import load_shipped
from reminders.models import Policy, RawReceipt, TemplateVersion
from tests.builders import NOW, a_contact_point, a_customer, a_member_of_staff
from tests.integration.admin_site import change, signed_in
from tests.reminder_builders import a_message, a_reminder

pytestmark = pytest.mark.usefixtures("english")

PAGES = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry
)


@pytest.fixture
def policy(db: None) -> Policy:
    """The shipped policy, in force, and the roles."""
    call_command("create_roles", verbosity=0, stdout=StringIO())
    load_shipped(now=NOW)
    return Policy.objects.get(key="standard")


def _root_request() -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = a_member_of_staff(groups=(), is_staff=True, is_superuser=True)
    return request


# The page of a periodic task lists the registered tasks; Celery 5.7 announces that a later version
# wants their queues in its settings.
@pytest.mark.filterwarnings("ignore:(?s).*task attribute is deprecated")
class TestEveryPage:
    @pytest.mark.parametrize("page", PAGES)
    def test_list_opens(self, policy: Policy, page: str) -> None:
        a_message()
        client = signed_in()
        client.cookies["django_language"] = "zh-hans"
        answer = client.get(reverse(f"admin:{page}_changelist"), follow=True)
        assert answer.status_code == 200
        assert 'lang="zh-hans"' in answer.content.decode()

    @pytest.mark.parametrize("page", PAGES)
    def test_row_opens(self, policy: Policy, page: str) -> None:
        call_command("create_schedule", stdout=StringIO())
        message = a_message()
        a_contact_point(customer=message.customer, channel="email", address="a@example.com")
        model = next(
            model
            for model in admin.site._registry
            if page == f"{model._meta.app_label}_{model._meta.model_name}"
        )
        row = model._default_manager.first()
        if row is not None:
            assert signed_in().get(change(row)).status_code == 200
        elif admin.site._registry[model].has_add_permission(_root_request()):
            assert signed_in().get(reverse(f"admin:{page}_add")).status_code == 200

    def test_front_page_shows_what_is_in_force(self, policy: Policy) -> None:
        page = signed_in().get("/admin/").content.decode()
        assert "v1 in force" in page
        assert "08:00 to 19:00" in page

    @pytest.mark.parametrize("name", ["index", "draft", "text", "rules", "login"])
    def test_asks_no_other_host(self, policy: Policy, name: str) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        text = TemplateVersion.objects.first()
        urls = {
            "index": "/admin/",
            "draft": change(draft),
            "text": change(text),
            "rules": reverse("admin:reminders_contactrules_add"),
            "login": "/admin/login/",
        }
        client = Client() if name == "login" else signed_in()
        page = client.get(urls[name]).content.decode()
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]+)"', page)
        assert loaded
        assert [url for url in loaded if not url.startswith(("/", "data:"))] == []

    def test_lets_nobody_in_who_is_not_signed_in(self, policy: Policy) -> None:
        answer = Client().get(reverse("admin:reminders_policy_changelist"))
        assert answer.status_code == 302
        assert "/admin/login/" in answer.headers["Location"]


class TestHistory:
    def test_can_be_read_and_not_changed(self, policy: Policy) -> None:
        message = a_message(reminder=a_reminder(policy=policy))
        manager, root = signed_in("managers"), signed_in()
        page = manager.get(change(message)).content.decode()
        assert message.body in page
        assert 'name="_save"' not in page
        for client in (manager, root):
            assert client.post(change(message), {"body": "x"}).status_code == 403
            delete = reverse("admin:reminders_message_delete", args=[message.pk])
            assert client.post(delete, {"post": "yes"}).status_code == 403

    def test_shows_phones_masked(self, policy: Policy) -> None:
        customer = a_customer(phone="+8613812345678")
        raw = RawReceipt.objects.create(
            gateway="x",
            body='[{"phone_number": "13812345678", "to": "+8613812345678", "sid": "20261123"}]',
            received_at=NOW,
        )
        root = signed_in()
        pages = [
            root.get(reverse("admin:accounts_customer_change", args=[customer.pk])),
            root.get(reverse("admin:accounts_contactpoint_changelist")),
            root.get(change(raw)),
        ]
        for page in pages:
            assert "5678" in page.content.decode()
            assert "13812345678" not in page.content.decode()
        assert "20261123" in pages[2].content.decode()

    def test_asks_as_often_for_many_as_for_one(
        self, policy: Policy, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(10):
            a_message(reminder=a_reminder(policy=policy))
        root = signed_in()
        for name in ("message", "reminder", "attempt"):
            with django_assert_max_num_queries(12):
                root.get(reverse(f"admin:reminders_{name}_changelist"))


class TestRoles:
    def test_are_put_back_when_run_again(self, policy: Policy) -> None:
        editor = a_member_of_staff(groups=("editors",), is_staff=True)
        group = editor.groups.get()
        before = set(group.permissions.values_list("codename", flat=True))
        group.permissions.clear()
        call_command("create_roles", stdout=StringIO())
        assert set(group.permissions.values_list("codename", flat=True)) == before
        assert editor.groups.get() == group

    @pytest.mark.parametrize(
        ("role", "seen", "hidden"),
        [
            ("editors", ["policy", "messagetemplate"], ["message", "rawreceipt"]),
            ("publishers", ["policy", "contactrules"], ["message"]),
            ("managers", ["policy", "message", "receipt"], []),
            ("collections", [], ["policy", "message"]),
        ],
    )
    def test_see_what_they_need(
        self, policy: Policy, role: str, seen: list[str], hidden: list[str]
    ) -> None:
        client = signed_in(role)
        for name in seen:
            url = reverse(f"admin:reminders_{name}_changelist")
            assert client.get(url, follow=True).status_code == 200
        for name in hidden:
            assert client.get(reverse(f"admin:reminders_{name}_changelist")).status_code == 403
        front = client.get("/admin/").content.decode()
        assert ("has no rights here" in front) is (not seen)
        assert client.get(reverse("admin:accounts_staff_changelist")).status_code == 403
