"""Policies: their versions, and a draft's steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import InlineFormSet, ModelForm, display
from accounts.models import Staff
from accounts.models.choices import Channel, RiskTier
from reminders.admin.fields import NamesField
from reminders.admin.version_admin import VersionAdmin
from reminders.admin.versions import (
    STATE_LABELS,
    FrozenInline,
    ParentAdmin,
    Version,
    VersionInline,
    in_force,
)
from reminders.admin.widgets import CheckboxSelectMultiple, WallClockInput
from reminders.authoring import policies
from reminders.authoring.documents import write
from reminders.authoring.exchange import export_version
from reminders.authoring.problems import Review
from reminders.core.wording import choose_tone
from reminders.models import Policy, PolicyVersion, StepVersion
from reminders.models.choices import Tone, ToneRule
from reminders.queries.formats import listed


class StepForm(ModelForm):
    """A step, checked as publishing will check it."""

    tiers = forms.MultipleChoiceField(
        label=capfirst(gettext_lazy("risk tiers")),
        choices=RiskTier.choices,
        initial=RiskTier.values,
        widget=CheckboxSelectMultiple,
    )
    channels = forms.MultipleChoiceField(
        label=capfirst(gettext_lazy("channels, in order")),
        choices=Channel.choices,
        initial=[Channel.SMS],
        widget=CheckboxSelectMultiple,
    )
    products = NamesField(
        label=capfirst(gettext_lazy("products")),
        help_text=gettext_lazy("With commas between. None means all."),
        required=False,
    )
    segments = NamesField(
        label=capfirst(gettext_lazy("segments")),
        help_text=gettext_lazy("With commas between. None means all."),
        required=False,
    )

    class Meta:
        model = StepVersion
        widgets = {"local_time": WallClockInput}
        fields = (
            "key",
            "offset_days",
            "local_time",
            "valid_until_offset_days",
            "template",
            "tone",
            "tiers",
            "channels",
            "products",
            "segments",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the words that steps.js writes a heading with."""
        super().__init__(*args, **kwargs)
        if "offset_days" in self.fields:
            self.fields["offset_days"].widget.attrs["data-day"] = _("Day %(day)s")

    def clean_channels(self) -> list[str]:
        """Ticks have no order: what was there keeps its own, what is new comes last."""
        ticked: list[str] = self.cleaned_data["channels"]
        before = list(self.instance.channels) if self.instance.pk else []
        return [c for c in before if c in ticked] + [c for c in ticked if c not in before]

    def _post_clean(self) -> None:
        """Says what is wrong with a step in itself at its field, not as a broken constraint."""
        super()._post_clean()  # type: ignore[misc] # Django's, without a type
        if any(name in self.errors for name in ("offset_days", "template")):
            return
        if self.cleaned_data.get("template") is None or self.instance.offset_days is None:
            return
        if self.instance.valid_until_offset_days is None:
            return
        for field, what in policies.step_problems(self.instance):
            self.add_error(field, what)

    def validate_constraints(self) -> None:
        """`step_problems` names the same faults in words that help."""


class StepFormSet(InlineFormSet):
    """Steps in the order of time, each with a line that tells what it does."""

    def _construct_form(self, i: int, **kwargs: Any) -> StepForm:
        form: StepForm = super()._construct_form(i, **kwargs)
        if form.instance.pk:
            form.instance.get_inline_title = step_title(form.instance)
        return form

    def clean(self) -> None:
        """Two steps of one key would be one step."""
        seen: set[str] = set()
        for form in self.forms:
            key = form.cleaned_data.get("key") if hasattr(form, "cleaned_data") else None
            if key and not form.cleaned_data.get("DELETE"):
                if key in seen:
                    form.add_error("key", _("Two steps have this key."))
                seen.add(key)
        super().clean()


def step_title(step: StepVersion) -> str:
    """A step in one line."""
    tiers = listed(RiskTier(tier).label for tier in step.tiers if tier in RiskTier)
    return " · ".join(
        (
            _("Day %(day)s") % {"day": signed(step.offset_days)},
            time_format(step.local_time, "H:i"),
            step.template.title,
            tiers,
        )
    )


def signed(day: int) -> str:
    """A day from the due date with its sign, in print's minus."""
    return f"{day:+d}".replace("-", "−") if day else "0"


