"""The texts that Duecourse ships, read as a borrower in trouble would read them."""

import re

import pytest

from reminders.authoring.documents import TemplateSpec
from reminders.authoring.preview import sample_values
from reminders.authoring.shipped import shipped_document, shipped_senders
from reminders.core.sms import Regime, count_parts
from reminders.core.vocabulary import Stage, Tone
from reminders.core.wording import compose, render, validate
from reminders.models import SenderIdentity

SHIPPED_TEXTS = [
    pytest.param(template, language, body, id=f"{template.key}-{language}-{tone}")
    for template in shipped_document().templates
    for (language, tone), body in template.texts.items()
]

# Threats, law, pressure, lotteries, words that mainland gateways refuse, and the opt-out code that
# a service notice may not carry.
FORBIDDEN_ZH = re.compile(
    "法律|法院|起诉|诉讼|律师|立案|依法|公安|报警|催收|催款|移交|强制|失信|黑名单|老赖|上门|家人|亲友|单位|"
    "严重|后果|警告|最后|立即|马上|务必|否则|抽奖|中奖|提额|优惠|限时|贷款|回[复]?[TR]|退订|拒收"
)
FORBIDDEN_EN = re.compile(
    r"\b(legal|law|court|lawyer|lawsuit|sue|police|blacklist|collector|warning|final|immediately|"
    r"must|consequences?|otherwise|win|prize|lottery|stop|unsubscribe|family|employer)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("template", "language", "body"), SHIPPED_TEXTS)
class TestShippedWording:
    def _sent(self, template: TemplateSpec, *, language: str, body: str) -> str:
        sender = SenderIdentity(language=language, **shipped_senders()[language])
        values = sample_values(stage=template.stage, language=language, sender=sender)
        return compose(render(body, values=values), signature=sender.signature)

    def test_can_be_published(self, template: TemplateSpec, language: str, body: str) -> None:
        assert validate(body, stage=Stage(template.stage)) == []

    def test_is_short(self, template: TemplateSpec, language: str, body: str) -> None:
        text = self._sent(template, language=language, body=body)
        if language == "zh-hans":
            assert count_parts(text, regime=Regime.CHINA).parts <= 2
        else:
            plain = text.replace("【", "(").replace("】", ") ")
            assert count_parts(plain, regime=Regime.INTERNATIONAL).parts <= 2

    def test_threatens_nobody(self, template: TemplateSpec, language: str, body: str) -> None:
        forbidden = FORBIDDEN_ZH if language == "zh-hans" else FORBIDDEN_EN
        assert not forbidden.search(body)

    def test_tells_what_the_borrower_needs(
        self, template: TemplateSpec, language: str, body: str
    ) -> None:
        for name in ("{amount}", "{due_date}", "{how_to_pay}", "{hotline}"):
            assert name in body
        assert ("已还款请忽略" if language == "zh-hans" else "paid, please ignore") in body

    def test_shows_no_full_name(self, template: TemplateSpec, language: str, body: str) -> None:
        text = self._sent(template, language=language, body=body)
        assert "王小明" not in text
        assert "Smith" not in text


@pytest.mark.parametrize(
    ("language", "body"),
    [
        pytest.param(language, body, id=f"{template.key}-{language}-{tone}")
        for template in shipped_document().templates
        for (language, tone), body in template.texts.items()
        if template.stage == Stage.AFTER
    ],
)
def test_after_the_due_date_it_tells_what_follows_and_the_way_out(language: str, body: str) -> None:
    told = ("信用记录", "分期") if language == "zh-hans" else ("credit record", "instalments")
    assert all(word in body for word in (*told, "{penalty}"))


def test_every_stage_has_every_tone_in_both_languages() -> None:
    for template in shipped_document().templates:
        assert set(template.texts) == {
            (language, tone.value) for language in ("zh-hans", "en") for tone in Tone
        }
