"""What one version says otherwise than another, so that people can read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from difflib import SequenceMatcher
from typing import Any

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models.choices import Channel, RiskTier
from reminders.authoring.templates import place
from reminders.models import PolicyVersion, StepVersion, TemplateVersion
from reminders.models.choices import Tone, ToneRule

NEW, GONE, CHANGED = "new", "gone", "changed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text: `how` is same, added or removed."""

    how: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One thing about a step or a text: what it was and what it is. `pieces` for texts."""

    name: str
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A step, a text or the version itself: `kind` is new, gone or changed."""

    where: str
    kind: str
    fields: tuple[FieldChange, ...]


def compare(
    before: PolicyVersion | TemplateVersion, after: PolicyVersion | TemplateVersion
) -> list[Changed]:
    """What `after` says otherwise than `before`, a version of the same policy or template."""
    if isinstance(before, PolicyVersion) and isinstance(after, PolicyVersion):
        return _compare_policies(before, after)
    if isinstance(before, TemplateVersion) and isinstance(after, TemplateVersion):
        return _compare_templates(before, after)
    raise TypeError("a policy and a template have nothing to compare")


def _compare_policies(before: PolicyVersion, after: PolicyVersion) -> list[Changed]:
    found = []
    if before.holdout_percent != after.holdout_percent:
        was, is_now = (f"{version.holdout_percent.normalize():f} %" for version in (before, after))
        field = FieldChange(_("Hold-out"), was, is_now)
        found.append(Changed(_("The whole policy"), CHANGED, (field,)))
    mine, theirs = (
        {step.key: step for step in version.steps.select_related("template")}
        for version in (before, after)
    )
    keys = sorted(
        mine.keys() | theirs.keys(),
        key=lambda key: ((theirs.get(key) or mine[key]).offset_days, key),
    )
    changed = _compared(keys, _in_words(mine), _in_words(theirs))
    return found + [
        replace(one, where=step_name(theirs.get(one.where) or mine[one.where])) for one in changed
    ]


def step_name(step: StepVersion) -> str:
    """A step's day in words beside its key: `Day +1 · day-after`."""
    return f"{_('Day %(day)s') % {'day': _signed(step.offset_days)}} · {step.key}"


def _signed(day: int) -> str:
    """With its sign, in print's minus; 0 has none."""
    return f"{day:+d}".replace("-", "−") if day else "0"


def _in_words(steps: Mapping[str, StepVersion]) -> dict[str, dict[str, str]]:
    return {key: step_in_words(step) for key, step in steps.items()}


def step_in_words(step: StepVersion) -> dict[str, str]:
    """Everything about a step as people read it, by the name of the field."""
    words: dict[str, str] = {}
    for field in StepVersion._meta.get_fields():
        if field.name in {"id", "version", "key"} or not hasattr(field, "verbose_name"):
            continue
        value = getattr(step, field.name)
        words[str(field.verbose_name)] = _shown(field.name, value)
    return words


def _shown(name: str, value: Any) -> str:
    labels: Mapping[str, Any] = {"tiers": RiskTier, "channels": Channel, "tone": ToneRule}
    if isinstance(value, list):
        choices = labels.get(name)
        named = [str(choices(one).label) if choices and one in choices else one for one in value]
        return ", ".join(named) or _("all")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Model):
        return str(value)
    if name in labels and value in labels[name]:
        return str(labels[name](value).label)
    return _signed(value) if isinstance(value, int) else str(value)


def _compared(
    keys: Iterable[str], mine: Mapping[str, dict[str, str]], theirs: Mapping[str, dict[str, str]]
) -> list[Changed]:
    found = []
    for key in keys:
        before, after = mine.get(key), theirs.get(key)
        if before == after:
            continue
        names = (after or before or {}).keys()
        fields = tuple(
            FieldChange(capfirst(name), (before or {}).get(name, ""), (after or {}).get(name, ""))
            for name in names
            if (before or {}).get(name) != (after or {}).get(name)
        )
        kind = NEW if before is None else GONE if after is None else CHANGED
        found.append(Changed(key, kind, fields))
    return found


def _compare_templates(before: TemplateVersion, after: TemplateVersion) -> list[Changed]:
    mine, theirs = (
        {(text.language, text.tone): text.body for text in version.texts.all()}
        for version in (before, after)
    )
    firmness = list(Tone.values)
    found = []
    for key in sorted(mine.keys() | theirs.keys(), key=lambda k: (k[0], firmness.index(k[1]))):
        old, new = mine.get(key), theirs.get(key)
        if old != new:
            kind = NEW if old is None else GONE if new is None else CHANGED
            field = FieldChange(
                _("Words"), old or "", new or "", tuple(pieces(old or "", new or ""))
            )
            found.append(Changed(place(key[0], tone=key[1]), kind, (field,)))
    return found


def pieces(before: str, after: str) -> Sequence[Piece]:
    """How `before` became `after`, word by word, and Chinese sign by sign."""
    mine, theirs = _words(before), _words(after)
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(mine[a:b])))
            continue
        if b > a:
            found.append(Piece("removed", "".join(mine[a:b])))
        if d > c:
            found.append(Piece("added", "".join(theirs[c:d])))
    return found


def _words(text: str) -> list[str]:
    """Latin words and placeholders whole, all else sign by sign."""
    words: list[str] = []
    for sign in text:
        joins = sign.isascii() and (sign.isalnum() or sign in "{}_")
        before = words[-1][-1] if words else " "
        if words and joins and before.isascii() and (before.isalnum() or before in "{}_"):
            words[-1] += sign
        else:
            words.append(sign)
    return words
