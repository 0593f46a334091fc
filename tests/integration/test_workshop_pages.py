"""The workshop's pages: what a version would do, what changed, publishing later, the way back."""

import re
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.clock import now
from reminders.authoring import policies, templates
from reminders.authoring.exchange import import_document, publish_all
from reminders.authoring.shipped import shipped_document, shipped_senders
from reminders.models import MessageTemplate, Policy, PolicyVersion, SenderIdentity
from tests.builders import NOW, a_customer, a_loan, a_member_of_staff, an_instalment
from tests.integration.admin_site import change, form_of, signed_in
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def policy(db: None) -> Policy:
    """The shipped policy, in force, with nobody held out; and the roles."""
    call_command("create_roles", verbosity=0, stdout=StringIO())
    for language, values in shipped_senders().items():
        SenderIdentity.objects.create(language=language, **values)
    shipped = shipped_document()
    for_all = replace(shipped, policy=replace(shipped.policy, holdout_percent=Decimal(0)))
    publish_all(import_document(for_all, by=None, now=NOW), by=None, now=NOW)
    return Policy.objects.get(key="standard")


def page_of(version: Any, action: str) -> str:
    return reverse(f"admin:reminders_{version._meta.model_name}_{action}", args=[version.pk])


def a_moved_step(policy: Policy) -> PolicyVersion:
    draft = policies.new_draft(policy=policy, by=None, now=NOW)
    draft.steps.filter(key="day-before").update(local_time=time(11, 30))
    return draft


def due_in(days: int, **fields: Any) -> None:
    loan = a_loan(customer=a_customer(**fields))
    an_instalment(loan=loan, due_date=(now() + timedelta(days=days)).date())


