"""Campaigns: a draft is written here, published by a second person, and its results looked at."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import ModelAdmin, ModelForm, display
from accounts.clock import now
from accounts.models import Staff
from accounts.models.choices import RiskTier
from reminders.admin.campaign_tables import opened_figure, shown_ahead, shown_results
from reminders.admin.fields import NamesField
from reminders.admin.versions import staff_of
from reminders.admin.widgets import CheckboxSelectMultiple, WallClockInput
from reminders.authoring import campaigns
from reminders.authoring.problems import CannotPublish, Problem
from reminders.authoring.publishing import note_change, refusal_of
from reminders.core.vocabulary import Stage
from reminders.models import Campaign, MessageTemplate
from reminders.models.choices import CampaignState

_LABELS = {"draft": "warning", "published": "success", "stopped": "default"}


class CampaignForm(ModelForm):
    """Whom, when and with which words."""

    tiers = forms.MultipleChoiceField(
        label=capfirst(gettext_lazy("risk tiers")),
        choices=RiskTier.choices,
        initial=RiskTier.values,
        widget=CheckboxSelectMultiple,
    )
    segments = NamesField(
        label=capfirst(gettext_lazy("segments")),
        help_text=gettext_lazy("With commas between. None means all."),
        required=False,
    )

    class Meta:
        model = Campaign
        widgets = {"local_time": WallClockInput}
        fields = (
            "title",
            "key",
            "template",
            "tiers",
            "segments",
            "only_punctual",
            "first_day",
            "last_day",
            "local_time",
            "per_day",
        )

    def clean(self) -> dict[str, Any]:
        """Says what is wrong with the days at their field, not as a broken constraint."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first."))
        if data.get("per_day") == 0:
            self.add_error("per_day", _("With 0 a day nobody would be written to."))
        return data

    def validate_constraints(self) -> None:
        """`clean` names the same faults in words that help."""


