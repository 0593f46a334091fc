"""Chinese names as they are typed on a keyboard, for the search.

`pinyin_of` writes a name as words of plain letters, each between spaces: in full, its initials,
and the surname in full with the initials of the rest: 王小明 is ` wangxiaoming wxm wangxm `. So a
word that was typed in full stands between spaces, one that was begun behind one, and trigrams find
all of them. A surname that is read in a way of its own (单 is Shan, not Dan) stands there both
ways: whoever does not know it finds the borrower as well. ü is typed v, u or yu, and all three are
there.

Note [What a name is found by]
`Customer.name_pinyin` is derived from the name and written by whoever writes the name. An import
compares it as well, so a row that an older version wrote, or whose reading this code has
learned since, is mended by the next one.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pypinyin import lazy_pinyin

SURNAMES: Mapping[str, str] = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou",
    "朴": "piao", "盖": "ge", "种": "chong", "召": "shao", "繁": "po", "缪": "miao", "乐": "yue",
    "员": "yun", "贠": "yun", "宓": "fu", "折": "she", "覃": "qin", "翟": "zhai", "秘": "bi",
    "牟": "mu", "卜": "bu", "阚": "kan", "隗": "wei", "郗": "chi", "都": "du", "郇": "xun",
    "洗": "xian", "黑": "he", "藏": "zang", "薄": "bo", "颉": "xie",
    "谌": "shen", "柏": "bo",
}  # fmt: skip
"""Surnames of one character that are read otherwise, or perhaps otherwise, than the word."""

COMPOUND: Mapping[str, str] = {
    "尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "澹台": "tan tai", "单于": "chan yu",
    "令狐": "ling hu", "乐正": "yue zheng", "鲜于": "xian yu", "亓官": "qi guan", "宰父": "zai fu",
    "欧阳": "ou yang", "太史": "tai shi", "端木": "duan mu", "上官": "shang guan", "司马": "si ma",
    "东方": "dong fang", "独孤": "du gu", "南宫": "nan gong", "夏侯": "xia hou", "诸葛": "zhu ge",
    "闻人": "wen ren", "赫连": "he lian", "皇甫": "huang fu", "公孙": "gong sun", "慕容": "mu rong",
    "钟离": "zhong li", "宇文": "yu wen", "司徒": "si tu", "司空": "si kong", "濮阳": "pu yang",
    "淳于": "chun yu", "申屠": "shen tu", "轩辕": "xuan yuan", "拓跋": "tuo ba", "呼延": "hu yan",
    "东郭": "dong guo", "西门": "xi men", "百里": "bai li", "闾丘": "lv qiu", "公冶": "gong ye",
}  # fmt: skip
"""Surnames of two characters."""

OTHERWISE: Mapping[str, str] = {
    "长": "chang", "乐": "yue", "晟": "sheng", "茜": "xi", "重": "chong", "朝": "zhao",
    "行": "hang", "传": "zhuan", "参": "shen", "单": "shan", "曾": "ceng", "盛": "cheng",
}  # fmt: skip
"""Signs of given names that are read in two ways: a borrower is found by either."""

_OTHERS = re.compile("[^\u3400-\u4dbf\u4e00-\u9fff]+")
_CHARACTERS_MAX = 20
"""Longer names are written as far as this: nobody types more."""


@lru_cache(maxsize=100_000)
def pinyin_of(name: str) -> str:
    """The words by which a name is found, between spaces; empty for one without Chinese signs."""
    if name.isascii():
        return ""
    signs = _OTHERS.sub("", name)[:_CHARACTERS_MAX]
    if not signs:
        return ""
    words: dict[str, None] = {}
    for surname, rest in _readings(signs):
        syllables = (*surname, *rest)
        full = "".join(syllables)
        # In this order: what is a beginning of another word is found by it.
        for word in (full, *_typed_otherwise(full), _initials(syllables)):
            words[word] = None
        short = "".join(surname) + _initials(rest)
        if not full.startswith(short):
            words[short] = None
    words.pop("", None)  # signs whose reading nobody knows
    return f" {' '.join(words)} " if words else ""


def _readings(signs: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The syllables of the surname and of the rest, in every reading that is looked for."""
    known = COMPOUND.get(signs[:2])
    surnames: list[tuple[str, ...]]
    if known is not None:
        surnames, given = [tuple(known.split())], signs[2:]
    else:
        surnames, given = [_syllables(signs[:1])], signs[1:]
        if signs[0] in SURNAMES:
            surnames.insert(0, (SURNAMES[signs[0]],))
    readings = [_syllables(given)]
    if not OTHERWISE.keys().isdisjoint(given):
        readings.append(tuple(OTHERWISE.get(sign) or _syllable(sign) for sign in given))
    for surname in surnames:
        for reading in readings:
            yield surname, reading


def _syllables(signs: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_syllable, signs)))


@lru_cache(maxsize=30_000)
def _syllable(sign: str) -> str:
    """How a sign is mostly read, without its tone; empty where that is not known. One by one, for
    the signs of a name make no words, and the few thousand that occur are asked for once."""
    syllable = "".join(lazy_pinyin(sign, errors="ignore"))
    return syllable if syllable.isascii() else ""


def _typed_otherwise(word: str) -> tuple[str, ...]:
    return (word.replace("v", "u"), word.replace("v", "yu")) if "v" in word else ()


def _initials(syllables: tuple[str, ...]) -> str:
    return "".join(syllable[:1] for syllable in syllables)
