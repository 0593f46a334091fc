"""What may stand in a text, and what comes out of it."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.vocabulary import Stage, Tone
from reminders.core.wording import (
    PLACEHOLDERS,
    REQUIRED,
    Problem,
    choose_language,
    choose_tone,
    compose,
    format_amount,
    format_date,
    placeholders,
    render,
    short_name,
    text_values,
    validate,
)

GOOD = "{name}您好，{due_date}应还{amount}，{how_to_pay}，致电{hotline}。"


class TestPlaceholders:
    def test_are_listed_in_order_and_as_often_as_they_stand(self) -> None:
        assert placeholders("{amount} on {due_date}, {amount}") == ["amount", "due_date", "amount"]

    @pytest.mark.parametrize(
        ("body", "place"),
        [
            ("pay {}", "{}"),
            ("pay {0}", "{0}"),
            ("pay {amount!r}", "{amount!r}"),
            ("pay {amount:>9}", "{amount:>9}"),
            ("pay {amount.real}", "{amount.real}"),
            ("pay {amount[0]}", "{amount[0]}"),
            ("pay {self.__class__}", "{self.__class__}"),
            ("pay { amount }", "{ amount }"),
            ("pay {Amount}", "{Amount}"),
            ("pay {amount", "{"),
            ("pay amount}", "}"),
            ("pay {{amount}}", "{"),
            ("应还｛amount｝", "｛amount｝"),  # typed with a Chinese keyboard
            ("{amount}｝", "｝"),
        ],
    )
    def test_refuse_any_other_brace_and_name_it(self, body: str, place: str) -> None:
        with pytest.raises(ValueError, match=f"^{re.escape(place)}$"):
            placeholders(body)


class TestValidate:
    def test_lets_a_complete_text_pass(self) -> None:
        assert validate(GOOD, stage=Stage.BEFORE) == []

    @pytest.mark.parametrize("body", ["", " \n\t"])
    def test_names_an_empty_text(self, body: str) -> None:
        assert validate(body, stage=Stage.BEFORE) == [Problem("empty", "")]

    def test_names_a_text_that_no_gateway_takes(self) -> None:
        long = GOOD + "长" * 500
        assert validate(long, stage=Stage.ON) == [Problem("too_long", str(len(long)))]

    @pytest.mark.parametrize("bracket", ["【", "】"])
    def test_keeps_the_signature_out_of_the_text(self, bracket: str) -> None:
        problems = validate(GOOD + bracket, stage=Stage.ON)
        assert problems == [Problem("signature_in_text", "【】")]

    def test_names_an_unknown_placeholder_once(self) -> None:
        problems = validate(GOOD + "{nmae}{nmae}", stage=Stage.ON)
        assert problems == [Problem("unknown_placeholder", "nmae")]

    def test_names_a_placeholder_that_means_nothing_in_the_stage(self) -> None:
        assert validate(GOOD + "{penalty}", stage=Stage.BEFORE) == [
            Problem("placeholder_of_another_stage", "penalty")
        ]
        assert validate(GOOD + "{days}", stage=Stage.ON) == [
            Problem("placeholder_of_another_stage", "days")
        ]

    def test_names_all_that_is_missing(self) -> None:
        assert validate("{name}", stage=Stage.AFTER) == [
            Problem("missing_placeholder", name) for name in ("amount", "due_date", "hotline")
        ]

    def test_names_what_is_no_placeholder_and_what_is_wrong_beside_it(self) -> None:
        assert validate("【x】 {amount!r}", stage=Stage.ON) == [
            Problem("signature_in_text", "【】"),
            Problem("not_a_placeholder", "{amount!r}"),
        ]

    @pytest.mark.parametrize(
        ("stage", "required", "optional"),
        [
            (Stage.BEFORE, "amount due_date hotline how_to_pay", "days link name"),
            (Stage.ON, "amount due_date hotline how_to_pay", "link name"),
            (Stage.AFTER, "amount due_date hotline", "days how_to_pay link name penalty"),
            (Stage.APART, "hotline", "how_to_pay link name"),
        ],
    )
    def test_knows_what_a_text_must_and_may_tell(
        self, stage: Stage, required: str, optional: str
    ) -> None:
        may = {name for name, stages in PLACEHOLDERS.items() if stage in stages}

        assert REQUIRED[stage] == set(required.split())
        assert may - REQUIRED[stage] == set(optional.split())

    @pytest.mark.parametrize(("length", "is_too_long"), [(500, False), (501, True)])
    def test_lets_a_text_be_five_hundred_signs_long(self, length: int, is_too_long: bool) -> None:
        body = GOOD + "长" * (length - len(GOOD))

        assert validate(body, stage=Stage.ON) == [Problem("too_long", "501")] * is_too_long

    @given(st.text(alphabet="{}｛｝abc_.![] 还", max_size=40))
    def test_every_text_that_passes_renders(self, body: str) -> None:
        values = dict.fromkeys(PLACEHOLDERS, "x")
        whole = body + "{amount}{due_date}{how_to_pay}{hotline}"
        if not validate(whole, stage=Stage.BEFORE):
            assert not {"{", "}", "｛", "｝"} & set(render(whole, values=values))


class TestRender:
    def test_fills_every_placeholder(self) -> None:
        assert render("{amount}/{days}/{amount}", values={"amount": "1元", "days": "3"}) == (
            "1元/3/1元"
        )

    def test_never_reads_a_value_as_a_template(self) -> None:
        values = {"name": "{amount}", "amount": r"\1"}
        assert render("{name} {amount}", values=values) == r"{amount} \1"

    def test_refuses_a_name_without_a_value(self) -> None:
        with pytest.raises(KeyError, match="days"):
            render("{days}", values={})


class TestCompose:
    def test_lets_brackets_part_signature_and_text(self) -> None:
        assert compose("您好", signature="【示例】") == "【示例】您好"

    def test_puts_a_space_after_a_bare_signature(self) -> None:
        assert compose("Hello", signature="Example:") == "Example: Hello"

    def test_adds_nothing_without_a_signature(self) -> None:
        assert compose("Hello", signature="") == "Hello"


class TestTextValues:
    def test_writes_a_value_for_every_placeholder(self) -> None:
        values = text_values(
            language="zh-hans",
            name="王伟",
            amount=Decimal("1234.5"),
            penalty=Decimal("0"),
            currency="CNY",
            due_date=date(2026, 11, 26),
            days=3,
            how_to_pay="App",
            hotline="400",
            link="https://x.example/b/T",
        )
        assert values == {
            "name": "王**",
            "amount": "1,234.50元",
            "due_date": "11月26日",
            "days": "3",
            "how_to_pay": "App",
            "hotline": "400",
            "penalty": "0.00元",
            "link": "https://x.example/b/T",
        }
        assert values.keys() == PLACEHOLDERS.keys()


class TestFormats:
    @pytest.mark.parametrize(
        ("currency", "language", "written"),
        [
            ("CNY", "zh-hans", "1,234.56元"),
            ("USD", "zh-hans", "1,234.56美元"),
            ("TWD", "zh-hans", "1,234.56新台币元"),
            ("HKD", "zh-hans", "1,234.56港元"),
            ("EUR", "zh-hans", "1,234.56欧元"),
            ("CHF", "zh-hans", "1,234.56CHF"),
            ("CNY", "en", "CNY 1,234.56"),
        ],
    )
    def test_write_an_amount(self, currency: str, language: str, written: str) -> None:
        assert format_amount(Decimal("1234.56"), currency=currency, language=language) == written

    def test_write_a_day(self) -> None:
        assert format_date(date(2026, 2, 1), language="zh-hans") == "2月1日"
        assert format_date(date(2026, 2, 1), language="en") == "1 Feb"

    def test_write_every_month(self) -> None:
        written = [format_date(date(2026, month, 9), language="en") for month in range(1, 13)]

        months = [
            "Jan",
            "Feb",
            "Mar",
            "Apr",
            "May",
            "Jun",
            "Jul",
            "Aug",
            "Sep",
            "Oct",
            "Nov",
            "Dec",
        ]
        assert written == [f"9 {month}" for month in months]


class TestShortName:
    @pytest.mark.parametrize(
        ("name", "short"),
        [
            ("王伟", "王**"),
            ("欧阳 娜娜", "欧**"),
            ("Mary Ann Smith", "Mary S."),
            ("Madonna", "Madonna"),
            ("Xu Xavier", "Xu X."),
            ("Anna王", "Anna王"),
            ("", ""),
            (" \n", ""),
            ("W" * 500, "W" * 20),
            ("Ma\nry\tSmith", "Ma S."),
            ("\u202emoc.live\u202c", "moc.live"),  # turns what follows round
            ("【某银行】王伟", "某**"),
            ("\U0001f600 Smith", "\U0001f600 S."),
        ],
    )
    def test_tells_a_stranger_little(self, name: str, short: str) -> None:
        assert short_name(name) == short


class TestChooseLanguage:
    @pytest.mark.parametrize(
        ("wanted", "available", "chosen"),
        [
            ("en", ["zh-hans", "en"], "en"),
            ("EN", ["zh-hans", "en"], "en"),
            ("en-GB", ["zh-hans", "en"], "en"),
            ("zh", ["zh-hans", "en"], "zh-hans"),
            ("zh-hant", ["zh-hans", "en"], "zh-hans"),
            ("fr", ["en", "zh-hans"], "zh-hans"),
            ("en-GB", ["en", "en-GB"], "en-GB"),
            ("EN-GB", ["zh-hans", "en"], "en"),
            ("zh", ["zh-tw", "zh-hk", "en"], "zh-hk"),  # of several the first
            ("fr", ["en", "de"], "de"),  # neither wanted nor fallback: the first there is
        ],
    )
    def test_takes_the_nearest(self, wanted: str, available: list[str], chosen: str) -> None:
        assert choose_language(wanted, available=available, fallback="zh-hans") == chosen

    def test_refuses_when_there_is_no_text(self) -> None:
        with pytest.raises(ValueError, match=r"^no text in any language$"):
            choose_language("en", available=[], fallback="zh-hans")


class TestChooseTone:
    @pytest.mark.parametrize(
        ("tier", "tone"),
        [("low", Tone.FRIENDLY), ("medium", Tone.NEUTRAL), ("high", Tone.FIRM)],
    )
    def test_follows_the_risk_tier(self, tier: str, tone: Tone) -> None:
        assert choose_tone("by_risk", tier=tier) is tone

    @pytest.mark.parametrize("tier", ["low", "high"])
    def test_keeps_to_one_when_the_step_says_so(self, tier: str) -> None:
        assert choose_tone("neutral", tier=tier) is Tone.NEUTRAL
