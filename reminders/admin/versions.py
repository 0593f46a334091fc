"""What the pages of policies and of templates have in common: versions, and what is frozen."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from accounts.admin.base import ModelAdmin, ReadOnlyInline, StackedInline, display
from accounts.clock import now
from accounts.models import Staff
from reminders.models import PolicyVersion, TemplateVersion
from reminders.models.choices import VersionState

Version = PolicyVersion | TemplateVersion

STATE_LABELS = {
    VersionState.DRAFT.value: "warning",
    VersionState.SCHEDULED.value: "info",
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
                "scheduled": scheduled_of(parent),
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
            self.first_draft(obj, by=staff_of(request), instant=instant)

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


def scheduled_of(parent: Any) -> Any:
    """The version that takes effect later, or None."""
    return next((v for v in parent.versions.all() if v.state == VersionState.SCHEDULED), None)


def staff_of(request: HttpRequest) -> Staff:
    """Who asks."""
    assert isinstance(request.user, Staff), "admin_view lets only staff in"
    return request.user