class TestDifferencePage:
    def test_tells_who_is_moved_with_an_example_to_open(self, policy: Policy) -> None:
        due_in(4, customer_no="C-7")
        page = signed_in("editors").get(page_of(a_moved_step(policy), "difference"))
        text = page.content.decode()
        assert [row.name for row in page.context["step_rows"]] == ["Day −1 · day-before"]
        assert [kind.count for kind in page.context["step_rows"][0].kinds] == [0, 0, 1, 0, 0]
        assert '<a class="dc-link" href="/staff/borrowers/C-7/">C-7</a>' in text
        assert "Estimated from a sample" not in text

    def test_says_so_when_it_is_estimated(
        self, policy: Policy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(40):
            due_in(4)
        monkeypatch.setattr("reminders.admin.workshop._WALKED_DAYS", 14 * 20)
        url = page_of(a_moved_step(policy), "difference") + "?days=14"
        page = signed_in("editors").get(url)
        assert "Estimated from a sample" in page.content.decode()
        walked = page.context["found"].walked
        assert 0 < walked < 40
        reached = page.context["totals"][0]
        assert (reached.today, reached.then) == (40, 40)

    @pytest.mark.parametrize("borrowers", [0, 10])
    def test_opens_where_nothing_is_due(
        self, policy: Policy, monkeypatch: pytest.MonkeyPatch, borrowers: int
    ) -> None:
        for _ in range(borrowers):
            due_in(100)
        monkeypatch.setattr("reminders.admin.workshop._WALKED_DAYS", 7 * 5)
        page = signed_in("editors").get(page_of(a_moved_step(policy), "difference"))
        assert page.context["found"].is_sample == bool(borrowers)
        assert "every borrower gets what they get today" in page.content.decode()

    def test_names_the_rules_in_the_way(self, policy: Policy) -> None:
        due_in(4)
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.filter(key="day-before").update(local_time=time(18, 50))
        page = signed_in("editors").get(page_of(draft, "difference"))
        row = page.context["rule_rows"][0]
        assert (row.name, row.limit) == ("Day 0 · due-day", "20")
        assert "Too soon after the last text" in page.content.decode()

    def test_takes_odd_days_for_a_week(self, policy: Policy) -> None:
        url = page_of(a_moved_step(policy), "difference")
        for days in ("365", "x", "-1", ""):
            assert signed_in("editors").get(url, {"days": days}).context["days"] == 7

    def test_asks_as_often_for_many_as_for_one(
        self, policy: Policy, django_assert_max_num_queries: Any
    ) -> None:
        due_in(4)
        url = page_of(a_moved_step(policy), "difference")
        editor = signed_in("editors")
        editor.get(url)
        with django_assert_max_num_queries(100) as for_one:
            editor.get(url)
        for _ in range(30):
            due_in(4)
        with django_assert_max_num_queries(len(for_one)):
            editor.get(url)

    def test_comes_as_csv(self, policy: Policy) -> None:
        due_in(4, customer_no="C-7")
        answer = signed_in("editors").get(page_of(a_moved_step(policy), "difference_csv"))
        lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
        assert "difference-standard-v2-7d.csv" in answer.headers["Content-Disposition"]
        assert lines[0].startswith("\ufeffcustomer_no,loan_no")
        assert len(lines) == 2
        assert lines[1].startswith("C-7,")

    def test_is_for_those_who_may_see_policies(self, policy: Policy) -> None:
        draft = a_moved_step(policy)
        for action in ("difference", "difference_csv", "compare"):
            assert signed_in("collections").get(page_of(draft, action)).status_code == 404
            assert Client().get(page_of(draft, action)).status_code == 302


class TestComparePage:
    def test_shows_what_changed_with_people_and_times(self, policy: Policy) -> None:
        editor = signed_in("editors")
        editor.post(page_of(policy.versions.get(), "draft"))
        draft = policy.versions.get(state="draft")
        data = form_of(editor, change(draft)) | {"steps-1-local_time": "11:30"}
        assert editor.post(change(draft), data).status_code == 302
        draft.refresh_from_db()
        assert draft.changed_by_ids == [draft.created_by_id]
        assert draft.changed_at is not None
        text = editor.get(page_of(draft, "compare")).content.decode()
        assert "<del>10:00</del>" in text
        assert "<ins>11:30</ins>" in text
        assert f"written by {draft.created_by}" in text

    def test_takes_any_two(self, policy: Policy) -> None:
        first = policy.versions.get()
        for _ in range(2):
            draft = policies.new_draft(policy=policy, by=None, now=NOW)
            policies.publish(version=draft, by=None, now=NOW)
        url = page_of(first, "compare")
        page = signed_in("editors").get(url, {"with": str(policy.versions.get(number=2).pk)})
        assert (page.context["older"].number, page.context["newer"].number) == (1, 2)
        assert "Both say the same." in page.content.decode()

    def test_of_the_only_version_says_so(self, policy: Policy) -> None:
        page = signed_in("editors").get(page_of(policy.versions.get(), "compare"))
        assert "There is no other version yet." in page.content.decode()

    def test_marks_the_words_of_a_template(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        text = draft.texts.get(language="en", tone="firm")
        text.body += " <b>Now</b>"
        text.save()
        page = signed_in("editors").get(page_of(draft, "compare")).content.decode()
        assert "&lt;b&gt;Now&lt;/b&gt;</ins>" in page


class TestSavedDraft:
    def test_stays_on_the_page_and_says_who_must_publish(self, policy: Policy) -> None:
        bo = a_member_of_staff(username="bo", groups=("publishers",), is_staff=True)
        editor, draft = signed_in("editors"), a_moved_step(policy)
        data = form_of(editor, change(draft)) | {"steps-1-local_time": "11:45"}

        page = editor.post(change(draft), data, follow=True)

        text = page.content.decode()
        assert page.redirect_chain == [(change(draft), 302)]
        assert f"another person must publish it ({bo})." in text
        assert "What changes against v1" in text
        assert "<ins>11:45</ins>" in text

    def test_says_so_when_nobody_may_publish(self, policy: Policy) -> None:
        editor, draft = signed_in("editors"), a_moved_step(policy)
        data = form_of(editor, change(draft)) | {"_continue": "1"}
        text = editor.post(change(draft), data, follow=True).content.decode()
        assert "Nobody else may publish as yet." in text

    def test_leads_on_whoever_may_publish_it(self, policy: Policy, settings: Any) -> None:
        settings.PUBLISH_BY_SECOND_PERSON = False
        root, draft = signed_in(), a_moved_step(policy)
        text = root.post(change(draft), form_of(root, change(draft)), follow=True).content.decode()
        assert "it is not in force until it is published." in text
        assert f'href="{page_of(draft, "publish")}">On to publishing</a>' in text

    def test_is_listed_as_a_link_with_its_note_and_author(self, policy: Policy) -> None:
        editor = signed_in("editors")
        editor.post(page_of(policy.versions.get(), "draft"))
        policy.versions.filter(state="draft").update(note="later in the morning")
        text = editor.get("/admin/reminders/policyversion/").content.decode()
        assert '<span class="dc-link">v2</span>' in text
        assert "later in the morning" in text
        assert str(policy.versions.get(state="draft").created_by) in text

    def test_leads_from_the_line_of_days_to_the_step(self, policy: Policy) -> None:
        editor, draft = signed_in("editors"), a_moved_step(policy)
        text = editor.get(change(draft)).content.decode()
        moments = re.findall(r'href="#(id_steps-\d+-key)"><b>([^<]*)</b>', text)
        keys = [step.key for step in draft.steps.all()]
        assert len(moments) == len(keys)
        for (field, _day), key in zip(moments, keys, strict=True):
            assert re.search(rf'value="{key}"[^>]*id="{field}"', text)
        assert "#id_steps" not in editor.get(change(policy.versions.get(number=1))).content.decode()


class TestPublishing:
    def test_names_steps_in_words_and_shows_note_and_author(self, policy: Policy) -> None:
        editor = a_member_of_staff(username="mei", groups=("editors",))
        draft = policies.new_draft(policy=policy, by=editor, now=NOW)
        draft.steps.filter(key="day-before").update(local_time=time(11, 30))
        policy.versions.filter(pk=draft.pk).update(note="calmer <mornings>")
        text = signed_in("publishers").get(page_of(draft, "publish")).content.decode()
        assert "Day −1 · day-before" in text
        assert "calmer &lt;mornings&gt;" in text
        assert "by mei." in text
        assert "or later, Shanghai time" in text

    def test_refuses_who_wrote_it_and_takes_another(self, policy: Policy) -> None:
        root = signed_in()
        root.post(page_of(policy.versions.get(), "draft"))
        draft = policy.versions.get(state="draft")
        for answer in (root.get(page_of(draft, "publish")), root.post(page_of(draft, "publish"))):
            text = answer.content.decode()
            assert "Who wrote or changed a draft cannot publish it" in text
            assert text.count("Who wrote or changed") == 1
        assert signed_in("publishers").post(page_of(draft, "publish")).status_code == 302
        draft.refresh_from_db()
        assert (draft.state, draft.second_person) == ("published", True)

    def test_later_is_shown_and_called_off(self, policy: Policy) -> None:
        draft = a_moved_step(policy)
        publisher = signed_in("publishers")
        data = {"later": "1", "at": "2099-01-02T03:04"}
        page = publisher.post(page_of(draft, "publish"), data, follow=True).content.decode()
        assert "will take effect by itself" in page
        assert "It takes effect 2 Jan 2099, 03:04" in page
        assert "v2 from 2 Jan 2099, 03:04 on" in publisher.get("/admin/").content.decode()
        assert "Go to scheduled v2" in publisher.get(change(policy)).content.decode()
        assert publisher.get(page_of(draft, "cancel")).status_code == 405
        page = publisher.post(page_of(draft, "cancel"), follow=True).content.decode()
        assert "it is a draft again" in page
        page = publisher.post(page_of(draft, "cancel"), follow=True).content.decode()
        assert "This version is not scheduled." in page

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            ("", "Say when it is to take effect"),
            ("soon", "Say when it is to take effect"),
            ("2020-01-01T00:00", "is past: choose a later one"),
            ("0001-01-01T00:00", "is past: choose a later one"),
        ],
    )
    def test_later_needs_a_time_to_come(self, policy: Policy, at: str, refusal: str) -> None:
        draft = a_moved_step(policy)
        page = signed_in("publishers").post(page_of(draft, "publish"), {"later": "1", "at": at})
        assert refusal in page.content.decode()
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_a_return_shows_what_it_changes_and_does_it(self, policy: Policy) -> None:
        first = policy.versions.get()
        policies.publish(version=a_moved_step(policy), by=None, now=NOW)
        publisher = signed_in("publishers")
        assert "Return to this version" in publisher.get(change(first)).content.decode()
        page = publisher.get(page_of(first, "return")).content.decode()
        assert "<del>11:30</del>" in page
        page = publisher.post(page_of(first, "return"), follow=True).content.decode()
        assert "v3 is in force and says what v1 said." in page
        assert "It returned to v1." in page
        now_published = policy.versions.get(state="published")
        page = publisher.post(page_of(now_published, "return")).content.decode()
        assert "Only a version that was in force before" in page

    def test_is_not_for_editors(self, policy: Policy) -> None:
        draft = a_moved_step(policy)
        for action in ("publish", "cancel", "return"):
            assert signed_in("editors").post(page_of(draft, action)).status_code == 403

    def test_a_draft_is_looked_for_where_one_is_scheduled(self, policy: Policy) -> None:
        draft = a_moved_step(policy)
        data = {"later": "1", "at": "2099-01-02T03:04"}
        signed_in("publishers").post(page_of(draft, "publish"), data)
        answer = signed_in("editors").post(page_of(policy.versions.get(number=1), "draft"))
        assert answer.headers["Location"] == change(draft)


