"""Drafts of policies and templates, and putting them in force, on the real database."""

import threading
from datetime import time, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from reminders.authoring import policies, templates
from reminders.authoring.problems import CannotPublish, DraftExists
from reminders.authoring.shipped import load_shipped, shipped_document
from reminders.models import (
    MessageTemplate,
    Policy,
    PolicyStep,
    PolicyVersion,
    SenderIdentity,
    StepVersion,
    TemplateText,
    TemplateVersion,
)
from tests.builders import NOW, a_loan, a_member_of_staff

pytestmark = pytest.mark.usefixtures("english")

LATER = NOW + timedelta(hours=1)
FROZEN = "can no longer be changed"


@pytest.fixture
def shipped(db: None) -> Policy:
    """The shipped policy, in force."""
    load_shipped(now=NOW)
    return Policy.objects.get(key="standard")


def a_draft(policy: Policy) -> PolicyVersion:
    return policies.new_draft(policy=policy, by=None, now=LATER)


def a_text_draft(key: str) -> TemplateVersion:
    template = MessageTemplate.objects.get(key=key)
    return templates.new_draft(template=template, by=None, now=LATER)


def refusal(version: PolicyVersion) -> list[str]:
    with pytest.raises(CannotPublish) as refused:
        policies.publish(version=version, by=None, now=LATER)
    return [str(problem) for problem in refused.value.problems]


def text_refusal(version: TemplateVersion) -> list[str]:
    with pytest.raises(CannotPublish) as refused:
        templates.publish(version=version, by=None, now=LATER)
    return [str(problem) for problem in refused.value.problems]


class TestShipped:
    def test_loads_once_and_leaves_what_is_there(self, db: None) -> None:
        assert load_shipped(now=NOW) is True
        assert load_shipped(now=LATER) is False
        assert Policy.objects.count() == 1
        assert PolicyVersion.objects.get().state == "published"
        assert set(SenderIdentity.objects.values_list("language", flat=True)) == {"zh-hans", "en"}

    def test_speaks_on_the_days_that_were_asked_for(self, shipped: Policy) -> None:
        steps = StepVersion.objects.filter(version__policy=shipped)
        assert [step.offset_days for step in steps] == [-3, -1, 0, 1, 3, 7, 15]
        assert {step.local_time for step in steps} == {time(10)}

    def test_says_less_to_the_punctual_than_to_the_risky(self, shipped: Policy) -> None:
        steps = StepVersion.objects.filter(version__policy=shipped)
        heard = {
            tier: [step.offset_days for step in steps if tier in step.tiers]
            for tier in ("low", "medium", "high")
        }
        assert len(heard["low"]) < len(heard["medium"]) < len(heard["high"])
        assert heard["low"] == [-1, 1, 7, 15]
        assert heard["high"][0] == -3

    def test_is_never_true_when_the_next_step_speaks(self, shipped: Policy) -> None:
        steps = list(StepVersion.objects.filter(version__policy=shipped))
        for step, following in pairwise(steps):
            assert step.offset_days <= step.valid_until_offset_days < following.offset_days

    def test_holds_out_five_percent(self, shipped: Policy) -> None:
        assert shipped.versions.get().holdout_percent == 5

    def test_command_says_what_it_did(self, db: None) -> None:
        out = StringIO()
        call_command("load_shipped_policy", stdout=out)
        call_command("load_shipped_policy", stdout=out)
        assert out.getvalue().splitlines() == [
            "loaded and published the shipped policy",
            "there is a policy already: nothing was changed",
        ]


