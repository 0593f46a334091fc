"""The steps that are in force: published versions of active policies."""

from dataclasses import dataclass
from decimal import Decimal

from reminders.core.schedule import StepTimes
from reminders.models import PolicyStep, PolicyVersion, StepVersion
from reminders.models.choices import VersionState


@dataclass(frozen=True, slots=True)
class StepInForce:
    """A step of a version with its lasting identity."""

    step_id: int
    policy_key: str
    holdout_percent: Decimal
    version: StepVersion

    @property
    def times(self) -> StepTimes:
        """The part that times it, named by the version's row."""
        return StepTimes(
            step=self.version.pk,
            offset_days=self.version.offset_days,
            local_time=self.version.local_time,
            valid_until_offset_days=self.version.valid_until_offset_days,
        )


def steps_in_force() -> list[StepInForce]:
    """All steps that planning places today, in no order."""
    return steps_of(
        list(
            PolicyVersion.objects.filter(
                state=VersionState.PUBLISHED, policy__is_active=True
            ).select_related("policy")
        )
    )


def steps_of(versions: list[PolicyVersion]) -> list[StepInForce]:
    """Steps of these versions. A step that was never published has no identity yet and gets
    a negative stand-in, so that a draft can be previewed before it is published."""
    identities = {
        (policy_id, key): pk
        for pk, policy_id, key in PolicyStep.objects.filter(
            policy__in=[version.policy_id for version in versions]
        ).values_list("pk", "policy_id", "key")
    }
    by_id = {version.pk: version for version in versions}
    return [
        StepInForce(
            step_id=identities.get((by_id[step.version_id].policy_id, step.key), -step.pk),
            policy_key=by_id[step.version_id].policy.key,
            holdout_percent=by_id[step.version_id].holdout_percent,
            version=step,
        )
        for step in StepVersion.objects.filter(version__in=versions).select_related("template")
    ]