class TestRealBorrower:
    URL = "/admin/reminders/templateversion/preview/"

    def asked(self, stage: str, customer_no: str) -> str:
        data = {
            "body": "{name} {amount} {due_date} {days} {penalty}",
            "stage": stage,
            "language": "zh-hans",
            "customer_no": customer_no,
        }
        return signed_in("editors").post(self.URL, data).content.decode()

    def test_fills_a_text_with_what_they_owe(self, policy: Policy) -> None:
        wei = a_customer(name="王伟", customer_no="C-77")
        for days, amount in ((-9, "1200.00"), (-2, "30.00"), (4, "80.00"), (4, "5.00"), (9, "1")):
            due = (now() + timedelta(hours=8, days=days)).date()
            an_instalment(loan=a_loan(customer=wei), due_date=due, amount_due=amount)
        assert "王** 1,230.00元" in self.asked("after", "C-77")
        assert " 9 0.00元" in self.asked("after", "C-77")
        assert "王** 85.00元" in self.asked("before", " C-77 ")
        on_the_day = self.asked("on", "C-77")
        assert "C-77 owes nothing at the stage “On the due date”. Sample values" in on_the_day
        assert "1,234.56元" in on_the_day

    def test_that_is_nobody_is_said(self, policy: Policy) -> None:
        assert "There is no borrower C-0. Sample values are shown." in self.asked("on", "C-0")