class TestNewDraft:
    def test_copies_what_is_in_force(self, shipped: Policy) -> None:
        draft = a_draft(shipped)
        published = shipped.versions.get(state="published")
        assert draft.number == 2
        assert draft.holdout_percent == published.holdout_percent
        assert [step.as_values() for step in draft.steps.all()] == [
            step.as_values() for step in published.steps.all()
        ]

    def test_takes_up_an_earlier_version_when_told(self, shipped: Policy) -> None:
        first = shipped.versions.get()
        second = a_draft(shipped)
        second.steps.exclude(key="day-after").delete()
        policies.publish(version=second, by=None, now=LATER)
        third = policies.new_draft(policy=shipped, by=None, now=LATER, base=first)
        assert third.steps.count() == 7

    def test_refuses_a_second_one(self, shipped: Policy) -> None:
        a_draft(shipped)
        with pytest.raises(DraftExists):
            a_draft(shipped)

    def test_copies_texts(self, shipped: Policy) -> None:
        draft = a_text_draft("after-due")
        assert draft.texts.count() == 6
        with pytest.raises(DraftExists):
            a_text_draft("after-due")


class TestPublishPolicy:
    def test_retires_the_version_before_it_and_says_who_and_when(self, shipped: Policy) -> None:
        boss = a_member_of_staff(groups=("publishers",))
        draft = a_draft(shipped)
        policies.publish(version=draft, by=boss, now=LATER)
        states = dict(shipped.versions.values_list("number", "state"))
        assert states == {1: "retired", 2: "published"}
        draft.refresh_from_db()
        assert (draft.published_by, draft.published_at) == (boss, LATER)

    def test_keeps_the_identity_of_a_step_and_gives_a_new_one_its_own(
        self, shipped: Policy
    ) -> None:
        before = dict(PolicyStep.objects.values_list("key", "pk"))
        draft = a_draft(shipped)
        draft.steps.filter(key="day-after").update(key="first-day")
        policies.publish(version=draft, by=None, now=LATER)
        after = dict(PolicyStep.objects.values_list("key", "pk"))
        assert {key: after[key] for key in before} == before
        assert set(after) - set(before) == {"first-day"}

    def test_publishes_only_a_draft(self, shipped: Policy) -> None:
        assert refusal(shipped.versions.get()) == ["Only a draft can be published."]

    def test_refuses_a_policy_without_steps(self, shipped: Policy) -> None:
        draft = a_draft(shipped)
        draft.steps.all().delete()
        assert refusal(draft) == ["The policy has no step."]

    def test_names_every_problem_at_once(self, shipped: Policy) -> None:
        draft = a_draft(shipped)
        draft.steps.filter(key="day-before").update(local_time=time(7, 59))
        draft.steps.filter(key="due-day").update(channels=["email"])
        draft.steps.filter(key="day-after").update(
            template=MessageTemplate.objects.get(key="before-due")
        )
        draft.steps.filter(key="week-after").update(products=["cash", "cash", " x"])
        assert refusal(draft) == [
            "day-before: Rule earliest: 07:59 is outside the permitted hours, 08:00 to 19:00 "
            "(the strictest of all).",
            "due-day: None of these channels has a gateway here.",
            "day-after: “还款日前 Before the due date” is for “Before the due date”, "
            "but day 1 is “After the due date”.",
            "week-after: A name is empty or has spaces around it.",
            "week-after: Named twice: cash.",
        ]

    @pytest.mark.parametrize("at", [time(8), time(18, 59)])
    def test_lets_the_edges_of_the_permitted_hours_pass(self, shipped: Policy, at: time) -> None:
        draft = a_draft(shipped)
        draft.steps.update(local_time=at)
        policies.publish(version=draft, by=None, now=LATER)

    def test_refuses_the_minute_after_the_permitted_hours(self, shipped: Policy) -> None:
        draft = a_draft(shipped)
        draft.steps.filter(key="due-day").update(local_time=time(19))
        assert "19:00 is outside" in refusal(draft)[0]

    def test_refuses_a_template_that_was_never_published(self, shipped: Policy) -> None:
        template = MessageTemplate.objects.create(
            key="new", title="New", stage="after", purpose="collection", created_at=NOW
        )
        draft = a_draft(shipped)
        draft.steps.filter(key="week-after").update(template=template)
        assert refusal(draft) == ["week-after: “New” has no published version."]

    def test_refuses_a_tone_that_the_template_lacks(self, shipped: Policy) -> None:
        template = MessageTemplate.objects.create(
            key="one", title="One", stage="after", purpose="collection", created_at=NOW
        )
        version = templates.new_draft(template=template, by=None, now=NOW)
        body = shipped_document().templates[0].texts["zh-hans", "firm"]
        TemplateText.objects.create(version=version, language="zh-hans", tone="firm", body=body)
        templates.publish(version=version, by=None, now=NOW)
        draft = a_draft(shipped)
        draft.steps.filter(key="week-after").update(template=template)
        assert refusal(draft) == [
            "week-after: “One” has no published text: Simplified Chinese, Friendly.",
            "week-after: “One” has no published text: Simplified Chinese, Neutral.",
        ]
        draft.steps.filter(key="week-after").update(tone="firm")
        policies.publish(version=draft, by=None, now=LATER)

    def test_refuses_two_steps_that_speak_at_once_to_the_same_people(self, shipped: Policy) -> None:
        draft = a_draft(shipped)
        step = draft.steps.get(key="week-after")
        twin = StepVersion(version=draft, **step.as_values() | {"key": "twin", "tiers": ["low"]})
        twin.save()
        assert refusal(draft) == [
            "twin, week-after: Both speak to the same borrowers at the same moment."
        ]
        draft.steps.filter(key="week-after").update(tiers=["medium", "high"])
        policies.publish(version=draft, by=None, now=LATER)

    def test_warns_of_products_that_nobody_has(self, shipped: Policy) -> None:
        a_loan(product="cash")
        draft = a_draft(shipped)
        draft.steps.filter(key="week-after").update(products=["cash", "csah"])
        found = policies.review(draft)
        assert found.problems == ()
        assert [str(warning) for warning in found.warnings] == ["csah: No loan is of this product."]

    def test_refuses_when_nobody_would_sign(self, shipped: Policy) -> None:
        SenderIdentity.objects.all().delete()
        assert refusal(a_draft(shipped)) == ["There is no sender identity to sign the texts with."]

    def test_warns_of_what_may_not_be_meant(self, shipped: Policy) -> None:
        draft = a_draft(shipped)
        draft.holdout_percent = Decimal(100)
        draft.policy.is_active = False
        assert [warning.what for warning in policies.review(draft).warnings] == [
            "All borrowers are held out: nobody will be reminded.",
            "The policy is inactive: nothing will be planned.",
        ]


