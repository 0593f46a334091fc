"""Why something cannot be published or read, in words that name the place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reminders.core import vocabulary, wording
from reminders.models.choices import Stage


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` names the place (a step, a text, a path in a file), `what` tells what is wrong."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True, slots=True)
class Review:
    """What stands in the way of publishing, and what one should know and may publish anyway."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


class CannotPublish(Exception):
    """Holds every problem, not the first alone."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """At least one problem."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class DraftExists(Exception):
    """There is one draft at a time, so that no two people's changes are lost in each other."""


def in_words(problem: wording.Problem, *, stage: str) -> str:
    """A problem of a text as a sentence in the reader's language."""
    match problem.code:
        case "empty":
            return _("The text is empty.")
        case "too_long":
            return _("The text has %(length)s characters; gateways take %(limit)s.") % {
                "length": problem.subject,
                "limit": wording.MAX_LENGTH,
            }
        case "signature_in_text":
            return _("【】 are for the signature, which is put before the text by itself.")
        case "not_a_placeholder":
            return _("“%(place)s” is no placeholder: write a bare name in braces.") % {
                "place": problem.subject
            }
        case "unknown_placeholder":
            return _("There is no placeholder {%(name)s}. There are: %(names)s.") % {
                "name": problem.subject,
                "names": ", ".join(f"{{{name}}}" for name in placeholders_of(stage)),
            }
        case "placeholder_of_another_stage":
            return _("{%(name)s} means nothing in a text of the stage “%(stage)s”.") % {
                "name": problem.subject,
                "stage": Stage(stage).label,
            }
        case "missing_placeholder":
            return _("{%(name)s} is missing: the borrower needs it.") % {"name": problem.subject}
        case code:
            raise ValueError(f"no words for the problem {code}")


def placeholders_of(stage: str) -> Iterable[str]:
    """Names that mean something in a text of the stage."""
    return [
        name for name, stages in wording.PLACEHOLDERS.items() if vocabulary.Stage(stage) in stages
    ]