class TestGateways:
    URL = "/admin/gateways/"

    def test_shows_what_is_set_and_no_secret(self, policy: Policy, settings: Any) -> None:
        settings.SMS_GATEWAY_TOKEN = "very-secret-token"
        page = signed_in("managers").get(self.URL).content.decode()
        assert settings.SMS_GATEWAY_URL in page
        assert "SMS_GATEWAY_PARTS_PER_SECOND" in page
        assert "very-secret-token" not in page
        assert "Does it answer?" not in page

    def test_asks_it_without_sending(self, policy: Policy, phone_network: SimulatorProcess) -> None:
        before = len(phone_network.texts())
        page = signed_in("publishers").post(self.URL).content.decode()
        assert "It answered within" in page
        assert len(phone_network.texts()) == before

    def test_says_when_it_does_not_answer(self, policy: Policy, settings: Any) -> None:
        settings.SMS_GATEWAY_URL = "http://127.0.0.1:1"
        assert "It does not answer:" in signed_in("publishers").post(self.URL).content.decode()

    def test_is_not_for_everybody(self, policy: Policy) -> None:
        assert signed_in("collections").get(self.URL).status_code == 403
        assert signed_in("managers").post(self.URL).status_code == 403
        assert Client().get(self.URL).status_code == 302

    def test_names_a_gateway_that_does_not_exist(self, policy: Policy, settings: Any) -> None:
        settings.SMS_GATEWAY = "nobody"
        page = signed_in("publishers").post(self.URL).content.decode()
        assert "there is no gateway &#x27;nobody&#x27;" in page
