"""Four eyes, publication at a later time, the return to an earlier version, and bad input."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Staff
from reminders.authoring import policies, scheduling, templates
from reminders.authoring.comparing import compare, pieces
from reminders.authoring.problems import CannotPublish
from reminders.authoring.publishing import note_change
from reminders.authoring.scheduling import TookEffect
from reminders.authoring.shipped import load_shipped
from reminders.gateways.base import Gateway
from reminders.models import (
    ContactRules,
    Message,
    MessageTemplate,
    Policy,
    PolicyVersion,
    Reminder,
    StepVersion,
    TemplateVersion,
)
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.tasks import tick_plan
from tests.builders import NOW, TODAY, a_member_of_staff, an_instalment
from tests.reminder_builders import a_policy, a_step, publish_steps

LATER = NOW + timedelta(hours=2)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def policy() -> Policy:
    """The shipped policy, in force."""
    load_shipped(now=NOW)
    return Policy.objects.get()


@pytest.fixture
def mei() -> Staff:
    return a_member_of_staff(username="mei")


@pytest.fixture
def bo() -> Staff:
    return a_member_of_staff(username="bo")


def refusal(version: Any, by: Staff | None) -> str:
    publish = policies.publish if isinstance(version, PolicyVersion) else templates.publish
    with pytest.raises(CannotPublish) as refused:
        publish(version=version, by=by, now=LATER)
    return str(refused.value)


class TestFourEyes:
    def test_refuse_who_began_the_draft(self, policy: Policy, mei: Staff, bo: Staff) -> None:
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)

        assert "another person must" in refusal(draft, mei)
        policies.publish(version=draft, by=bo, now=LATER)

        draft.refresh_from_db()
        assert (draft.state, draft.second_person, draft.published_by) == ("published", True, bo)

    def test_refuse_who_changed_it_in_between(self, policy: Policy, mei: Staff, bo: Staff) -> None:
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)
        note_change(draft, by=bo, now=LATER)
        note_change(draft, by=mei, now=LATER)

        assert draft.changed_by_ids == [mei.pk, bo.pk]
        assert "another person must" in refusal(draft, bo)

    def test_hold_for_texts_and_for_what_takes_effect_later(
        self, policy: Policy, mei: Staff
    ) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=mei, now=NOW)

        assert "another person must" in refusal(draft, mei)
        with pytest.raises(CannotPublish, match="another person must"):
            scheduling.schedule(version=draft, by=mei, at=LATER, now=NOW)

    def test_are_not_asked_where_one_person_does_both(
        self, policy: Policy, mei: Staff, settings: Any
    ) -> None:
        settings.PUBLISH_BY_SECOND_PERSON = False
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)

        policies.publish(version=draft, by=mei, now=LATER)

        draft.refresh_from_db()
        assert (draft.state, draft.second_person) == ("published", False)

    def test_are_kept_by_the_database(self, policy: Policy, mei: Staff) -> None:
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)
        for by in (mei, None):
            with (
                pytest.raises(IntegrityError, match="second_person_is_another"),
                transaction.atomic(),
            ):
                PolicyVersion.objects.filter(pk=draft.pk).update(
                    state="retired", published_at=NOW, published_by=by, second_person=True
                )


class TestLater:
    def test_takes_effect_with_the_tick_that_plans(
        self, policy: Policy, mei: Staff, bo: Staff, settings: Any
    ) -> None:
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)
        scheduling.schedule(version=draft, by=bo, at=LATER, now=NOW)

        assert scheduling.publish_scheduled(now=LATER - timedelta(seconds=1)) == TookEffect()
        assert policy.versions.get(state="published").number == 1
        tick_plan()  # by the machine's clock it is later still

        draft.refresh_from_db()
        assert (draft.state, draft.published_by, draft.second_person) == ("published", bo, True)
        assert draft.published_at is not None
        assert draft.published_at >= LATER
        assert policy.versions.get(number=1).state == "retired"

    def test_is_frozen_until_it_is_called_off(self, policy: Policy, mei: Staff, bo: Staff) -> None:
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)
        scheduling.schedule(version=draft, by=bo, at=LATER, now=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            draft.steps.update(local_time=time(9))
        with pytest.raises(IntegrityError), transaction.atomic():
            PolicyVersion.objects.filter(pk=draft.pk).update(holdout_percent=50)
        with pytest.raises(IntegrityError), transaction.atomic():
            draft.delete()

        assert scheduling.cancel(draft) is True
        assert scheduling.cancel(draft) is False

        draft.refresh_from_db()
        assert (draft.state, draft.publish_at, draft.published_by) == ("draft", None, None)
        assert scheduling.publish_scheduled(now=LATER) == TookEffect()
        draft.steps.update(local_time=time(9))

    def test_is_refused_for_a_time_that_is_past(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        with pytest.raises(CannotPublish, match="past: choose a later one"):
            scheduling.schedule(version=draft, by=None, at=NOW, now=NOW)

    def test_is_a_draft_again_when_the_rules_no_longer_permit_it(
        self, policy: Policy, caplog: pytest.LogCaptureFixture
    ) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        words = templates.new_draft(
            template=MessageTemplate.objects.get(key="on-due"), by=None, now=NOW
        )
        for version in (draft, words):
            scheduling.schedule(version=version, by=None, at=LATER, now=NOW)
        ContactRules.objects.create(pk=1, earliest=time(11), updated_at=NOW)

        assert scheduling.publish_scheduled(now=LATER) == TookEffect(published=1, refused=1)

        draft.refresh_from_db()
        words.refresh_from_db()
        assert (draft.state, words.state) == ("draft", "published")
        assert "10:00 is outside the permitted hours" in draft.schedule_problem
        assert "is a draft again" in caplog.text

    def test_is_planned_from_its_time_on_and_not_before(self, gateway: Gateway) -> None:
        policy = a_policy(-3)
        an_instalment(due_date=TODAY + timedelta(days=4))
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.update(local_time=time(15))
        scheduling.schedule(version=draft, by=None, at=LATER, now=NOW)

        plan(now=NOW)
        ten = Reminder.objects.get().send_at
        scheduling.publish_scheduled(now=LATER)
        plan(now=LATER)

        assert Reminder.objects.get().send_at == ten + timedelta(hours=5)


class TestReturn:
    def test_says_what_the_earlier_one_said_and_repeats_nothing(self, gateway: Gateway) -> None:
        """P10: sent under v1, published v2, back to what v1 said: nobody hears it twice."""
        policy = a_policy(-3)
        an_instalment(due_date=TODAY + timedelta(days=3))
        plan(now=NOW)
        dispatch(now=NOW, gateway=gateway)
        first = policy.versions.get()
        publish_steps(policy, a_step(-3, local_time=time(11)), a_step(-2))
        plan(now=NOW)

        scheduling.return_to(version=first, by=None, now=LATER)
        plan(now=LATER)
        while dispatch(now=LATER, gateway=gateway).borrowers:
            pass

        copy = policy.versions.get(state="published")
        assert (copy.number, copy.returns_to, copy.note) == (3, first, "Return to v1.")
        assert [step.as_values() for step in copy.steps.all()] == [
            step.as_values() for step in first.steps.all()
        ]
        assert Message.objects.count() == 1

    def test_needs_one_person_and_leaves_a_draft_alone(self, policy: Policy, mei: Staff) -> None:
        first = policy.versions.get()
        policies.publish(
            version=policies.new_draft(policy=policy, by=None, now=NOW), by=None, now=NOW
        )
        draft = policies.new_draft(policy=policy, by=mei, now=NOW)

        scheduling.return_to(version=first, by=mei, now=LATER)

        assert dict(policy.versions.values_list("number", "state")) == {
            1: "retired",
            2: "retired",
            3: "draft",
            4: "published",
        }
        draft.delete()
        assert policies.new_draft(policy=policy, by=mei, now=LATER).number == 5

    def test_of_texts(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        first = template.versions.get()
        second = templates.new_draft(template=template, by=None, now=NOW)
        second.texts.filter(language="en").delete()
        templates.publish(version=second, by=None, now=NOW)

        scheduling.return_to(version=first, by=None, now=LATER)

        assert template.versions.get(state="published").texts.count() == first.texts.count() == 6

    def test_is_only_to_what_was_in_force(self, policy: Policy) -> None:
        with pytest.raises(CannotPublish, match="was in force before"):
            scheduling.return_to(version=policy.versions.get(), by=None, now=LATER)

    def test_that_says_something_else_is_refused_by_the_database(self, policy: Policy) -> None:
        first = policy.versions.get()
        policies.publish(
            version=policies.new_draft(policy=policy, by=None, now=NOW), by=None, now=NOW
        )
        for change in ({"holdout_percent": 50}, {}):
            copy = policies.copy_of(first, policy=policy, by=None, now=NOW, returns_to=first)
            if not change:
                copy.steps.filter(key="due-day").update(local_time=time(9))
            policy.versions.filter(state="published").update(state="retired")
            with pytest.raises(IntegrityError, match="does not say what"), transaction.atomic():
                PolicyVersion.objects.filter(pk=copy.pk).update(
                    state="published", published_at=NOW, **change
                )


class TestComparing:
    def test_names_each_step_and_what_it_was(self, policy: Policy) -> None:
        first = policy.versions.get()
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        draft.steps.filter(key="due-day").update(local_time=time(9, 30), tiers=["high"])
        draft.steps.filter(key="day-after").delete()
        StepVersion.objects.filter(version=draft, key="day-before").update(key="eve")
        draft.holdout_percent = 10
        draft.save()

        found = compare(first, PolicyVersion.objects.get(pk=draft.pk))

        assert [(one.where, one.kind) for one in found] == [
            ("The whole policy", "changed"),
            ("Day −1 · day-before", "gone"),
            ("Day −1 · eve", "new"),
            ("Day 0 · due-day", "changed"),
            ("Day +1 · day-after", "gone"),
        ]
        assert [(f.name, f.before, f.after) for f in (*found[0].fields, *found[3].fields)] == [
            ("Hold-out", "5 %", "10 %"),
            ("Local time", "10:00", "09:30"),
            ("Risk tiers", "Medium risk, High risk", "High risk"),
        ]

    def test_marks_the_words_of_a_text(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        text = draft.texts.get(language="en", tone="firm")
        text.body += " Thank you."
        text.save()

        (found,) = compare(template.versions.get(number=1), draft)

        assert (found.where, found.kind) == ("English, Firm", "changed")
        last = found.fields[0].pieces[-1]
        assert (last.how, last.text) == ("added", " Thank you.")

    def test_takes_words_whole_and_chinese_sign_by_sign(self) -> None:
        assert [(p.how, p.text) for p in pieces("请还{amount}元", "请尽快还{total}元")] == [
            ("same", "请"),
            ("added", "尽快"),
            ("same", "还"),
            ("removed", "{amount}"),
            ("added", "{total}"),
            ("same", "元"),
        ]

    def test_of_a_policy_with_a_template_is_refused(self, policy: Policy) -> None:
        with pytest.raises(TypeError, match="nothing to compare"):
            compare(policy.versions.get(), TemplateVersion.objects.all()[0])


class TestBadInput:
    @pytest.mark.parametrize(
        "code", ["{{ amount }}", "{% now %}", "{name.__class__}", "{name!r}", "{0}", "${{7*7}}"]
    )
    def test_code_in_a_text_is_refused_where_it_stands(self, policy: Policy, code: str) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        text = draft.texts.get(language="en", tone="firm")
        text.body += code
        text.save()

        what = refusal(draft, None)

        assert what.startswith("English, Firm: “")
        assert "is no placeholder: write a bare name in braces." in what

    def test_a_text_that_outgrows_the_gateway_when_filled_is_refused(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        text = draft.texts.get(language="en", tone="firm")
        text.body += "x" * (500 - len(text.body))
        text.save()

        what = refusal(draft, None)

        assert "Signed and filled with long values it has" in what
        assert "gateways take 500. Shorten it." in what

    def test_a_step_at_the_moment_of_another_is_refused(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        twin = draft.steps.get(key="due-day").as_values() | {"key": "twin", "tiers": ["high"]}
        StepVersion.objects.create(version=draft, **twin)

        assert refusal(draft, None) == (
            "due-day, twin: Both speak to the same borrowers at the same moment."
        )

    def test_steps_that_the_contact_rules_will_put_off_are_named(self, policy: Policy) -> None:
        draft = policies.new_draft(policy=policy, by=None, now=NOW)
        after = draft.steps.get(key="day-after").as_values()
        for day in (2, 4, 5, 6):
            more = {"key": f"day-{day}", "offset_days": day, "valid_until_offset_days": day}
            StepVersion.objects.create(version=draft, **after | more)
        late = {"key": "evening", "local_time": time(18)}
        StepVersion.objects.create(version=draft, **draft.steps.get(key="day-6").as_values() | late)

        found = policies.review(draft)

        assert not found.problems
        warnings = [str(one) for one in found.warnings]
        assert (
            "day-6, evening: Rule hours_between: fewer than 20 hours lie between them "
            "(the strictest of all); the second will wait." in warnings
        )
        assert any(
            "Rule per_7_days: 6 texts in 7 days to the tier “High risk”" in w for w in warnings
        )

    def test_a_language_without_a_text_is_told(self, policy: Policy) -> None:
        template = MessageTemplate.objects.get(key="on-due")
        draft = templates.new_draft(template=template, by=None, now=NOW)
        draft.texts.filter(language="en").delete()

        assert [str(one) for one in templates.review(draft).warnings] == [
            "English: There is no text in this language: its readers get the default language's."
        ]
        templates.publish(version=draft, by=None, now=NOW)
        of_policy = policies.review(policies.new_draft(policy=policy, by=None, now=NOW))
        assert [str(one) for one in of_policy.warnings] == [
            "due-day: “还款日当天 On the due date” has no text in English."
        ]