@pytest.mark.django_db(transaction=True)
class TestTwoPublishers:
    def test_one_publishes_and_the_other_is_told(self) -> None:
        load_shipped(now=NOW)
        draft = a_draft(Policy.objects.get())
        outcomes: list[str] = []

        def publish() -> None:
            try:
                policies.publish(version=draft, by=None, now=LATER)
                outcomes.append("published")
            except CannotPublish as refused:
                outcomes.append(str(refused))
            finally:
                connection.close()

        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert len(outcomes) == 4
        assert outcomes.count("published") == 1
        assert PolicyVersion.objects.filter(state="published").count() == 1


class TestPublishTemplate:
    def test_puts_the_new_words_in_force(self, shipped: Policy) -> None:
        draft = a_text_draft("after-due")
        templates.publish(version=draft, by=None, now=LATER)
        states = dict(draft.template.versions.values_list("number", "state"))
        assert states == {1: "retired", 2: "published"}

    def test_names_problems_by_language_and_tone(self, shipped: Policy) -> None:
        draft = a_text_draft("before-due")
        draft.texts.filter(language="zh-hans", tone="firm").update(body="{name}，还{amount｝")
        draft.texts.filter(language="en", tone="neutral").update(
            body="{amount} {due_date} {how_to_pay} {hotline} {penalty} {x}"
        )
        draft.texts.filter(language="en", tone="firm").update(body=" ")
        assert text_refusal(draft) == [
            "English, Firm: The text is empty.",
            "English, Neutral: {penalty} means nothing in a text of the stage "
            "“Before the due date”.",
            "English, Neutral: There is no placeholder {x}. There are: {name}, {amount}, "
            "{due_date}, {days}, {how_to_pay}, {hotline}, {link}.",
            "Simplified Chinese, Firm: “{” is no placeholder: write a bare name in braces.",
        ]

    def test_names_what_is_too_long_signed_or_missing(self, shipped: Policy) -> None:
        draft = a_text_draft("before-due")
        body = "【我】" + "长" * 500 + "{amount}{due_date}{how_to_pay}"
        draft.texts.filter(language="zh-hans", tone="firm").update(body=body)
        assert text_refusal(draft) == [
            f"Simplified Chinese, Firm: The text has {len(body)} characters; gateways take 500.",
            "Simplified Chinese, Firm: 【】 are for the signature, which is put before the text by "
            "itself.",
            "Simplified Chinese, Firm: {hotline} is missing: the borrower needs it.",
        ]

    def test_refuses_to_leave_a_language_without_a_tone(self, shipped: Policy) -> None:
        draft = a_text_draft("after-due")
        draft.texts.filter(language="en", tone="neutral").delete()
        assert text_refusal(draft) == [
            "English, Neutral: This text is missing: the default language has the tone."
        ]

    def test_refuses_to_drop_a_tone_that_a_policy_uses(self, shipped: Policy) -> None:
        draft = a_text_draft("after-due")
        draft.texts.filter(tone="neutral").delete()
        assert text_refusal(draft) == [
            "Simplified Chinese, Neutral: A published policy or campaign uses this tone."
        ]

    def test_refuses_a_version_without_the_default_language(self, shipped: Policy) -> None:
        draft = a_text_draft("after-due")
        draft.texts.filter(language="zh-hans").delete()
        assert text_refusal(draft) == [
            "Simplified Chinese: There is no text in the default language."
        ]

    def test_warns_of_a_language_that_nobody_signs(self, shipped: Policy) -> None:
        SenderIdentity.objects.filter(language="en").delete()
        found = templates.review(a_text_draft("after-due"))
        assert found.problems == ()
        assert [warning.where for warning in found.warnings] == ["English"]

    def test_publishes_only_a_draft(self, shipped: Policy) -> None:
        version = TemplateVersion.objects.get(template__key="after-due")
        assert text_refusal(version) == ["Only a draft can be published."]


