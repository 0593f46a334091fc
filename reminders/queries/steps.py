"""Steps of policies as tables of figures name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from reminders.models import PolicyStep, StepVersion
from reminders.queries.words import offset_in_words

BY_HAND, OF_CAMPAIGN = "by_hand", "campaign"
"""What figures are counted by where no step speaks: a person or a campaign asked for the text."""

_DIGITS = 19
"""More than any number of a row has."""


@dataclass(frozen=True, slots=True)
class StepName:
    """A step: its place around the due date in words, its policy where there are several, and where
    it sorts."""

    label: str
    policy: str
    order: tuple[str, int, str]


def step_names(keys: Iterable[str]) -> Mapping[str, StepName]:
    """A name for each key that figures are counted by, in one statement: the number of a step, or
    what asked for a text in its place. A key that is none of these names itself."""
    wanted = set(keys)
    newest = StepVersion.objects.filter(
        version__policy=OuterRef("policy"), key=OuterRef("key")
    ).order_by("-version__number")
    rows = (
        PolicyStep.objects.filter(pk__in=[int(key) for key in wanted if _is_number(key)])
        .annotate(offset=Subquery(newest.values("offset_days")[:1]))
        .values_list("pk", "key", "policy__title", "policy__key", "offset")
    )
    names = {
        str(pk): StepName(
            offset_in_words(offset) if offset is not None else key,
            title,
            (policy, offset or 0, key),
        )
        for pk, key, title, policy, offset in rows
    }
    if len({name.policy for name in names.values()}) == 1:  # then nobody needs its name
        names = {pk: replace(name, policy="") for pk, name in names.items()}
    names |= {
        BY_HAND: StepName(_("by hand"), "", ("~~", 0, "")),
        OF_CAMPAIGN: StepName(_("by a campaign"), "", ("~~", 1, "")),
    }
    for key in wanted - names.keys():
        gone = _("step %(number)s, deleted") % {"number": key} if _is_number(key) else key
        names[key] = StepName(gone, "", ("~", 0, key))
    return names


def _is_number(key: str) -> bool:
    return key.isdecimal() and len(key) < _DIGITS