@admin.register(Campaign)
class CampaignAdmin(ModelAdmin):
    form = CampaignForm
    actions = None
    compressed_fields = False
    warn_unsaved_form = True
    list_display = ("title", "show_state", "template", "first_day", "last_day", "per_day")
    list_filter = ("state",)
    list_select_related = ("template",)
    ordering = ("-id",)
    fields = (
        ("title", "key"),
        "template",
        ("tiers", "segments", "only_punctual"),
        ("first_day", "last_day", "local_time", "per_day"),
    )
    change_form_outer_before_template = "admin/reminders/campaign_panel.html"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only a draft."""
        return super().has_change_permission(request, obj) and _is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only a draft that nobody was written to by."""
        used = isinstance(obj, Campaign) and obj.published_at is not None
        return super().has_delete_permission(request, obj) and _is_open(obj) and not used

    def may_publish(self, request: HttpRequest) -> bool:
        """Publishing and stopping have a right of their own."""
        return request.user.has_perm("reminders.publish_campaign")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the page shows, in one query."""
        people = ("created_by", "published_by", "stopped_by")
        return super().get_queryset(request).select_related("template", *people)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only templates about no instalment."""
        if db_field.name == "template":
            kwargs["queryset"] = MessageTemplate.objects.filter(stage=Stage.APART).order_by("title")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Looking ahead, publishing, stopping and the rows besides Django's own."""
        views: tuple[tuple[str, Callable[..., HttpResponse]], ...] = (
            ("ahead", self.ahead_view),
            ("publish", self.publish_view),
            ("stop", self.stop_view),
            ("draft", self.draft_view),
            ("rows", self.rows_view),
        )
        return [
            *(
                path(
                    f"<int:pk>/{word}/",
                    self.admin_site.admin_view(view),
                    name=f"reminders_campaign_{word}",
                )
                for word, view in views
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Saves a draft under a lock, so that publishing never freezes half of a change."""
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        if object_id is None:
            return super().changeform_view(request, object_id, form_url, context)
        with transaction.atomic():
            row: Any = self.get_object(request, unquote(object_id))
            if row is not None and request.method == "POST":
                row = campaigns.locked(row)
                if not _is_open(row):
                    messages.error(
                        request, _("It was published and cannot be changed: stop it first.")
                    )
                    return self._to(row)
            panel = self._panel(request, row) if row is not None else {}
            return super().changeform_view(request, object_id, form_url, {**context, **panel})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Remembers who wrote it, for Note [Four eyes]."""
        by, instant = staff_of(request), now()
        if not change:
            obj.created_at, obj.created_by, obj.changed_by_ids = instant, by, [by.pk]
        super().save_model(request, obj, form, change)
        if change and form.has_changed():
            note_change(obj, by=by, now=instant)

    def ahead_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whom it would reach, and whom not and why."""
        row = self._find(request, pk=pk)
        outcome, start = request.GET.get("outcome", ""), _number(request, "start")
        context = shown_ahead(row, outcome, now=now(), start=start)
        return self._page(request, row, "campaign_ahead", context)

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks once more, with whom it reaches; then publishes."""
        row = self._to_be_published(request, pk=pk)
        if not _is_open(row):
            messages.info(request, _("It is published already."))
            return self._to(row)
        by, instant = staff_of(request), now()
        problems: tuple[Problem, ...] = ()
        if request.method == "POST":
            try:
                row = campaigns.publish(campaign=row, by=by, now=instant)
            except CannotPublish as refused:
                problems = refused.problems
            else:
                self.log_change(request, row, _("Published."))
                messages.success(request, _("“%(title)s” is published.") % {"title": row.title})
                return self._to(row)
        review, refusal = campaigns.review(row, now=instant), refusal_of(row, by=by)
        known = {*review.problems, refusal}
        context = {
            "review": review,
            "refusal": refusal,
            "more_problems": [problem for problem in problems if problem not in known],
            **shown_ahead(row, "", now=instant),
        }
        return self._page(request, row, "campaign_publish", context)

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stops it at once."""
        row = self._to_be_published(request, pk=pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if campaigns.stop(campaign=row, by=staff_of(request), now=now()):
            self.log_change(request, row, _("Stopped."))
            messages.success(request, _("It is stopped: nothing more of it is sent."))
        else:
            messages.info(request, _("It is not published."))
        return self._to(row)

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Makes what was stopped a draft."""
        row = self._find(request, pk=pk)
        if not super().has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if campaigns.draft_anew(campaign=row):
            self.log_change(request, row, _("Draft made."))
        return self._to(row)

    def rows_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rows behind a figure of the results."""
        row = self._find(request, pk=pk)
        figure, reason = request.GET.get("figure", "all"), request.GET.get("reason", "")
        context = opened_figure(row, figure, reason=reason, after=_number(request, "after"))
        if context is None:
            raise Http404
        return self._page(request, row, "campaign_rows", context)

    def _panel(self, request: HttpRequest, row: Campaign) -> dict[str, Any]:
        is_draft = row.state == CampaignState.DRAFT
        written_by: QuerySet[Staff] = Staff.objects.filter(pk__in=row.changed_by_ids)
        return {
            "campaign": row,
            "state_label": _LABELS[row.state],
            "written_by": [str(person) for person in written_by.order_by("pk")],
            "review": campaigns.review(row, now=now()) if is_draft else None,
            "refusal": refusal_of(row, by=staff_of(request)) if is_draft else None,
            "may_publish": self.may_publish(request),
            "may_draft": super().has_change_permission(request),
            "urls": {word: _url(row, word) for word in ("ahead", "publish", "stop", "draft")},
            "results": shown_results(row) if row.published_at else None,
        }

    def _page(
        self, request: HttpRequest, row: Campaign, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/reminders/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": row,
                "campaign": row,
                "title": row.title,
                "back": _url(row, "change"),
                **context,
            },
        )

    def _find(self, request: HttpRequest, *, pk: int) -> Campaign:
        row: Campaign = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, row):
            raise Http404
        return row

    def _to_be_published(self, request: HttpRequest, *, pk: int) -> Campaign:
        row = self._find(request, pk=pk)
        if not self.may_publish(request):
            raise PermissionDenied
        return row

    def _to(self, row: Campaign) -> HttpResponse:
        return HttpResponseRedirect(_url(row, "change"))

    @display(description=gettext_lazy("state"), ordering="state", label=_LABELS)
    def show_state(self, obj: Campaign) -> tuple[str, str]:
        """The state as a coloured label."""
        return obj.state, obj.get_state_display()


def _number(request: HttpRequest, name: str) -> int:
    """A number in the address; 0 where there is none. Raises Http404 for what is none."""
    typed = request.GET.get(name, "0")
    if not typed.isascii() or not typed.isdigit() or len(typed) > 18:
        raise Http404
    return int(typed)


def _is_open(row: Model | None) -> bool:
    return row is None or getattr(row, "state", None) == CampaignState.DRAFT


def _url(row: Campaign, word: str) -> str:
    return reverse(f"admin:reminders_campaign_{word}", args=[row.pk])
