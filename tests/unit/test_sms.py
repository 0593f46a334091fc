"""Counting SMS parts: the tables of the alphabets, and properties over any text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.core.sms import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    Encoding,
    Parts,
    Regime,
    count_parts,
)

INTERNATIONAL, CHINA = Regime.INTERNATIONAL, Regime.CHINA
GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2

basic_texts = st.text(alphabet=sorted(GSM7_BASIC), max_size=500)
gsm_texts = st.text(alphabet=sorted(GSM7_BASIC | GSM7_EXTENSION), max_size=500)
any_texts = st.text(max_size=300)
regimes = st.sampled_from(Regime)


class TestInternational:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", Parts(GSM7, 0, 0)),
            ("a", Parts(GSM7, 1, 1)),
            ("a" * 160, Parts(GSM7, 160, 1)),
            ("a" * 161, Parts(GSM7, 161, 2)),
            ("a" * 306, Parts(GSM7, 306, 2)),  # 2 x 153
            ("a" * 307, Parts(GSM7, 307, 3)),
            # An extension character costs two septets.
            ("€" * 80, Parts(GSM7, 160, 1)),
            ("€" * 81, Parts(GSM7, 162, 2)),
            # 153 is odd, so a part of escape pairs holds 76 and stays one septet short.
            ("€" * 152, Parts(GSM7, 304, 2)),
            ("€" * 153, Parts(GSM7, 306, 3)),
            # The pair would straddle the border of the first part; dividing says 2.
            ("a" * 152 + "€" + "a" * 152, Parts(GSM7, 306, 3)),
            ("a" * 151 + "€" + "a" * 153, Parts(GSM7, 306, 2)),
            # One character outside the alphabet changes the whole text.
            ("a" * 69 + "ê", Parts(UCS2, 70, 1)),
            ("a" * 70 + "ê", Parts(UCS2, 71, 2)),
            ("Pay\u00a0now", Parts(UCS2, 7, 1)),  # non-breaking space
            ("您" * 70, Parts(UCS2, 70, 1)),
            ("您" * 71, Parts(UCS2, 71, 2)),
            ("您" * 134, Parts(UCS2, 134, 2)),  # 2 x 67
            ("您" * 135, Parts(UCS2, 135, 3)),
            # Emoji are two UTF-16 units each; counting code points says 1.
            ("😀" * 35, Parts(UCS2, 70, 1)),
            ("😀" * 36, Parts(UCS2, 72, 2)),
            # 67 is odd, so a part holds 33 emoji.
            ("😀" * 66, Parts(UCS2, 132, 2)),
            ("😀" * 67, Parts(UCS2, 134, 3)),
            ("您" * 66 + "😀" + "您" * 66, Parts(UCS2, 134, 3)),
            # A line end is in the alphabet, a form feed and a tab are not.
            ("one\r\ntwo", Parts(GSM7, 8, 1)),
            ("one\ftwo", Parts(UCS2, 7, 1)),
            ("one\ttwo", Parts(UCS2, 7, 1)),
            ("one\x1btwo", Parts(UCS2, 7, 1)),  # the escape itself is no character
        ],
    )
    def test_counts(self, text: str, expected: Parts) -> None:
        assert count_parts(text, regime=INTERNATIONAL) == expected

    def test_alphabet_has_its_127_characters_and_the_escape_makes_128(self) -> None:
        assert len(GSM7_BASIC) == 127
        assert set("|^€{}[]~\\") == GSM7_EXTENSION
        assert not GSM7_BASIC & GSM7_EXTENSION


class TestOddSigns:
    def test_half_a_pair_is_counted_and_not_refused(self) -> None:
        assert count_parts("\ud83d", regime=CHINA) == Parts(UCS2, 1, 1)

    def test_the_last_sign_before_the_pairs_is_one_unit_wide(self) -> None:
        text = "\uffff" * 67 + "😀" + "您" * 65

        assert count_parts(text, regime=CHINA) == Parts(UCS2, 134, 2)

    @pytest.mark.parametrize("regime", Regime)
    def test_units_are_whole_numbers(self, regime: Regime) -> None:
        assert isinstance(count_parts("还款😀", regime=regime).units, int)


class TestWords:
    """They stand in settings and on the page where a text is written."""

    def test_of_encodings_are_those_of_the_trade(self) -> None:
        assert [str(encoding) for encoding in Encoding] == ["GSM-7", "UCS-2"]

    def test_of_regimes(self) -> None:
        assert [regime.value for regime in Regime] == ["international", "china"]


class TestChina:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", Parts(UCS2, 0, 0)),
            # ASCII counts like Chinese.
            ("a" * 70, Parts(UCS2, 70, 1)),
            ("a" * 71, Parts(UCS2, 71, 2)),
            # An extension character is one character here.
            ("€" * 70, Parts(UCS2, 70, 1)),
            # The vendors' own example: 160 characters are 67 + 67 + 26.
            ("还" * 160, Parts(UCS2, 160, 3)),
            ("还" * 134, Parts(UCS2, 134, 2)),
            ("还" * 135, Parts(UCS2, 135, 3)),
            # The signature counts, brackets included: 6 + 64 just fit.
            ("【某某金融】" + "还" * 64, Parts(UCS2, 70, 1)),
            ("【某某金融】" + "还" * 65, Parts(UCS2, 71, 2)),
            ("😀" * 36, Parts(UCS2, 72, 2)),
        ],
    )
    def test_counts(self, text: str, expected: Parts) -> None:
        assert count_parts(text, regime=CHINA) == expected

    @given(any_texts)
    def test_never_uses_the_seven_bit_alphabet(self, text: str) -> None:
        assert count_parts(text, regime=CHINA).encoding is UCS2


class TestProperties:
    @given(any_texts)
    def test_units_of_ucs2_are_those_of_utf_16(self, text: str) -> None:
        units = count_parts(text, regime=CHINA).units

        assert units == len(text.encode("utf-16-be")) // 2

    @given(basic_texts)
    def test_without_pairs_packing_is_dividing(self, text: str) -> None:
        counted = count_parts(text, regime=INTERNATIONAL)

        expected = -(-len(text) // 153) if len(text) > 160 else min(len(text), 1)
        assert counted == Parts(GSM7, len(text), expected)

    @given(gsm_texts)
    def test_packing_never_beats_dividing_and_wastes_at_most_one_unit_a_part(
        self, text: str
    ) -> None:
        counted = count_parts(text, regime=INTERNATIONAL)

        assert counted.encoding is GSM7
        if counted.parts > 1:
            assert math.ceil(counted.units / 153) <= counted.parts
            assert counted.parts <= math.ceil(counted.units / 152)

    @given(any_texts, regimes)
    def test_parts_have_room_for_the_units_and_none_is_empty(
        self, text: str, regime: Regime
    ) -> None:
        counted = count_parts(text, regime=regime)

        alone, each = (160, 153) if counted.encoding is GSM7 else (70, 67)
        room = alone if counted.parts == 1 else counted.parts * each
        assert counted.units <= room
        assert (counted.parts == 0) == (text == "")

    @given(any_texts, st.characters(), regimes)
    def test_a_longer_text_never_takes_fewer_parts(
        self, text: str, character: str, regime: Regime
    ) -> None:
        before = count_parts(text, regime=regime)
        after = count_parts(text + character, regime=regime)

        assert before.parts <= after.parts

    @given(any_texts)
    def test_china_is_never_cheaper(self, text: str) -> None:
        abroad = count_parts(text, regime=INTERNATIONAL)
        at_home = count_parts(text, regime=CHINA)

        assert abroad.parts <= at_home.parts
