"""Steps of policies as tables of figures name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from reminders.models import PolicyStep, StepVersion
from reminders.queries.words import offset_in_words


@dataclass(frozen=True, slots=True)
class StepName:
    """A step: its place around the due date in words, its policy where there are several, and where
    it sorts."""

    label: str
    policy: str
    order: tuple[str, int, str]


def step_names(ids: Iterable[int | None]) -> Mapping[int | None, StepName]:
    """A name for each step, in one statement; None stands for what a person or a campaign asked
    for."""
    wanted = list(ids)
    newest = StepVersion.objects.filter(
        version__policy=OuterRef("policy"), key=OuterRef("key")
    ).order_by("-version__number")
    rows = (
        PolicyStep.objects.filter(pk__in=[pk for pk in wanted if pk is not None])
        .annotate(offset=Subquery(newest.values("offset_days")[:1]))
        .values_list("pk", "key", "policy__title", "policy__key", "offset")
    )
    names: dict[int | None, StepName] = {
        pk: StepName(
            offset_in_words(offset) if offset is not None else key,
            title,
            (policy, offset or 0, key),
        )
        for pk, key, title, policy, offset in rows
    }
    if len({name.policy for name in names.values()}) == 1:  # then nobody needs its name
        names = {pk: replace(name, policy="") for pk, name in names.items()}
    for gone in wanted:
        if gone is not None and gone not in names:
            names[gone] = StepName(
                _("step %(number)s, deleted") % {"number": gone}, "", ("~", 0, "")
            )
    names[None] = StepName(_("by hand or a campaign"), "", ("~~", 0, ""))
    return names
