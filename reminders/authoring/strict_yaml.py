"""YAML as people expect it: `on` and `10:00` are words, and nothing is said twice.

Read by the newer rules of YAML 1.2, without anchors, merges or Python's own tags. What is
written is quoted so that older readers, too, understand it.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import yaml
from django.utils.translation import gettext as _

from reminders.authoring.problems import Problem

MAX_BYTES = 1_000_000


class CannotRead(ValueError):
    """The document is not one; holds every problem with its place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """At least one problem."""
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call] # types-PyYAML omits it
        if getattr(event, "tag", None) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem=_("tags, anchors and aliases are not read here"),
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                problem = _("a name must be a word")
            elif key_node.value in seen:
                problem = _("“%(name)s” appears twice") % {"name": key_node.value}
            else:
                seen.add(key_node.value)
                continue
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True  # a list that stands in two places is written out twice


_TAG = "tag:yaml.org,2002:"
for _kind, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?[0-9]*\.[0-9]+", list("-+.0123456789")),
):
    # The dumper keeps its older rules beside these, and quotes what either would misread: 08 is a
    # word to YAML 1.1 and a number here.
    for _side in (_Loader, _Dumper):
        _side.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), _first)
_Loader.add_constructor(_TAG + "int", lambda _, node: int(node.value))
_Loader.add_constructor(_TAG + "float", lambda _, node: Decimal(node.value))


class Inline(list[str]):
    """A list to be written on one line: [low, high]."""


_Dumper.add_representer(
    Inline, lambda d, data: d.represent_sequence(_TAG + "seq", list(data), flow_style=True)
)
_Dumper.add_representer(
    Decimal,
    lambda d, data: d.represent_scalar(
        _TAG + ("int" if data == data.to_integral_value() else "float"), f"{data.normalize():f}"
    ),
)


def load(raw: bytes) -> Any:
    """Plain data: mappings, lists, text, int, Decimal, bool, None. Raises CannotRead."""
    if len(raw) > MAX_BYTES:
        raise CannotRead([Problem("", _("The file is larger than a megabyte."))])
    try:
        return yaml.load(raw.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise CannotRead(
            [Problem("", _("Byte %(at)s is not UTF-8.") % {"at": error.start})]
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (
            _("line %(line)s, column %(column)s")
            % {"line": mark.line + 1, "column": mark.column + 1}
            if mark
            else ""
        )
        raise CannotRead([Problem(where, str(error.problem or error.context))]) from error
    except (yaml.YAMLError, ValueError, ArithmeticError) as error:
        raise CannotRead([Problem("", str(error))]) from error
    except RecursionError as error:
        raise CannotRead([Problem("", _("The file is nested too deeply."))]) from error


def dump(data: Any) -> str:
    """YAML that `load` reads back equal, in the order given."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
