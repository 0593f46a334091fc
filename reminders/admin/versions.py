"""What versions of policies and of templates have in common: draft, review, publish, frozen."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
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
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import ModelAdmin, ReadOnlyInline, StackedInline, display
from accounts.clock import now
from accounts.models import Staff
from reminders.admin.widgets import ExpandableTextarea
from reminders.authoring.problems import CannotPublish, DraftExists, Review
from reminders.models import PolicyVersion, TemplateVersion
from reminders.models.choices import VersionState

Version = PolicyVersion | TemplateVersion

STATE_LABELS = {
    VersionState.DRAFT.value: "warning",
    VersionState.PUBLISHED.value: "success",
    VersionState.RETIRED.value: "default",
}


def is_frozen(version: Model | None) -> bool:
    """Whether this is a version that can no longer be changed."""
    return version is not None and getattr(version, "state", None) != VersionState.DRAFT


class FrozenInline(StackedInline):
    """Parts of a version: to be changed in a draft, to be looked at ever after."""

    extra = 0
    collapsible = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only in a draft."""
        return super().has_add_permission(request, obj) and not is_frozen(obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only in a draft."""
        return super().has_change_permission(request, obj) and not is_frozen(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only in a draft."""
        return super().has_delete_permission(request, obj) and not is_frozen(obj)


class VersionInline(ReadOnlyInline):
    """Versions of a parent, each a link to its page."""

    fields: ClassVar[Any] = (
        "show_number",
        "show_state",
        "note",
        "created_by",
        "published_at",
        "published_by",
    )
    readonly_fields = ("show_number", "show_state")
    ordering = ("-number",)
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the people, in one query."""
        return super().get_queryset(request).select_related("created_by", "published_by")

    @display(description=gettext_lazy("version"))
    def show_number(self, obj: Any) -> SafeString:
        """v1, v2 …, as a link."""
        url = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
        return format_html('<a class="dc-link" href="{}">{}</a>', url, obj)

    @display(description=gettext_lazy("state"))
    def show_state(self, obj: Any) -> SafeString:
        """The state as a coloured label."""
        return format_html(
            '<span class="dc-state dc-state-{}">{}</span>', obj.state, obj.get_state_display()
        )


class ParentAdmin(ModelAdmin):
    """A policy or a template: what it is called, and the way to its versions."""

    actions = None
    compressed_fields = False
    change_form_outer_before_template = "admin/reminders/parent_panel.html"
    version_admin: ClassVar[str]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: messages were sent by it."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With versions, in two queries."""
        return super().get_queryset(request).prefetch_related("versions")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With what is in force and what is being drafted."""
        parent: Any = object_id and self.get_object(request, unquote(object_id))
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        if parent:
            context |= {
                "parent": parent,
                "in_force": in_force(parent),
                "draft": draft_of(parent),
                "may_draft": request.user.has_perm(f"reminders.add_{self.version_admin}"),
                "change_url_name": f"admin:reminders_{self.version_admin}_change",
                "draft_url_name": f"admin:reminders_{self.version_admin}_draft",
            }
        return super().changeform_view(request, object_id, form_url, context)

    def first_draft(self, parent: Any, *, by: Staff, instant: datetime) -> None:
        """The draft that a new policy or template begins with."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new one gets its first draft at once."""
        instant = now()
        if not change:
            obj.created_at = instant
        super().save_model(request, obj, form, change)
        if not change:
            self.first_draft(obj, by=_staff(request), instant=instant)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the draft."""
        super().response_add(request, obj, post_url_continue)  # says that it was added
        draft = draft_of(obj)
        assert draft is not None, "save_model made it"
        return HttpResponseRedirect(
            reverse(f"admin:reminders_{self.version_admin}_change", args=[draft.pk])
        )

    @display(description=gettext_lazy("in force"))
    def show_in_force(self, obj: Any) -> str:
        """Number of the published version."""
        return str(in_force(obj) or "–")

    @display(description=gettext_lazy("draft"))
    def show_draft(self, obj: Any) -> str:
        """Number of the draft."""
        return str(draft_of(obj) or "–")


def in_force(parent: Any) -> Any:
    """The published version of a policy or template, or None."""
    return next((v for v in parent.versions.all() if v.state == VersionState.PUBLISHED), None)


def draft_of(parent: Any) -> Any:
    """The draft of a policy or template, or None."""
    return next((v for v in parent.versions.all() if not is_frozen(v)), None)


class VersionAdmin(ModelAdmin):
    """A draft is edited here; publishing asks once more and tells who and when."""

    parent_name: ClassVar[str]
    publish_right: ClassVar[str]

    actions = None
    compressed_fields = False
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/reminders/version_panel.html"
    list_per_page = 50

    def make_draft(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """A draft from `version`. Raises DraftExists."""
        raise NotImplementedError

    def put_in_force(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """Publishes. Raises CannotPublish."""
        raise NotImplementedError

    def review_of(self, version: Any) -> Review:
        """What stands in the way of publishing."""
        raise NotImplementedError

    def drawing(self, version: Any) -> dict[str, Any]:
        """What the page of publishing shows of the version."""
        return {}

    def heading(self, version: Any) -> str:
        """The name of a version, with its parent's."""
        return f"{getattr(version, self.parent_name).title} · {version}"

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

    def may_publish(self, request: HttpRequest) -> bool:
        """Publishing has a right of its own."""
        return request.user.has_perm(self.publish_right)

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
        """Publishing and drafting besides Django's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<int:pk>/publish/",
                self.admin_site.admin_view(self.publish_view),
                name=f"{name}_publish",
            ),
            path(
                "<int:pk>/draft/", self.admin_site.admin_view(self.draft_view), name=f"{name}_draft"
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

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks once more, with every problem in words; then publishes."""
        version = self._find(request, pk=pk)
        if not self.may_publish(request):
            raise PermissionDenied
        if is_frozen(version):
            messages.info(request, _("This version is published already."))
            return self._to(version)
        if request.method == "POST":
            try:
                self.put_in_force(version, by=_staff(request), instant=now())
            except CannotPublish:
                pass  # the page below lists what is wrong
            else:
                self.log_change(request, version, _("Published."))
                messages.success(
                    request, _("%(version)s is in force.") % {"version": self.heading(version)}
                )
                return self._to(version)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": version,
            "title": self.heading(version),
            "review": self.review_of(version),
            "back": self._url(version),
            "in_force": self._sisters(version).filter(state=VersionState.PUBLISHED).first(),
            **self.drawing(version),
        }
        return TemplateResponse(request, "admin/reminders/publish.html", context)

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Makes a draft from the version and goes there."""
        version = self._find(request, pk=pk)
        if not self.may_draft(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            draft = self.make_draft(version, by=_staff(request), instant=now())
        except DraftExists:
            draft = self._sisters(version).get(state=VersionState.DRAFT)
            messages.info(request, _("There is a draft already; here it is."))
        else:
            self.log_addition(request, draft, _("Draft made."))
        return self._to(draft)

    def _find(self, request: HttpRequest, *, pk: int) -> Any:
        version = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, version):
            raise Http404
        return version

    def _sisters(self, version: Any) -> QuerySet[Any]:
        parent = getattr(version, self.parent_name)
        sisters: QuerySet[Any] = self.model._default_manager.filter(**{self.parent_name: parent})
        return sisters

    def _panel(self, request: HttpRequest, version: Any) -> dict[str, Any]:
        if version is None:
            return {}
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        others = self._sisters(version).exclude(pk=version.pk)
        return {
            "title": self.heading(version),
            "subtitle": None,
            "version": version,
            "state_label": STATE_LABELS[version.state],
            "frozen": is_frozen(version),
            "may_publish": self.may_publish(request),
            "may_draft": self.may_draft(request),
            "review": None if is_frozen(version) else self.review_of(version),
            "publish_url": reverse(f"{name}_publish", args=[version.pk]),
            "draft_url": reverse(f"{name}_draft", args=[version.pk]),
            "draft": others.filter(state=VersionState.DRAFT).first(),
            "others": others.order_by("-number")[:10],
            "change_url_name": f"{name}_change",
        }

    def _url(self, version: Any) -> str:
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[version.pk]
        )

    def _to(self, version: Any) -> HttpResponse:
        return HttpResponseRedirect(self._url(version))


def _staff(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff), "admin_view lets only staff in"
    return request.user
