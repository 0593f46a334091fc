"""The front page of the admin: what is in force, and what is being drafted."""

from typing import Any

from django.http import HttpRequest

from accounts.models.choices import RiskTier
from reminders.admin.policies import line_of_days
from reminders.admin.versions import draft_of, in_force, scheduled_of
from reminders.facts.borrowers import rules_in_force
from reminders.models import MessageTemplate, Policy, StepVersion
from reminders.models.choices import VersionState, profile_label


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds policies with their course, templates and the contact rules, as rights allow."""
    if request.user.has_perm("reminders.view_policy"):
        policies = list(Policy.objects.prefetch_related("versions").order_by("title"))
        steps = StepVersion.objects.filter(version__state=VersionState.PUBLISHED).select_related(
            "template", "version"
        )
        by_policy: dict[int, list[StepVersion]] = {}
        for step in steps:
            by_policy.setdefault(step.version.policy_id, []).append(step)
        context["policies"] = [
            {
                "policy": policy,
                "in_force": in_force(policy),
                "draft": draft_of(policy),
                "scheduled": scheduled_of(policy),
                "moments": line_of_days(by_policy.get(policy.pk, [])),
            }
            for policy in policies
        ]
        context["tiers"] = [str(label) for label in RiskTier.labels]
    if request.user.has_perm("reminders.view_messagetemplate"):
        context["templates"] = [
            {
                "template": template,
                "in_force": in_force(template),
                "draft": draft_of(template),
                "scheduled": scheduled_of(template),
            }
            for template in MessageTemplate.objects.prefetch_related("versions").order_by("title")
        ]
    if request.user.has_perm("reminders.view_contactrules"):
        context["rules"] = rules = rules_in_force()
        context["profile"] = profile_label(rules.profile)
    return context
