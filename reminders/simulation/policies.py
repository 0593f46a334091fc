"""Policies at random, published the way people publish them."""

from collections.abc import Sequence
from datetime import datetime, time
from random import Random

from accounts.models.choices import RiskTier
from reminders.authoring import policies, templates
from reminders.authoring.shipped import load_shipped
from reminders.models import MessageTemplate, Policy, PolicyVersion, StepVersion
from reminders.models.choices import VersionState
from reminders.simulation.law import Limits
from reminders.simulation.truth import Reign, StepInTruth, Truth

_OFFSETS = (-7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7, 10, 15, 21)
_TIMES = (time(8), time(9, 30), time(10), time(12), time(15), time(17, 59), time(18, 59))
_TEMPLATES = {"before": "before-due", "on": "on-due", "after": "after-due"}


class Publisher:
    """Publishes, republishes, switches off and on; remembers what was in force when."""

    def __init__(self, *, random: Random, truth: Truth, limits: Limits, now: datetime) -> None:
        """Loads what is shipped, then a policy at random instead of it in half of the worlds."""
        load_shipped(now=now)
        self._random, self._truth = random, truth
        # What a publisher must not ask for is refused; this one knows the rules.
        self._times = [at for at in _TIMES if limits.begins <= at.hour < limits.ends]
        self.policy = Policy.objects.get()
        self.reigns: list[Reign] = []
        self._reign(now=now)
        if random.random() < 0.5:
            self.republish(now=now)

    def _in_force(self) -> tuple[StepInTruth, ...]:
        rows = StepVersion.objects.filter(
            version__policy=self.policy, version__state=VersionState.PUBLISHED
        )
        return tuple(
            StepInTruth(row.key, row.offset_days, row.local_time, row.valid_until_offset_days)
            for row in rows
        )

    def republish(self, *, now: datetime) -> None:
        """A new version: other days, other times, the same step keys for the same days."""
        draft = policies.new_draft(policy=self.policy, by=None, now=now)
        draft.steps.all().delete()
        days = sorted(self._random.sample(_OFFSETS, self._random.randint(3, 7)))
        times = self._random.sample(self._times, 2)
        for place, offset in enumerate(days):
            following = days[place + 1] if place + 1 < len(days) else offset + 5
            self._add_step(draft, offset=offset, following=following, times=times)
        policies.publish(version=draft, by=None, now=now)
        self._reign(now=now)

    def _add_step(
        self, draft: PolicyVersion, *, offset: int, following: int, times: Sequence[time]
    ) -> None:
        random = self._random
        stage = "before" if offset < 0 else "after" if offset else "on"
        last = offset if offset >= 0 else -1
        if offset:
            limit = following - 1 if offset > 0 else min(following - 1, -1)
            last = random.randint(offset, max(offset, limit))
        tiers = random.choice((RiskTier.values, RiskTier.values, ["high"], ["medium", "high"]))
        StepVersion.objects.create(
            version=draft,
            key=f"day{offset}" if offset <= 0 else f"day-plus-{offset}",
            offset_days=offset,
            local_time=random.choice(times),
            valid_until_offset_days=last,
            tiers=tiers,
            template=MessageTemplate.objects.get(key=_TEMPLATES[stage]),
        )

    def rewrite(self, *, now: datetime) -> None:
        """New words for one template."""
        template = MessageTemplate.objects.get(key=self._random.choice(list(_TEMPLATES.values())))
        draft = templates.new_draft(template=template, by=None, now=now)
        for text in draft.texts.all():
            text.body = text.body.removesuffix("。") + "。"
            text.save()
        templates.publish(version=draft, by=None, now=now)

    def switch(self, *, now: datetime) -> None:
        """Off if it was on, on if it was off."""
        self.policy.is_active = not self.policy.is_active
        self.policy.save(update_fields=["is_active"])
        self._reign(now=now)

    def _reign(self, *, now: datetime) -> None:
        if self.reigns:
            self.reigns[-1].ends = now
        is_active = self.policy.is_active
        version = PolicyVersion.objects.get(policy=self.policy, state=VersionState.PUBLISHED)
        self._truth.version_in_force.tell(
            version.pk if is_active else None, at=self._truth.commit(now)
        )
        self.reigns.append(Reign(now, self._in_force() if is_active else ()))
