"""The counts of a difference as tables that people read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import sqrt
from typing import Any, TypeVar

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import Instalment
from accounts.models.choices import Channel, RiskTier
from reminders.authoring.comparing import Piece, pieces, step_name
from reminders.facts.borrowers import rules_in_force
from reminders.models import Policy, StepVersion
from reminders.models.choices import profile_label
from reminders.queries.difference import KINDS, THEN, TODAY, Change, Difference, Text
from reminders.queries.words import reason_label

HORIZONS = (7, 14, 30)

_HEADINGS = {
    "added": _("Added"),
    "dropped": _("Dropped"),
    "moved": _("Moved"),
    "reworded": _("Re-worded"),
    "refigured": _("Other figures"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure of today and the one that would be; widths in percent, for drawing."""

    label: Any
    today: Any
    then: Any
    change: Any
    today_width: int = 0
    then_width: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """How many reminders of a step fare otherwise in one way, with some of them."""

    code: str
    heading: Any
    count: int
    examples: tuple["Example", ...]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step with its counts, a column for each of KINDS."""

    name: str
    anchor: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A borrower to open, and what they would get."""

    customer_no: str
    url: str
    due_date: date | None
    today_at: datetime | None
    then_at: datetime | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ReachRow:
    """Reminders of one step over one channel, by tier: what would be, and today's."""

    name: str
    channel: str
    tiers: tuple[Pair, ...]
    total: Pair


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A step that a contact rule gets in the way of."""

    name: str
    rule: str
    limit: str
    put_off: Pair
    lost: Pair


def shown_difference(found: Difference) -> dict[str, Any]:
    """The context of the page: everything scaled to the whole book where it is a sample."""
    factor = found.borrowers / found.walked if found.walked else 1
    names = _Names.known()
    rows = _step_rows(found, factor=factor, names=names)
    return {
        "found": found,
        "margin": _margin(found),
        "totals": _totals(found, factor=factor),
        "headings": [_HEADINGS[kind] for kind in KINDS],
        "step_rows": rows,
        "day_rows": _day_rows(found, factor=factor),
        "tiers": [str(label) for label in RiskTier.labels],
        "reach_rows": _reach_rows(found, factor=factor, names=names),
        "rule_rows": _rule_rows(found, factor=factor, names=names),
        "profile": profile_label(settings.CONTACT_PROFILE),
        "currency": settings.SMS_PRICE_CURRENCY,
    }


@dataclass(frozen=True, slots=True)
class _Names:
    """Titles of policies by key, and each step of theirs in words, of its newest version."""

    policies: dict[str, str]
    steps: dict[tuple[str, str], str]

    @classmethod
    def known(cls) -> "_Names":
        steps = StepVersion.objects.select_related("version__policy").order_by("version__number")
        return cls(
            dict(Policy.objects.values_list("key", "title")),
            {(step.version.policy.key, step.key): step_name(step) for step in steps},
        )


def _named(policy_key: str, step_key: str, *, names: _Names) -> str:
    step = names.steps.get((policy_key, step_key), step_key)
    several = len(names.policies) > 1
    return f"{names.policies.get(policy_key, policy_key)} · {step}" if several else step


Place = TypeVar("Place", tuple[str, str], tuple[str, str, str])


def _in_order(places: Iterable[Place]) -> list[Place]:
    """Places that begin with the keys of a policy and a step, each once, in the order of days."""
    steps = StepVersion.objects.order_by("version__number").values_list(
        "version__policy__key", "key", "offset_days"
    )
    days = {(policy, key): offset for policy, key, offset in steps}
    return sorted(set(places), key=lambda place: (place[0], days.get(place[:2], 0), place))


def _margin(found: Difference) -> int:
    """Two standard errors of the borrowers reached, in percent; 0 where all were walked."""
    if not found.is_sample:
        return 0
    return round(200 / sqrt(max(found.reached.values(), default=0) or 1))


def _pair(label: Any, today: Any, then: Any, *, most: Any = 0) -> Pair:
    return Pair(
        label,
        today,
        then,
        then - today,
        round(100 * today / most) if most else 0,
        round(100 * then / most) if most else 0,
    )


def _times(count: int, factor: float) -> int:
    return round(count * factor)


def _totals(found: Difference, *, factor: float) -> list[Pair]:
    today, then = found.totals[TODAY], found.totals[THEN]
    price = [(tally.price * Decimal(factor)).quantize(Decimal("0.01")) for tally in (today, then)]
    counts = (
        (_("borrowers reached"), found.reached[TODAY], found.reached[THEN]),
        (_("texts that go out"), today.texts, then.texts),
        (_("parts to pay for"), today.parts, then.parts),
    )
    rows = [_pair(name, _times(a, factor), _times(b, factor)) for name, a, b in counts]
    return [
        *rows,
        _pair(_("cost, %(currency)s") % {"currency": settings.SMS_PRICE_CURRENCY}, *price),
    ]


def _step_rows(found: Difference, *, factor: float, names: _Names) -> list[StepRow]:
    instalments = Instalment.objects.in_bulk(
        {change.instalment_id for some in found.examples.values() for change in some}
    )
    places = _in_order((policy, step) for policy, step, _kind in found.changes)
    return [
        StepRow(
            name=_named(policy, step, names=names),
            anchor=f"{policy}-{step}",
            kinds=tuple(
                Kind(
                    kind,
                    _HEADINGS[kind],
                    _times(found.changes[policy, step, kind], factor),
                    tuple(_examples(found.examples.get((policy, step, kind), ()), instalments)),
                )
                for kind in KINDS
            ),
        )
        for policy, step in places
    ]


def _examples(some: Iterable[Change], instalments: dict[int, Instalment]) -> Iterable[Example]:
    def at(text: Text | None) -> datetime | None:
        return localtime(text.at) if text else None

    for change in some:
        instalment = instalments.get(change.instalment_id)
        yield Example(
            customer_no=change.customer_no,
            url=reverse("staff:borrower", args=[change.customer_no]),
            due_date=instalment.due_date if instalment else None,
            today_at=at(change.today),
            then_at=at(change.then),
            pieces=_said(change),
        )


def _said(change: Change) -> tuple[Piece, ...]:
    """The text, with what is said otherwise marked in it where there are two."""
    if change.today is None or change.then is None:
        text = change.then or change.today
        return (Piece("same", text.body),) if text else ()
    return tuple(pieces(change.today.body, change.then.body))


def _day_rows(found: Difference, *, factor: float) -> list[dict[str, Any]]:
    days = sorted({day for _course, day in found.days})
    most = max((tally.texts for tally in found.days.values()), default=0)
    rows = []
    for day in days:
        today, then = (found.days.get((course, day)) for course in (TODAY, THEN))
        texts = _pair(
            day,
            _times(today.texts if today else 0, factor),
            _times(then.texts if then else 0, factor),
            most=_times(most, factor),
        )
        price = (then.price if then else Decimal(0)) * Decimal(factor)
        rows.append(
            {
                "day": day,
                "texts": texts,
                "parts": _times(then.parts if then else 0, factor),
                "price": price.quantize(Decimal("0.01")),
            }
        )
    return rows


def _reach_rows(found: Difference, *, factor: float, names: _Names) -> list[ReachRow]:
    counts: Counter[tuple[int, str, str, str, str]] = Counter()
    for cell, count in found.sent.items():
        counts[cell.course, cell.policy_key, cell.step_key, cell.channel, cell.tier] += count
    places = _in_order(key[1:4] for key in counts)
    rows = []
    for policy, step, channel in places:
        tiers = tuple(
            _pair(
                tier.label,
                _times(counts[TODAY, policy, step, channel, tier.value], factor),
                _times(counts[THEN, policy, step, channel, tier.value], factor),
            )
            for tier in RiskTier
        )
        total = _pair("", sum(t.today for t in tiers), sum(t.then for t in tiers))
        name = _named(policy, step, names=names)
        rows.append(ReachRow(name, str(Channel(channel).label), tiers, total))
    return rows


def _rule_rows(found: Difference, *, factor: float, names: _Names) -> list[RuleRow]:
    rules = rules_in_force()
    limits = {
        "hours": f"{rules.earliest:%H:%M}–{rules.latest:%H:%M}",
        "hours_between": str(rules.hours_between),
        "per_day": str(rules.per_day),
        "per_7_days": str(rules.per_7_days),
    }
    places = _in_order(key[1:] for key in found.put_off)
    return [
        RuleRow(
            name=_named(policy, step, names=names),
            rule=reason_label(rule),
            limit=limits.get(rule, ""),
            put_off=_pair(
                "",
                _times(found.put_off[TODAY, policy, step, rule], factor),
                _times(found.put_off[THEN, policy, step, rule], factor),
            ),
            lost=_pair(
                "",
                _times(found.lost[TODAY, policy, step, rule], factor),
                _times(found.lost[THEN, policy, step, rule], factor),
            ),
        )
        for policy, step, rule in places
    ]
