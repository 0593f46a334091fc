"""The Chinese catalogue is whole: every msgid of today, each translated, none with a lost word."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from django.utils.translation import gettext, ngettext, override, pgettext

from config import messages

CATALOGUE = messages.load()
ALL = list(messages.messages(CATALOGUE))

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|%[sd]")
CHINESE = r"[\u3400-\u9fff]"
CALLS = frozenset(
    {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}
)

# Words of Django that ours replace on purpose, with what Django says.
OUR_OWN = {"active": "有效", "Messages": "消息", "Day": "天"}


def shown(message: Message) -> str:
    return messages.key(message)[0].strip()[:60]


def gettext_literals(path: Path) -> Iterator[str]:
    """What the parser sees as the first text given to gettext, in f-strings too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id in CALLS and node.args:
            at = 1 if node.func.id.startswith("pgettext") else 0
            value = node.args[at]
            if isinstance(value, ast.Constant):  # the others look up what stands elsewhere
                yield str(value.value)


def sources() -> list[Path]:
    return [
        path
        for source in messages.SOURCES
        for path in sorted((messages.ROOT / source).rglob("*.py"))
        if not any(path.is_relative_to(messages.ROOT / other) for other in messages.NOT_OURS)
    ]


class TestCatalogue:
    def test_holds_exactly_the_msgids_of_the_sources(self) -> None:
        found = {messages.key(row) for row in messages.messages(messages.extract())}
        held = {messages.key(row) for row in ALL}

        assert (sorted(map(str, found - held)), sorted(map(str, held - found))) == ([], []), (
            "missing and stale: run `make messages` and translate what it names"
        )

    def test_holds_what_the_parser_sees(self) -> None:
        held = {messages.key(row)[0] for row in ALL}
        seen = {text for path in sources() for text in gettext_literals(path)}

        assert seen
        assert seen - held == set(), "hidden from the extraction: gettext inside an f-string?"

    def test_is_written_as_make_messages_writes_it(self) -> None:
        text = messages.CATALOGUE.read_bytes()

        assert messages.render(messages.load()) == text

    def test_has_nothing_fuzzy(self) -> None:
        assert [shown(row) for row in ALL if row.fuzzy] == []

    def test_changes_no_word_of_the_packages_it_completes(self) -> None:
        theirs: dict[messages.Key, Any] = {}
        for package in messages.TRANSLATED:
            compiled = messages.folder(package) / "locale/zh_Hans/LC_MESSAGES/django.mo"
            if compiled.exists():
                with compiled.open("rb") as file:
                    theirs |= {
                        messages.key(row): row.string for row in messages.messages(read_mo(file))
                    }
        changed = {
            key[0]: theirs[key]
            for row in ALL
            if (key := messages.key(row)) in theirs and theirs[key] != row.string
        }

        assert changed == {word: said for word, said in OUR_OWN.items() if word in changed}


class TestTranslations:
    def test_are_there(self) -> None:
        assert [shown(row) for row in ALL if not all(messages.translations(row))] == []

    def test_are_chinese(self) -> None:
        with_words = [
            row for row in ALL if re.search("[A-Za-z]", PLACEHOLDER.sub("", messages.key(row)[0]))
        ]

        assert [
            text
            for row in with_words
            for text in messages.translations(row)
            if not re.search(CHINESE, text)
        ] == []

    def test_keep_their_placeholders(self) -> None:
        changed = []
        for row in ALL:
            english = row.id if isinstance(row.id, str) else row.id[-1]
            wanted = Counter(PLACEHOLDER.findall(english))
            changed += [
                text
                for text in messages.translations(row)
                if Counter(PLACEHOLDER.findall(text)) != wanted
            ]

        assert changed == []

    def test_have_chinese_punctuation(self) -> None:
        mixed = re.compile(rf"{CHINESE}[,;:?!()]|[,;:?!()]{CHINESE}")

        assert [
            text for row in ALL for text in messages.translations(row) if mixed.search(text)
        ] == []

    def test_keep_blank_lines_at_both_ends(self) -> None:
        def ends(text: str) -> tuple[bool, bool]:
            return text.startswith("\n"), text.endswith("\n")

        assert [
            text
            for row in ALL
            for text in messages.translations(row)
            if ends(text) != ends(messages.key(row)[0])
        ] == []


class TestDjango:
    """Needs the compiled catalogue, which `make test` and `make run` make."""

    def test_finds_our_words(self) -> None:
        with override("zh-hans"):
            assert gettext("Place a hold") == "暂停提醒"
            assert pgettext("of a person", "name") == "姓名"
            assert ngettext("%(n)s part", "%(n)s parts", 2) == "%(n)s 条"

    def test_finds_the_words_of_packages_that_bring_none(self) -> None:
        with override("zh-hans"):
            assert gettext("Filters") == "筛选"
            assert gettext("Next") == "下一页"
