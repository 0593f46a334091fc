"""What a Chinese name is found by."""

import pytest

from accounts.pinyin import COMPOUND, OTHERWISE, SURNAMES, pinyin_of


class TestPinyin:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("王伟", "wangwei ww"),
            ("王小明", "wangxiaoming wxm wangxm"),
            ("单伟", "shanwei sw danwei dw"),  # a surname of its own reading, and the usual one
            ("尉迟恭", "yuchigong ycg"),
            ("单于", "chanyu cy"),
            ("吕布", "lvbu lubu lyubu lb"),
            ("李朝阳", "lichaoyang lcy licy lizhaoyang lzy lizy"),
            ("阿依古丽·买买提", "ayigulimaimaiti ayglmmt"),
            ("李 Mike", "li l"),
            ("王", "wang w"),
        ],
    )
    def test_is_the_name_its_initials_and_what_lies_between(self, name: str, words: str) -> None:
        assert pinyin_of(name) == f" {words} "

    @pytest.mark.parametrize("name", ["", "Maria Santos", "María", "さくら", "🙂", "Ольга", "㐂"])
    def test_of_other_names_is_nothing(self, name: str) -> None:
        assert pinyin_of(name) == ""

    def test_of_a_very_long_name_ends_somewhere(self) -> None:
        assert len(pinyin_of("王" * 500)) < 200

    def test_is_made_of_plain_letters_whatever_is_read(self) -> None:
        for surname in (*SURNAMES, *COMPOUND):
            for given in (*OTHERWISE, "㐂"):
                words = pinyin_of(surname + given)
                assert words.replace(" ", "").isascii()
                assert words.replace(" ", "").isalpha()
                assert words == f" {' '.join(words.split())} "
