"""The lesson that Duecourse ships, read as a gateway and a borrower would read it."""

import re

import pytest

from reminders.authoring.preview import sample_values
from reminders.authoring.purposes import problems_of_refusal
from reminders.authoring.shipped import shipped_campaign, shipped_senders
from reminders.core.sms import Regime, count_parts
from reminders.core.vocabulary import Stage
from reminders.core.wording import compose, render, validate
from reminders.models import SenderIdentity, TemplateText
from tests.unit.test_shipped_wording import FORBIDDEN_EN, FORBIDDEN_ZH

TEXTS = sorted(shipped_campaign()["template"]["texts"].items())


@pytest.mark.parametrize(("language", "body"), TEXTS)
class TestShippedLesson:
    def test_can_be_published(self, language: str, body: str) -> None:
        text = TemplateText(language=language, body=body)

        assert validate(body, stage=Stage.APART) == []
        assert list(problems_of_refusal([text], purpose="education", profile="china")) == []

    def test_takes_two_parts(self, language: str, body: str) -> None:
        sender = SenderIdentity(language=language, **shipped_senders()[language])
        values = sample_values(stage=Stage.APART, language=language, sender=sender)
        text = compose(render(body, values=values), signature=sender.signature)
        if language == "zh-hans":
            assert count_parts(text, regime=Regime.CHINA).parts == 2
        else:
            plain = text.replace("【", "(").replace("】", ") ")
            assert count_parts(plain, regime=Regime.INTERNATIONAL).parts == 2

    def test_threatens_nobody(self, language: str, body: str) -> None:
        lesson = re.sub("拒收请回复R|Reply R to refuse", "", body)
        forbidden = FORBIDDEN_ZH if language == "zh-hans" else FORBIDDEN_EN

        assert not forbidden.search(lesson)


def test_it_is_there_in_both_languages() -> None:
    assert [language for language, _body in TEXTS] == ["en", "zh-hans"]
