"""The page of a version: a draft is edited here, what is frozen is looked at."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
)
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import display
from accounts.clock import now
from accounts.models import Staff
from reminders.admin.publishing import PublishingViews
from reminders.admin.versions import STATE_LABELS, Version, is_frozen, staff_of
from reminders.admin.widgets import ExpandableTextarea
from reminders.admin.workshop import WorkshopViews
from reminders.authoring.comparing import compare
from reminders.authoring.problems import DraftExists
from reminders.authoring.publishing import UNPUBLISHED, note_change, refusal_of
from reminders.models.choices import VersionState
from reminders.queries.formats import listed

_NAMED_MAX = 4


class VersionAdmin(PublishingViews, WorkshopViews):
    """A draft is edited here; publishing asks once more and tells who and when."""

    actions = None
    compressed_fields = False
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/reminders/version_panel.html"
    list_per_page = 50

    def make_draft(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """A draft from `version`. Raises DraftExists."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Drafts are made from a version, so that nobody begins with an empty page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only a draft."""
        return super().has_change_permission(request, obj) and not is_frozen(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only a draft."""
        return super().has_delete_permission(request, obj) and not is_frozen(obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The note on what changed is a line or two."""
        if db_field.name == "note":
            kwargs["widget"] = ExpandableTextarea
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def may_draft(self, request: HttpRequest) -> bool:
        """Whoever may add versions."""
        return super().has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what headings show, in one query."""
        return (
            super()
            .get_queryset(request)
            .select_related(self.parent_name, "created_by", "published_by")
        )

    def get_urls(self) -> list[URLPattern]:
        """Drafting, publishing and looking ahead besides Django's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<int:pk>/draft/", self.admin_site.admin_view(self.draft_view), name=f"{name}_draft"
            ),
            *self.publishing_urls(name),
            *self.workshop_urls(name),
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
        if object_id is None:
            raise PermissionDenied
        with transaction.atomic():
            version: Any = self.get_object(request, unquote(object_id))
            if version is not None and request.method == "POST":
                version = self.model._default_manager.select_for_update(of=("self",)).get(
                    pk=version.pk
                )
                if is_frozen(version):
                    messages.error(
                        request,
                        _("This version was published and can no longer be changed."),
                    )
                    return self._to(version)
            return super().changeform_view(
                request,
                object_id,
                form_url,
                {**(extra_context or {}), **self._panel(request, version)},
            )

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Makes a draft from the version and goes there."""
        version = self._find(request, pk=pk)
        if not self.may_draft(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            draft = self.make_draft(version, by=staff_of(request), instant=now())
        except DraftExists:
            draft = self._sisters(version).get(state__in=UNPUBLISHED, returns_to=None)
            messages.info(request, _("There is a draft already; here it is."))
        else:
            self.log_addition(request, draft, _("Draft made."))
        return self._to(draft)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Remembers who changed a draft, for Note [Four eyes]."""
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            note_change(form.instance, by=staff_of(request), now=now())

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the draft, where its changes stand, with what has to happen next."""
        by, heading = staff_of(request), self.heading(obj)
        if self.may_publish(request) and refusal_of(obj, by=by) is None:
            messages.success(
                request,
                format_html(
                    '{} <a class="dc-link" href="{}">{}</a>',
                    _("Saved. %(version)s is a draft: it is not in force until it is published.")
                    % {"version": heading},
                    reverse(
                        f"admin:{self.opts.app_label}_{self.opts.model_name}_publish", args=[obj.pk]
                    ),
                    _("On to publishing"),
                ),
            )
            return self._to(obj)
        others = self._who_may_publish(obj, but=by)
        said = (
            _(
                "Saved. %(version)s is a draft: to put it in force, another person must publish "
                "it (%(names)s)."
            )
            if others
            else _(
                "Saved. %(version)s is a draft: to put it in force, another person must publish "
                "it. Nobody else may publish as yet."
            )
        )
        messages.success(request, said % {"version": heading, "names": listed(others)})
        return self._to(obj)

    def _who_may_publish(self, version: Any, *, but: Staff) -> list[str]:
        """Some of those who may, by name."""
        may = Staff.objects.with_perm(
            self.publish_right,
            include_superusers=False,
            backend="django.contrib.auth.backends.ModelBackend",
        ).exclude(pk=but.pk)
        if refusal_of(version, by=but):
            may = may.exclude(pk__in=version.changed_by_ids)
        return [str(staff) for staff in may.order_by("username")[:_NAMED_MAX]]

    @display(description=gettext_lazy("version"), ordering="number")
    def show_version(self, obj: Any) -> SafeString:
        """v1, v2 …, looking like the link that it is."""
        return format_html('<span class="dc-link">{}</span>', obj)

    def _panel(self, request: HttpRequest, version: Any) -> dict[str, Any]:
        if version is None:
            return {}
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        others = self._sisters(version).exclude(pk=version.pk)
        is_open = version.state in UNPUBLISHED
        in_force = others.filter(state=VersionState.PUBLISHED).first() if is_open else None
        return {
            "title": self.heading(version),
            "subtitle": None,
            "version": version,
            "state_label": STATE_LABELS[version.state],
            "frozen": is_frozen(version),
            "may_publish": self.may_publish(request),
            "may_draft": self.may_draft(request),
            "review": self.review_of(version) if is_open else None,
            "refusal": refusal_of(version, by=staff_of(request)) if is_open else None,
            "people": self.people_of(version),
            "in_force": in_force,
            "changed": compare(in_force, version) if in_force else None,
            "urls": {
                action: reverse(f"{name}_{action}", args=[version.pk])
                for action in ("publish", "cancel", "return", "draft", "difference", "compare")
            },
            "open_version": others.filter(state__in=UNPUBLISHED, returns_to=None).first(),
            "others": others.order_by("-number")[:10],
            "change_url_name": f"{name}_change",
        }
