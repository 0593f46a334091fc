"""A policy and its templates as one YAML document that people review.

Reading is strict: an unknown key, a wrong type, a name given twice or a value out of range is a
problem with its path in the file, and all problems are found at once.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.vocabulary import Channel, Purpose, RiskTier
from reminders.authoring import strict_yaml
from reminders.authoring.problems import Problem
from reminders.authoring.strict_yaml import CannotRead, Inline
from reminders.core.vocabulary import Stage, Tone, ToneRule
from reminders.core.wording import MAX_LENGTH

FORMAT = "policy/1"

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9])?")
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_DAYS = range(-366, 3661)
_ABSENT: Any = object()
"""A value that was missing and has been complained of."""


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A step, its fields named as in the admin; `template` is a key."""

    key: str
    offset_days: int
    local_time: time
    valid_until_offset_days: int
    template: str
    tiers: tuple[str, ...]
    channels: tuple[str, ...]
    tone: str
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A version of a policy."""

    key: str
    title: str
    holdout_percent: Decimal
    note: str
    steps: tuple[StepSpec, ...]


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A version of a template; `texts` maps (language, tone) to the words."""

    key: str
    title: str
    stage: str
    purpose: str
    texts: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Document:
    """What one file holds. Templates come by key, texts by language and tone, steps as ordered."""

    policy: PolicySpec
    templates: tuple[TemplateSpec, ...]


def read(raw: bytes) -> Document:
    """The document in `raw`. Raises CannotRead with every problem."""
    reader = _Reader()
    document = reader.document(strict_yaml.load(raw))
    if reader.problems:
        raise CannotRead(reader.problems)
    return document


def write(document: Document) -> str:
    """`document` as YAML that `read` reads back equal."""
    plain = {
        "duecourse": FORMAT,
        "policy": {
            "key": document.policy.key,
            "title": document.policy.title,
            "holdout_percent": document.policy.holdout_percent,
            "note": document.policy.note,
            "steps": [_plain_step(step) for step in document.policy.steps],
        },
        "templates": [_plain_template(template) for template in document.templates],
    }
    return strict_yaml.dump(plain)


def _plain_step(step: StepSpec) -> dict[str, Any]:
    return {
        "key": step.key,
        "offset_days": step.offset_days,
        "local_time": step.local_time.strftime("%H:%M:%S").removesuffix(":00"),
        "valid_until_offset_days": step.valid_until_offset_days,
        "tiers": Inline(step.tiers),
        "products": Inline(step.products),
        "segments": Inline(step.segments),
        "channels": Inline(step.channels),
        "template": step.template,
        "tone": step.tone,
    }


def _plain_template(template: TemplateSpec) -> dict[str, Any]:
    texts: dict[str, dict[str, str]] = {}
    for (language, tone), body in template.texts.items():
        texts.setdefault(language, {})[tone] = body
    return {
        "key": template.key,
        "title": template.title,
        "stage": template.stage,
        "purpose": template.purpose,
        "texts": texts,
    }


