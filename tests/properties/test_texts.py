"""Texts with hostile values: nothing that is put in is ever read again, and no name leaks."""

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from reminders.core.vocabulary import Stage
from reminders.core.wording import (
    PLACEHOLDERS,
    compose,
    placeholders,
    render,
    short_name,
    validate,
)

_stages = st.sampled_from(Stage)
_pieces = st.one_of(
    st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]),
    st.text(max_size=20),
    st.sampled_from(
        ["{", "}", "{{", "}}", "{0}", "{name!r}", "{nmae}", "｛name｝", "【", "】", " "]
    ),
)
bodies = st.lists(_pieces, max_size=12).map("".join)
sound_bodies = st.lists(
    st.one_of(
        st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]),
        st.text(alphabet="应还款您好abc ,。", max_size=10),
    ),
    max_size=20,
).map("".join)
hostile_names = st.one_of(
    st.text(max_size=500),
    st.lists(
        st.sampled_from(
            [
                "{amount}",
                "{name}",
                "}",
                "【官方】",
                "王伟",
                "😀👨‍👩‍👧",
                "\u202eكريم",
                "محمد علي",
                "\x00\n\t",
                "\u200b",
                "Mary-Ann",
                "O'Neil",
                "x" * 500,
                "\ud83d",
            ]
        ),
        max_size=8,
    ).map("".join),
)


def values_of(value: str) -> dict[str, str]:
    return dict.fromkeys(PLACEHOLDERS, value)


class TestRendering:
    @given(bodies | sound_bodies, _stages)
    @example("{amount}{due_date}{how_to_pay}{hotline}", Stage.BEFORE)
    def test_never_fails_on_what_was_found_sound(self, body: str, stage: Stage) -> None:
        if validate(body, stage=stage) == []:
            allowed = {name for name, stages in PLACEHOLDERS.items() if stage in stages}
            text = render(body, values=dict.fromkeys(allowed, "1"))
            assert not re.search(r"[{}｛｝]", text)

    @given(sound_bodies, hostile_names)
    def test_puts_values_in_as_they_are(self, body: str, value: str) -> None:
        """Joined from the pieces around the placeholders: what a value holds means nothing."""
        pieces = re.split(r"\{[a-z_]+\}", body)

        assert render(body, values=values_of(value)) == value.join(pieces)

    @given(sound_bodies)
    def test_asks_for_the_values_that_are_listed_and_for_no_other(self, body: str) -> None:
        names = placeholders(body)

        assert render(body, values=dict.fromkeys(names, "x")).count("{") == 0

    @given(st.text(max_size=12), st.text(max_size=40))
    def test_is_composed_of_signature_and_text(self, signature: str, text: str) -> None:
        made = compose(text, signature=signature)

        assert made in (signature + text, f"{signature} {text}")
        assert (made == signature + text) == (
            signature == "" or signature[-1] == "】"
        ) or text == ""


class TestShortName:
    @given(hostile_names)
    def test_holds_nothing_that_turns_or_hides_the_text(self, name: str) -> None:
        short = short_name(name)

        assert not any(unicodedata.category(sign)[0] == "C" for sign in short)
        assert "【" not in short
        assert "】" not in short
        assert short == " ".join(short.split())
        assert len(short) <= 23

    @given(hostile_names)
    def test_never_leaks_a_whole_name_of_several_words(self, name: str) -> None:
        words = [
            word
            for word in "".join(
                " " if sign.isspace() else "" if unicodedata.category(sign)[0] == "C" else sign
                for sign in name
            ).split()
            if word.strip("【】")
        ]
        if len(words) > 1 and len(words[-1].strip("【】")) > 2:
            assert words[-1].strip("【】") not in short_name(name).split()[1:]

    @given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2))
    def test_of_a_chinese_name_is_its_first_sign(self, name: str) -> None:
        assert short_name(name) == f"{name[0]}**"
