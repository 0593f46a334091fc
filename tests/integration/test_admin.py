"""Writing, publishing and tightening in the admin, as editors and publishers do it."""

from datetime import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from reminders.authoring import policies, templates
from reminders.authoring.documents import read
from reminders.authoring.shipped import load_shipped, shipped_document
from reminders.core.profiles import LIMITS
from reminders.models import (
    ContactRules,
    MessageTemplate,
    Policy,
    PolicyVersion,
    SenderIdentity,
    StepVersion,
    TemplateVersion,
)
from tests.builders import NOW
from tests.integration.admin_site import change, form_of, signed_in

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def policy(db: None) -> Policy:
    """The shipped policy, in force, and the roles."""
    call_command("create_roles", verbosity=0, stdout=StringIO())
    load_shipped(now=NOW)
    return Policy.objects.get(key="standard")


class TestDraft:
    def test_is_made_from_what_is_in_force_once(self, policy: Policy) -> None:
        editor = signed_in("editors")
        url = reverse("admin:reminders_policyversion_draft", args=[policy.versions.get().pk])
        assert editor.get(url).status_code == 405
        first = editor.post(url)
        again = editor.post(url)
        draft = policy.versions.get(state="draft")
        assert first.headers["Location"] == again.headers["Location"] == change(draft)
        assert draft.steps.count() == 7
        assert draft.created_by is not None

    def test_saves_a_changed_step(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        editor = signed_in("editors")
        data = form_of(editor, change(draft))
        data |= {"steps-1-local_time": "11:30", "steps-1-products": "cash，phone,cash , car"}
        answer = editor.post(change(draft), data)
        assert answer.status_code == 302, answer.context["errors"]
        step = draft.steps.get(key="day-before")
        assert step.local_time == time(11, 30)
        assert step.products == ["cash", "phone", "car"]

    def test_keeps_the_order_of_channels(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.filter(key="day-before").update(channels=["wechat", "sms"])
        editor = signed_in("editors")
        data = form_of(editor, change(draft)) | {"steps-1-channels": ["email", "sms", "wechat"]}
        assert editor.post(change(draft), data).status_code == 302
        assert draft.steps.get(key="day-before").channels == ["wechat", "sms", "email"]

    def test_says_what_is_wrong_with_a_step_at_its_field(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        editor = signed_in("editors")
        data = form_of(editor, change(draft))
        data |= {"steps-0-valid_until_offset_days": "1", "steps-2-key": "day-after"}
        page = editor.post(change(draft), data).content.decode()
        assert "What is said before the due date ends at day −1." in page
        assert "Two steps have this key." in page
        assert "Constraint" not in page

    def test_of_a_new_policy_is_there_at_once(self, policy: Policy) -> None:
        editor = signed_in("editors")
        page = reverse("admin:reminders_policy_add")
        data = form_of(editor, page) | {"title": "Cars", "key": "cars", "is_active": "on"}
        answer = editor.post(page, data)
        draft = PolicyVersion.objects.get(policy__key="cars")
        assert answer.headers["Location"] == change(draft)
        page = editor.get(change(draft)).content.decode()
        assert "The policy has no step." in page

    def test_of_a_new_template_has_a_text_for_each_tone(self, policy: Policy) -> None:
        editor = signed_in("editors")
        page = reverse("admin:reminders_messagetemplate_add")
        data = form_of(editor, page)
        data |= {"title": "New", "key": "new", "stage": "after", "purpose": "collection"}
        answer = editor.post(page, data)
        draft = TemplateVersion.objects.get(template__key="new")
        assert answer.headers["Location"] == change(draft)
        assert editor.get(change(draft)).status_code == 200
        assert draft.texts.count() == 3

    def test_can_be_thrown_away(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        url = reverse("admin:reminders_policyversion_delete", args=[draft.pk])
        assert signed_in("editors").post(url, {"post": "yes"}).status_code == 302
        assert policy.versions.count() == 1


class TestSwitch:
    @pytest.mark.parametrize(("role", "may"), [("editors", False), ("publishers", True)])
    def test_of_a_policy_is_for_who_may_publish(self, policy: Policy, role: str, may: bool) -> None:
        url = reverse("admin:reminders_policy_change", args=[policy.pk])
        person = signed_in(role)
        data = form_of(person, url)

        person.post(url, data | {"title": "Renamed", "is_active": ""})

        policy.refresh_from_db()
        assert policy.title == "Renamed"
        assert policy.is_active is not may


class TestFrozen:
    def test_is_shown_without_a_form(self, policy: Policy) -> None:
        page = signed_in("editors").get(change(policy.versions.get())).content.decode()
        assert 'name="_save"' not in page
        assert "It can no longer be changed" in page
        assert "New draft from this" in page

    def test_refuses_what_is_posted_in_words(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        editor = signed_in("editors")
        data = form_of(editor, change(draft)) | {"holdout_percent": "50"}
        policies.publish(version=draft, by=None, now=NOW)  # while the editor was typing
        page = editor.post(change(draft), data, follow=True)
        assert "This version was published and can no longer be changed." in page.content.decode()
        draft.refresh_from_db()
        assert draft.holdout_percent == 5

    def test_cannot_be_deleted(self, policy: Policy) -> None:
        url = reverse("admin:reminders_policyversion_delete", args=[policy.versions.get().pk])
        assert signed_in().post(url, {"post": "yes"}).status_code == 403

    def test_shows_texts_as_on_a_phone(self, policy: Policy) -> None:
        version = TemplateVersion.objects.get(template__key="after-due")
        page = signed_in("managers").get(change(version)).content.decode()
        assert page.count('class="dc-bubble"') == 6
        assert "【示例消金】王**" in page


class TestPublishing:
    def test_asks_once_more_and_records_who(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        url = reverse("admin:reminders_policyversion_publish", args=[draft.pk])
        publisher = signed_in("publishers")
        page = publisher.get(url).content.decode()
        assert "It takes the place of v1 at once." in page
        assert policy.versions.get(state="published").number == 1
        page = publisher.post(url, follow=True).content.decode()
        assert "v2 is in force." in page
        draft.refresh_from_db()
        assert draft.state == "published"
        assert draft.published_by is not None
        again = publisher.post(url, follow=True).content.decode()
        assert "This version is published already." in again

    def test_lists_every_problem_and_changes_nothing(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.update(local_time=time(23))
        url = reverse("admin:reminders_policyversion_publish", args=[draft.pk])
        answer = signed_in("publishers").post(url)
        assert answer.status_code == 200
        assert answer.content.decode().count("23:00 is outside the permitted hours") == 7
        assert policy.versions.get(state="published").number == 1

    def test_of_a_text_names_language_and_tone(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        draft.texts.filter(language="en", tone="firm").update(body="{oops}")
        url = reverse("admin:reminders_templateversion_publish", args=[draft.pk])
        page = signed_in("publishers").post(url).content.decode()
        assert "<b>English, Firm</b>: There is no placeholder {oops}." in page

    def test_is_not_for_editors_nor_editing_for_publishers(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        url = reverse("admin:reminders_policyversion_publish", args=[draft.pk])
        assert signed_in("editors").post(url).status_code == 403
        publisher = signed_in("publishers")
        assert 'name="_save"' not in publisher.get(change(draft)).content.decode()
        assert publisher.post(change(draft), {"holdout_percent": "1"}).status_code == 403
        drafting = reverse("admin:reminders_policyversion_draft", args=[draft.pk])
        assert publisher.post(drafting).status_code == 403

    def test_of_nothing_is_not_found(self, policy: Policy) -> None:
        url = reverse("admin:reminders_policyversion_publish", args=[999])
        assert signed_in().get(url).status_code == 404


class TestPreview:
    URL = "/admin/reminders/templateversion/preview/"

    def test_shows_text_parts_price_and_problems(self, policy: Policy) -> None:
        body = "{name}，请还{amount}{nmae}" + "长" * 60
        page = signed_in("editors").post(
            self.URL, {"body": body, "stage": "before", "language": "zh-hans"}
        )
        text = page.content.decode()
        assert "【示例消金】王**，请还1,234.56元{nmae}" in text
        assert "<b>2</b> parts" in text
        assert "CNY 0.090" in text
        assert "There is no placeholder {nmae}." in text
        assert "{hotline} is missing" in text

    def test_shows_markup_as_text(self, policy: Policy) -> None:
        page = signed_in().post(
            self.URL, {"body": "<script>{amount}", "stage": "on", "language": "en"}
        )
        assert "&lt;script&gt;" in page.content.decode()

    def test_is_for_those_who_may_see_templates(self, policy: Policy) -> None:
        data = {"body": "x", "stage": "on", "language": "en"}
        assert signed_in("collections").post(self.URL, data).status_code == 403
        assert Client().post(self.URL, data).status_code == 302

    def test_wants_a_token_a_post_and_a_stage(self, policy: Policy) -> None:
        data = {"body": "x", "stage": "on", "language": "en"}
        assert signed_in(enforce_csrf_checks=True).post(self.URL, data).status_code == 403
        assert signed_in().get(self.URL).status_code == 405
        assert signed_in().post(self.URL, data | {"stage": "later"}).status_code == 400
        assert signed_in().post(self.URL, data | {"language": ""}).status_code == 400

    def test_stands_beside_every_text_of_a_draft(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="before-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        page = signed_in("editors").get(change(draft)).content.decode()
        assert page.count(f'data-preview-url="{self.URL}"') == 7  # and one for a text to be added
        assert 'data-stage="before"' in page
        assert 'data-insert="{penalty}"' not in page


class TestExport:
    def test_is_what_import_reads(self, policy: Policy) -> None:
        url = reverse("admin:reminders_policyversion_export", args=[policy.versions.get().pk])
        answer = signed_in("managers").get(url)
        assert read(answer.content) == shipped_document()
        assert 'filename="standard-v1.yaml"' in answer.headers["Content-Disposition"]


class TestContactRules:
    def _save(self, **limits: str) -> str:
        publisher = signed_in("publishers")
        blank = dict.fromkeys((*LIMITS, "ledger_max_age_hours"), "")
        url = reverse("admin:reminders_contactrules_changelist")
        page = publisher.get(url, follow=True).redirect_chain[-1][0]
        return publisher.post(page, blank | limits, follow=True).content.decode()

    def test_tighten(self, policy: Policy) -> None:
        self._save(earliest="09:00", per_7_days="3")
        rules = ContactRules.objects.get()
        assert (rules.pk, rules.earliest, rules.per_7_days) == (1, time(9), 3)
        self._save(rest_days="holidays_and_weekends", ledger_max_age_hours="0")
        rules = ContactRules.objects.get()
        assert (rules.rest_days, rules.ledger_max_age_hours) == ("holidays_and_weekends", 0)
        self._save(earliest="10:00")
        assert ContactRules.objects.get().earliest == time(10)

    @pytest.mark.parametrize(
        ("limits", "refusal"),
        [
            ({"earliest": "07:59"}, "which says 08:00"),
            ({"latest": "19:01"}, "which says 19:00"),
            ({"per_day": "2"}, "which says 1"),
            ({"per_7_days": "6"}, "which says 5"),
            ({"hours_between": "19"}, "which says 20"),
            ({"hours_between": "0"}, "Rule hours_between: looser"),
            ({"rest_days": "none"}, "Rule rest_days: looser"),
            ({"earliest": "12:00", "latest": "12:00"}, "leave no hour"),
            ({"latest": "08:00"}, "leave no hour"),
        ],
    )
    def test_never_loosen(self, policy: Policy, limits: dict[str, str], refusal: str) -> None:
        assert refusal in self._save(**limits)
        assert not ContactRules.objects.exists()


class TestSenders:
    def test_are_edited_in_their_language(self, policy: Policy) -> None:
        sender = SenderIdentity.objects.get(language="en")
        publisher = signed_in("publishers")
        data = form_of(publisher, change(sender)) | {"hotline": "400-123"}
        assert publisher.post(change(sender), data).status_code == 302
        sender.refresh_from_db()
        assert sender.hotline == "400-123"


def test_steps_of_the_shipped_policy_stay_as_they_are_when_saved_untouched(policy: Policy) -> None:
    draft = policies.new_draft(policy=policy, by=None, now=NOW)
    before = [step.as_values() for step in draft.steps.all()]
    root = signed_in()
    assert root.post(change(draft), form_of(root, change(draft))).status_code == 302
    assert [step.as_values() for step in StepVersion.objects.filter(version=draft)] == before