class StepInline(FrozenInline):
    model = StepVersion
    form = StepForm
    formset = StepFormSet
    fields = (
        ("key", "offset_days", "local_time", "valid_until_offset_days"),
        ("template", "tone", "tiers", "channels"),
        ("products", "segments"),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the template that a title names."""
        return super().get_queryset(request).select_related("template")


@dataclass(frozen=True, slots=True)
class Moment:
    """A step on the line of days: for each tier the tone it hears, or None."""

    day: str
    time: str
    template: str
    tones: tuple[tuple[str, str] | None, ...]
    until: str
    is_due_day: bool


def line_of_days(steps: Iterable[StepVersion]) -> list[Moment]:
    """The course of a policy, for drawing."""

    def tone(step: StepVersion, tier: str) -> tuple[str, str] | None:
        if tier not in step.tiers:
            return None
        rule = step.tone if step.tone in ToneRule else ToneRule.BY_RISK
        chosen = Tone(choose_tone(rule, tier=tier).value)
        return chosen.value, str(chosen.label)

    return [
        Moment(
            day=signed(step.offset_days),
            time=time_format(step.local_time, "H:i"),
            template=step.template.title,
            tones=tuple(tone(step, tier) for tier in RiskTier.values),
            until=signed(step.valid_until_offset_days),
            is_due_day=step.offset_days == 0,
        )
        for step in steps
    ]


@admin.register(PolicyVersion)
class PolicyVersionAdmin(VersionAdmin):
    parent_name = "policy"
    publish_right = "reminders.publish_policyversion"
    list_display = (
        "show_version",
        "policy",
        "show_state",
        "note",
        "created_by",
        "holdout_percent",
        "published_at",
    )
    list_filter = ("state", "policy")
    fields = (("holdout_percent", "note"),)
    inlines = (StepInline,)
    change_form_before_template = "admin/reminders/line_of_days.html"

    class Media:
        js = ("duecourse/steps.js",)

    def make_draft(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """From this version, so that an earlier one can be taken up again."""
        return policies.new_draft(policy=version.policy, by=by, now=instant, base=version)

    def put_in_force(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """See `policies.publish`."""
        return policies.publish(version=version, by=by, now=instant)

    def review_of(self, version: Any) -> Review:
        """See `policies.review`."""
        return policies.review(version)

    def get_urls(self) -> list[URLPattern]:
        """The export besides the others."""
        return [
            path(
                "<int:pk>/export/",
                self.admin_site.admin_view(self.export_view),
                name="reminders_policyversion_export",
            ),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The version with its templates as a file for import_policy."""
        version = self._find(request, pk=pk)
        name = f"{version.policy.key}-{version}.yaml"
        return HttpResponse(
            write(export_version(version)),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _panel(self, request: HttpRequest, version: Any) -> dict[str, Any]:
        panel = super()._panel(request, version)
        if version is not None:
            url = reverse("admin:reminders_policyversion_export", args=[version.pk])
            leads = self.has_change_permission(request, version)
            panel |= {"export_url": url, "leads_to_steps": leads, **self.drawing(version)}
        return panel

    def drawing(self, version: Any) -> dict[str, Any]:
        """The line of days."""
        return {
            "moments": line_of_days(version.steps.select_related("template")),
            "tiers": [str(label) for label in RiskTier.labels],
        }

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_LABELS)
    def show_state(self, obj: PolicyVersion) -> tuple[str, str]:
        """The state as a coloured label."""
        return obj.state, obj.get_state_display()


class PolicyVersionInline(VersionInline):
    model = PolicyVersion


@admin.register(Policy)
class PolicyAdmin(ParentAdmin):
    version_admin = "policyversion"
    list_display = ("title", "key", "is_active", "show_in_force", "show_draft")
    fields = (("title", "key"), "is_active")
    inlines = (PolicyVersionInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key names the hold-out group and files: it stays. Switching a policy off or on is as
        weighty as publishing it, and takes the same right."""
        if obj is None:
            return ()
        may_switch = request.user.has_perm(PolicyVersionAdmin.publish_right)
        return ("key",) if may_switch else ("key", "is_active")

    def first_draft(self, parent: Any, *, by: Staff, instant: datetime) -> None:
        """Without steps."""
        policies.new_draft(policy=parent, by=by, now=instant)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the course that is in force, drawn."""
        policy: Any = object_id and self.get_object(request, unquote(object_id))
        version = in_force(policy) if policy else None
        steps = StepVersion.objects.filter(version=version).select_related("template")
        context = {
            "moments": line_of_days(steps) if version else [],
            "tiers": [str(label) for label in RiskTier.labels],
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, context)