@dataclass(slots=True)
class _Reader:
    """Walks plain YAML data and notes every problem; what is unreadable becomes a blank."""

    problems: list[Problem] = field(default_factory=list)

    def document(self, data: Any) -> Document:
        top = self._mapping(
            data, path="", required=("duecourse", "policy"), optional=("templates",)
        )
        if "duecourse" in top and top["duecourse"] != FORMAT:
            self._note("duecourse", _("Expected %(format)s.") % {"format": FORMAT})
        templates = self._list(top.get("templates", []), path="templates", each=self._template)
        self._unique((template.key for template in templates), path="templates")
        return Document(
            policy=self._policy(top.get("policy", _ABSENT), path="policy"),
            templates=tuple(sorted(templates, key=lambda template: template.key)),
        )

    def _policy(self, data: Any, *, path: str) -> PolicySpec:
        found = self._mapping(
            data,
            path=path,
            required=("key", "title", "steps"),
            optional=("holdout_percent", "note"),
        )
        steps = self._list(found.get("steps", _ABSENT), path=f"{path}.steps", each=self._step)
        self._unique((step.key for step in steps), path=f"{path}.steps")
        return PolicySpec(
            key=self._slug(found.get("key", _ABSENT), path=f"{path}.key"),
            title=self._text(found.get("title", _ABSENT), path=f"{path}.title", longest=200),
            holdout_percent=self._percent(
                found.get("holdout_percent", 0), path=f"{path}.holdout_percent"
            ),
            note=self._text(found.get("note", ""), path=f"{path}.note", blank=True),
            steps=tuple(steps),
        )

    def _step(self, data: Any, *, path: str) -> StepSpec:
        required = ("key", "offset_days", "local_time", "valid_until_offset_days", "template")
        found = self._mapping(
            data,
            path=path,
            required=required,
            optional=("tiers", "products", "segments", "channels", "tone"),
        )

        def names(key: str, default: Iterable[str], **limits: Any) -> tuple[str, ...]:
            def one(value: Any, *, path: str) -> str:
                return self._text(value, path=path, **limits)

            values = self._list(found.get(key, list(default)), path=f"{path}.{key}", each=one)
            self._unique(values, path=f"{path}.{key}")
            return tuple(values)

        def day(key: str) -> int:
            return self._integer(found.get(key, _ABSENT), path=f"{path}.{key}", within=_DAYS)

        return StepSpec(
            key=self._slug(found.get("key", _ABSENT), path=f"{path}.key"),
            offset_days=day("offset_days"),
            local_time=self._time(found.get("local_time", _ABSENT), path=f"{path}.local_time"),
            valid_until_offset_days=day("valid_until_offset_days"),
            template=self._slug(found.get("template", _ABSENT), path=f"{path}.template"),
            tiers=names("tiers", RiskTier, among=RiskTier),
            channels=names("channels", [Channel.SMS], among=Channel),
            tone=self._text(
                found.get("tone", ToneRule.BY_RISK.value), path=f"{path}.tone", among=ToneRule
            ),
            products=names("products", [], longest=64),
            segments=names("segments", [], longest=64),
        )

    def _template(self, data: Any, *, path: str) -> TemplateSpec:
        required = ("key", "title", "stage", "purpose", "texts")
        found = self._mapping(data, path=path, required=required)
        texts = {}
        languages = self._mapping(found.get("texts", _ABSENT), path=f"{path}.texts")
        for language, tones in sorted(languages.items()):
            place = f"{path}.texts.{language}"
            if not _LANGUAGE.fullmatch(language):
                self._note(place, _("Not a language such as zh-hans or en."))
            bodies = self._mapping(tones, path=place, optional=tuple(Tone))
            for tone in sorted(bodies):
                texts[language, tone] = self._text(
                    bodies[tone], path=f"{place}.{tone}", longest=MAX_LENGTH
                )
        return TemplateSpec(
            key=self._slug(found.get("key", _ABSENT), path=f"{path}.key"),
            title=self._text(found.get("title", _ABSENT), path=f"{path}.title", longest=200),
            stage=self._text(found.get("stage", _ABSENT), path=f"{path}.stage", among=Stage),
            purpose=self._text(
                found.get("purpose", _ABSENT), path=f"{path}.purpose", among=Purpose
            ),
            texts=texts,
        )

    def _note(self, path: str, what: str) -> None:
        self.problems.append(Problem(path, what))

    def _mapping(
        self,
        data: Any,
        *,
        path: str,
        required: tuple[str, ...] = (),
        optional: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """A mapping with text keys; without `required` and `optional` any key may stand in it."""
        if data is _ABSENT:
            return {}
        if not isinstance(data, dict):
            self._note(path, _("Expected names with values, not %(what)s.") % _shown(data))
            return {}
        known = {str(name) for name in (*required, *optional)}
        for name in data:
            if not isinstance(name, str) or (known and name not in known):
                self._note(_join(path, name=name), _("Unknown name."))
        for name in required:
            if name not in data:
                self._note(_join(path, name=name), _("Missing."))
        return {k: v for k, v in data.items() if isinstance(k, str) and (not known or k in known)}

    def _list(self, data: Any, *, path: str, each: Callable[..., Any]) -> list[Any]:
        if data is _ABSENT:
            return []
        if not isinstance(data, list):
            self._note(path, _("Expected a list, not %(what)s.") % _shown(data))
            return []
        return [each(item, path=f"{path}[{at}]") for at, item in enumerate(data)]

    def _unique(self, values: Iterable[str], *, path: str) -> None:
        seen: set[str] = set()
        for value in values:
            if value in seen:
                self._note(path, _("“%(value)s” appears twice.") % {"value": value})
            seen.add(value)

    def _text(
        self,
        data: Any,
        *,
        path: str,
        longest: int = 10_000,
        blank: bool = False,
        among: Iterable[str] = (),
    ) -> str:
        if data is _ABSENT:
            return ""
        if not isinstance(data, str):
            self._note(path, _("Expected text, not %(what)s; put it in quotes.") % _shown(data))
            return ""
        text, choices = data.strip(), [str(choice) for choice in among]
        if choices and text not in choices:
            self._note(path, _("Expected one of: %(names)s.") % {"names": ", ".join(choices)})
        elif not text and not blank:
            self._note(path, _("Empty."))
        elif len(text) > longest:
            self._note(path, _("Longer than %(longest)s characters.") % {"longest": longest})
        elif _UNSTORABLE.search(text):
            self._note(path, _("Holds a control character."))
        return text

    def _slug(self, data: Any, *, path: str) -> str:
        text = self._text(data, path=path)
        if text and not _SLUG.fullmatch(text):
            self._note(path, _("Only letters, digits, - and _, at most 64 of them."))
        return text

    def _integer(self, data: Any, *, path: str, within: range) -> int:
        if data is _ABSENT:
            return 0
        if type(data) is not int:  # a truth value is an int to Python, not to a person
            self._note(path, _("Expected a whole number, not %(what)s.") % _shown(data))
            return 0
        if data not in within:
            limits = {"first": within[0], "last": within[-1]}
            self._note(path, _("Expected %(first)s to %(last)s.") % limits)
        return data

    def _percent(self, data: Any, *, path: str) -> Decimal:
        if type(data) not in {int, Decimal}:
            self._note(path, _("Expected a number, not %(what)s.") % _shown(data))
            return Decimal(0)
        value = Decimal(data)
        if not (value.is_finite() and 0 <= value <= 100 and value == round(value, 2)):
            self._note(path, _("Expected 0 to 100 with at most two decimals."))
        return value

    def _time(self, data: Any, *, path: str) -> time:
        if data is _ABSENT:
            return time(0)
        if isinstance(data, str) and _TIME.fullmatch(data):
            return time.fromisoformat(data)
        self._note(path, _('Expected a time such as "10:00".'))
        return time(0)


def _shown(data: Any) -> dict[str, str]:
    text = repr(data)
    return {"what": text if len(text) <= 40 else text[:39] + "…"}


def _join(path: str, *, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