class TestFrozen:
    @pytest.mark.parametrize("state", ["published", "retired"])
    def test_a_version_and_its_steps_refuse_every_change(self, shipped: Policy, state: str) -> None:
        version = shipped.versions.get()
        if state == "retired":
            policies.publish(version=a_draft(shipped), by=None, now=LATER)
        step = version.steps.first()
        assert step is not None
        values = step.as_values() | {"key": "more"}

        def refused(change: Any) -> None:
            with pytest.raises(IntegrityError, match=FROZEN), transaction.atomic():
                change()

        refused(lambda: PolicyVersion.objects.filter(pk=version.pk).update(note="x"))
        refused(lambda: PolicyVersion.objects.filter(pk=version.pk).update(state="draft"))
        refused(lambda: version.steps.update(offset_days=step.offset_days))
        refused(lambda: version.steps.all().delete())
        refused(lambda: StepVersion.objects.create(version=version, **values))

    def test_a_step_cannot_be_moved_into_a_published_version(self, shipped: Policy) -> None:
        published = shipped.versions.get()
        draft = a_draft(shipped)
        with pytest.raises(IntegrityError, match=FROZEN), transaction.atomic():
            draft.steps.filter(key="due-day").update(version=published, key="smuggled")

    def test_texts_refuse_every_change(self, shipped: Policy) -> None:
        text = TemplateText.objects.first()
        assert text is not None
        for change in (
            lambda: TemplateText.objects.filter(pk=text.pk).update(body="x"),
            lambda: TemplateText.objects.filter(pk=text.pk).delete(),
            lambda: TemplateVersion.objects.filter(pk=text.version_id).update(note="x"),
        ):
            with pytest.raises(IntegrityError, match=FROZEN), transaction.atomic():
                change()
