"""The catalogue of translations: `make messages` brings it into step with the sources.

Babel does what GNU gettext would do, so that no machine needs gettext. Django's own `templatize`
turns a template into calls of gettext, so that msgids are exactly those that Django looks up.
"""

import inspect
import io
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file, extract_python
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"

SOURCES = ("accounts", "config", "reminders", "templates")
# Packages whose pages our staff see, and whose own Chinese is missing or incomplete.
PACKAGES = (
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django_celery_beat",
)
# Packages whose translations Django finds by itself.
TRANSLATED = (
    "django.conf",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django_celery_beat",
)
# Another company's server: it has words of its own and no Django.
NOT_OURS = (Path("reminders/simulator"),)

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Key = tuple[str, str | None]
Found = tuple[str, Message]


def key(message: Message) -> Key:
    """What identifies a message: its singular and its context."""
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def translations(message: Message) -> tuple[str, ...]:
    """What it is translated to: one text for each plural form of the language."""
    texts = message.string or ""
    return (texts,) if isinstance(texts, str) else tuple(texts)


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Every message but the header."""
    return (message for message in catalogue if message.id)


def load(path: Path = CATALOGUE) -> Catalog:
    """Reads a catalogue, with its heading as it stands: Babel would drop blanks and indentation."""
    text = path.read_text(encoding="utf-8")
    catalogue = read_po(io.StringIO(text), locale="zh_Hans", domain="django")
    heading = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    catalogue.header_comment = "\n".join(heading)
    return catalogue


def extract() -> Catalog:
    """Every msgid of ours, then those of `PACKAGES` that nobody else translates."""
    found = Catalog(locale="zh_Hans", domain="django")
    for source in SOURCES:
        _add(found, _messages_below(ROOT / source, root=ROOT, leave_out=NOT_OURS))
    theirs = _translated_already()
    for package in PACKAGES:
        below = folder(package)
        root = below.parents[package.count(".")]
        new = _messages_below(below, root=root, leave_out=_other_packages(package))
        _add(found, (row for row in new if key(row[1]) not in theirs))
    return found


def updated(old: Catalog) -> Catalog:
    """A catalogue of today's msgids with the translations of `old`; what is new is empty."""
    known = {key(message): message for message in messages(old)}
    new = Catalog(
        locale="zh_Hans",
        domain="django",
        header_comment=old.header_comment,
        project="Duecourse",
        version="1",
        msgid_bugs_address="see README.md",
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        last_translator=old.last_translator,
        language_team=old.language_team,
        charset="utf-8",
        fuzzy=False,
    )
    for message in messages(extract()):
        was = known.get(key(message))
        same_kind = was is not None and was.pluralizable == message.pluralizable
        new.add(
            message.id,
            was.string if was is not None and same_kind else "",
            locations=message.locations,
            flags=message.flags,
            auto_comments=message.auto_comments,
            user_comments=was.user_comments if was is not None else (),
            context=message.context,
        )
    return new


def render(catalogue: Catalog) -> bytes:
    """The text of the file: without line numbers, which would change with every edit."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False)
    return out.getvalue()


def folder(package: str) -> Path:
    """Where a package is installed, without importing it: that would need settings."""
    spec = find_spec(package.partition(".")[0])
    assert spec is not None, package
    assert spec.origin is not None, package
    return Path(spec.origin).parent.joinpath(*package.split(".")[1:])


def _add(catalogue: Catalog, found: Iterable[Found]) -> None:
    for place, message in found:
        catalogue.add(
            message.id,
            locations=[(place, 0)],
            flags=message.flags,
            auto_comments=message.auto_comments,
            context=message.context,
        )


def _messages_below(below: Path, *, root: Path, leave_out: Iterable[Path]) -> Iterator[Found]:
    for path in sorted(below.rglob("*")):
        place = path.relative_to(root)
        if path.suffix not in _METHODS or any(place.is_relative_to(other) for other in leave_out):
            continue
        if path.suffix == ".html" and "templates" not in place.parts:
            continue
        rows = extract_from_file(
            _METHODS[path.suffix], path, keywords=KEYWORDS, comment_tags=["Translators:"]
        )
        for _, words, comments, context in rows:
            if words and words[0]:
                yield place.as_posix(), Message(words, auto_comments=comments, context=context)


def _extract_template(
    file: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    code = templatize(file.read().decode())
    # It leaves the blanks of the template at the start of lines: no indentation that Python reads.
    flat = re.sub(r"^[ \t]+", "", code, flags=re.MULTILINE)
    return extract_python(io.BytesIO(flat.encode()), keywords, comment_tags, options)


_METHODS: dict[str, str | Callable[..., Any]] = {".py": "python", ".html": _extract_template}


def _translated_already() -> set[Key]:
    found: set[Key] = set()
    for package in TRANSLATED:
        compiled = folder(package) / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"
        if compiled.exists():
            with compiled.open("rb") as file:
                found |= {key(message) for message in messages(read_mo(file))}
    return found


def _other_packages(package: str) -> tuple[Path, ...]:
    """Rooms inside a package that are installed apart, or not at all."""
    return (Path(package, "contrib"), Path(package, "migrations"))


def main() -> int:
    """Writes the catalogue and says what is left to translate."""
    catalogue = updated(load())
    CATALOGUE.write_bytes(render(catalogue))
    empty = [message for message in messages(catalogue) if not any(translations(message))]
    for message in empty:
        print(f"{message.locations[0][0]}: {inspect.cleandoc(key(message)[0])}")
    print(f"{len(catalogue)} messages, {len(empty)} without a translation: {CATALOGUE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
