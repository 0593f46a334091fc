"""The purpose of a message: what publishing asks of its template."""

import pytest
from pytest_django.fixtures import Settings

from reminders.authoring import policies, templates
from reminders.models import MessageTemplate, TemplateText, TemplateVersion
from tests.builders import NOW
from tests.reminder_builders import BODY, BODY_AFTER, a_policy, a_sender, a_step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

REFUSABLE = {"zh-hans": BODY + "拒收请回复R", "en": BODY + " Reply R to refuse."}


def a_draft_template(
    *, purpose: str, stage: str = "before", bodies: dict[str, str] | None = None
) -> TemplateVersion:
    for language in ("zh-hans", "en"):
        a_sender(language=language)
    template = MessageTemplate.objects.create(
        key="new", title="New", stage=stage, purpose=purpose, created_at=NOW
    )
    draft = templates.new_draft(template=template, by=None, now=NOW)
    body = BODY_AFTER if stage == "after" else BODY
    for language, words in (bodies or {"zh-hans": body, "en": body}).items():
        TemplateText.objects.create(version=draft, language=language, tone="neutral", body=words)
    return draft


def refusal(draft: TemplateVersion) -> list[str]:
    return [str(problem) for problem in templates.review(draft).problems]


class TestTemplates:
    @pytest.mark.parametrize("purpose", ["service", "collection", "credit_bureau"])
    def test_of_a_notice_may_speak_before_the_due_date(self, purpose: str) -> None:
        assert refusal(a_draft_template(purpose=purpose)) == []

    def test_of_a_service_notice_may_not_speak_after_it(self) -> None:
        draft = a_draft_template(purpose="service", stage="after")

        assert refusal(draft) == ["“New” speaks after the due date: it cannot be a service notice."]

    @pytest.mark.parametrize("purpose", ["offer", "education"])
    def test_of_an_offer_must_say_how_to_refuse(self, purpose: str) -> None:
        assert refusal(a_draft_template(purpose=purpose)) == [
            "English, Neutral: An offer or education must say how to refuse it: Reply R to refuse.",
            "Simplified Chinese, Neutral: "
            "An offer or education must say how to refuse it: 拒收请回复R.",
        ]

    def test_of_an_offer_that_says_it_are_published(self) -> None:
        assert refusal(a_draft_template(purpose="offer", bodies=REFUSABLE)) == []

    def test_of_an_offer_need_not_where_the_law_asks_nothing(self, settings: Settings) -> None:
        settings.CONTACT_PROFILE = "uk_conc"

        assert refusal(a_draft_template(purpose="offer")) == []

    def test_of_a_notice_must_not_offer_to_be_refused(self) -> None:
        assert refusal(a_draft_template(purpose="service", bodies=REFUSABLE)) == [
            "English, Neutral: Only an offer or education may be refused by a reply.",
            "Simplified Chinese, Neutral: Only an offer or education may be refused by a reply.",
        ]


class TestPolicies:
    def test_refuse_a_step_whose_template_calls_itself_a_service_notice(self) -> None:
        step = a_step(3)
        MessageTemplate.objects.update(purpose="service")
        draft = policies.new_draft(policy=a_policy(-3), by=None, now=NOW)
        step.version = draft
        step.save()

        assert [str(problem) for problem in policies.review(draft).problems] == [
            f"{step.key}: “after” speaks after the due date: it cannot be a service notice."
        ]
