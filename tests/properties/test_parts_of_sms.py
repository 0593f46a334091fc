"""Parts of a text message, against an encoder that really cuts the text."""

from hypothesis import example, given
from hypothesis import strategies as st

from reminders.core.sms import Encoding, Regime, count_parts

# 3GPP TS 23.038, table 6.2.1, column by column as the standard prints it; 0x1B is the escape.
_BASIC = [
    *(
        0x40,
        0xA3,
        0x24,
        0xA5,
        0xE8,
        0xE9,
        0xF9,
        0xEC,
        0xF2,
        0xC7,
        0x0A,
        0xD8,
        0xF8,
        0x0D,
        0xC5,
        0xE5,
    ),
    *(0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E),
    *(0xC6, 0xE6, 0xDF, 0xC9),
    *(0x20, 0x21, 0x22, 0x23, 0xA4, *range(0x25, 0x40)),
    *(0xA1, *range(0x41, 0x5B), 0xC4, 0xD6, 0xD1, 0xDC, 0xA7),
    *(0xBF, *range(0x61, 0x7B), 0xE4, 0xF6, 0xF1, 0xFC, 0xE0),
]
# Table 6.2.1.1 without the form feed, which the vendors do not take.
_EXTENSION = [0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC]
_SEPTETS = dict.fromkeys(map(chr, _BASIC), 1) | dict.fromkeys(map(chr, _EXTENSION), 2)

_alphabet = st.sampled_from(sorted(_SEPTETS))
texts = st.one_of(
    st.text(max_size=400),
    st.text(alphabet=_alphabet, max_size=500),
    # Long runs with a pair here and there, which is where cutting differs from dividing.
    st.lists(
        st.sampled_from(["a" * 76, "a" * 151, "€", "您" * 33, "😀", "您" * 66, "😀" * 33]),
        max_size=8,
    ).map("".join),
)


def septets(text: str) -> int:
    return sum(_SEPTETS[character] for character in text)


def octets(text: str) -> int:
    return len(text.encode("utf-16-be"))


def cut(text: str, *, regime: Regime) -> tuple[Encoding, list[str]]:
    """The parts as they would travel: as long as each can be, and no character torn apart."""
    if regime is Regime.INTERNATIONAL and all(character in _SEPTETS for character in text):
        encoding, size, alone, room = Encoding.GSM7, septets, 160, 153
    else:
        # 140 octets, six of which go to the header of a part.
        encoding, size, alone, room = Encoding.UCS2, octets, 140, 134
    if size(text) <= alone:
        return encoding, [text] if text else []
    parts = [""]
    for character in text:
        if size(parts[-1] + character) > room:
            parts.append("")
        parts[-1] += character
    return encoding, parts


class TestParts:
    @given(texts, st.sampled_from(Regime))
    @example("a" * 152 + "€" + "a" * 152, Regime.INTERNATIONAL)
    @example("您" * 66 + "😀" + "您" * 66, Regime.CHINA)
    def test_are_as_many_as_an_encoder_makes(self, text: str, regime: Regime) -> None:
        encoding, parts = cut(text, regime=regime)

        counted = count_parts(text, regime=regime)

        assert (counted.encoding, counted.parts) == (encoding, len(parts))
        assert "".join(parts) == text

    @given(texts)
    def test_can_each_be_read_alone(self, text: str) -> None:
        """No part ends in half a character."""
        _, parts = cut(text, regime=Regime.CHINA)

        assert "".join(part.encode("utf-16-be").decode("utf-16-be") for part in parts) == text

    @given(texts, st.sampled_from(Regime))
    def test_hold_the_units_that_are_counted(self, text: str, regime: Regime) -> None:
        counted = count_parts(text, regime=regime)

        gsm = counted.encoding is Encoding.GSM7
        assert counted.units == (septets(text) if gsm else octets(text) // 2)

    def test_know_the_whole_alphabet(self) -> None:
        """Character by character over the whole plane where it lives."""
        for code in range(0x3000):
            text = chr(code)
            counted = count_parts(text, regime=Regime.INTERNATIONAL)
            assert counted.units == _SEPTETS.get(text, 1)
            assert (counted.encoding is Encoding.GSM7) == (text in _SEPTETS)
