"""Steps that get in each other's way, or in the way of the contact rules, whoever the borrower is.

Only what is certain from the policy alone. What happens on the live book, where loans and policies
meet, is counted by the preview.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import combinations

from django.utils.translation import gettext as _

from accounts.models.choices import RiskTier
from reminders.authoring.problems import Problem
from reminders.core.contact_rules import ContactRules
from reminders.models import StepVersion
from reminders.models.choices import profile_label

_DUE = datetime(2026, 6, 15)  # noqa: DTZ001 - a wall clock; any day without a change of the clocks


def speak_at_once(one: StepVersion, *, other: StepVersion) -> bool:
    """Whether both would speak to a borrower at the very same moment."""
    return (one.offset_days, one.local_time) == (other.offset_days, other.local_time) and _meet(
        one, other
    )


def _meet(one: StepVersion, other: StepVersion) -> bool:
    def common(mine: list[str], theirs: list[str]) -> bool:
        return not mine or not theirs or bool(set(mine) & set(theirs))

    return (
        bool(set(one.tiers) & set(other.tiers))
        and common(one.products, other.products)
        and common(one.segments, other.segments)
    )


def conflicts_with_rules(steps: Sequence[StepVersion], *, rules: ContactRules) -> list[Problem]:
    """Steps that the caps or the distance put off even for a borrower with a single loan."""
    profile = profile_label(rules.profile)
    found = [
        Problem(
            f"{one.key}, {other.key}",
            _(
                "Rule hours_between: fewer than %(hours)s hours lie between them (%(profile)s); "
                "the second will wait."
            )
            % {"hours": rules.hours_between, "profile": profile},
        )
        for one, other in combinations(sorted(steps, key=_moment), 2)
        if _meet(one, other)
        and timedelta(0) < _moment(other) - _moment(one) < timedelta(hours=rules.hours_between)
    ]
    for tier in RiskTier:
        heard = sorted((step for step in steps if tier in step.tiers), key=_moment)
        if crowd := _crowd(heard, most=rules.per_7_days):
            found.append(
                Problem(
                    ", ".join(step.key for step in crowd),
                    _(
                        "Rule per_7_days: %(number)s texts in 7 days to the tier “%(tier)s”, "
                        "where %(most)s are permitted (%(profile)s); the last will wait."
                    )
                    % {
                        "number": len(crowd),
                        "tier": tier.label,
                        "most": rules.per_7_days,
                        "profile": profile,
                    },
                )
            )
    return found


def _crowd(heard: Sequence[StepVersion], *, most: int) -> Sequence[StepVersion]:
    """The first steps that together are too many for 7 days, all for one product and segment."""
    for at in range(len(heard) - most):
        group = heard[at : at + most + 1]
        near = _moment(group[-1]) - _moment(group[0]) < timedelta(days=7)
        if near and all(_meet(one, other) for one, other in combinations(group, 2)):
            return group
    return ()


def _moment(step: StepVersion) -> datetime:
    at = step.local_time if isinstance(step.local_time, time) else time(0)
    return datetime.combine((_DUE + timedelta(days=step.offset_days)).date(), at)
