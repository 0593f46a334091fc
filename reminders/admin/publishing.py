"""Publishing a version: at once, later, and back to an earlier one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.admin.base import ModelAdmin
from accounts.clock import now
from accounts.models import Staff
from reminders.admin.versions import Version, staff_of
from reminders.authoring import scheduling
from reminders.authoring.comparing import compare
from reminders.authoring.problems import CannotPublish, Problem, Review
from reminders.authoring.publishing import refusal_of
from reminders.models.choices import VersionState

gettext_noop("Shanghai")  # that of the default TIME_ZONE; other cities are named as they are


class PublishingViews(ModelAdmin):
    """The pages that put a version in force, with the right that they need."""

    parent_name: ClassVar[str]
    publish_right: ClassVar[str]

    def put_in_force(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """Publishes. Raises CannotPublish."""
        raise NotImplementedError

    def review_of(self, version: Any) -> Review:
        """What stands in the way of publishing."""
        raise NotImplementedError

    def drawing(self, version: Any) -> dict[str, Any]:
        """What the page of publishing shows of the version."""
        return {}

    def people_of(self, version: Any) -> dict[str, Any]:
        """Who changed a version, by name, in the order in which they began."""
        known = Staff.objects.in_bulk(version.changed_by_ids)
        return {"changed_by": [str(known[pk]) for pk in version.changed_by_ids if pk in known]}

    def heading(self, version: Any) -> str:
        """The name of a version, with its parent's."""
        return f"{getattr(version, self.parent_name).title} · {version}"

    def may_publish(self, request: HttpRequest) -> bool:
        """Publishing has a right of its own."""
        return request.user.has_perm(self.publish_right)

    def publishing_urls(self, name: str) -> list[URLPattern]:
        """The addresses of these pages."""
        views: tuple[tuple[str, Callable[..., HttpResponse]], ...] = (
            ("publish", self.publish_view),
            ("cancel", self.cancel_view),
            ("return", self.return_view),
        )
        return [
            path(f"<int:pk>/{word}/", self.admin_site.admin_view(view), name=f"{name}_{word}")
            for word, view in views
        ]

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks once more, with every problem in words; then publishes, now or later."""
        version = self._to_be_published(request, pk=pk)
        if version.state != VersionState.DRAFT:
            messages.info(request, _("This version is published already."))
            return self._to(version)
        by, problems = staff_of(request), []
        if request.method == "POST":
            at, late = _asked_time(request)
            try:
                if late:
                    raise CannotPublish([late])
                if at is None:
                    self.put_in_force(version, by=by, instant=now())
                    done = _("%(version)s is in force.")
                else:
                    scheduling.schedule(version=version, by=by, at=at, now=now())
                    done = _("%(version)s will take effect by itself.")
            except CannotPublish as refused:
                problems = list(refused.problems)
            else:
                self.log_change(
                    request, version, _("Published.") if at is None else _("Scheduled.")
                )
                messages.success(request, done % {"version": self.heading(version)})
                return self._to(version)
        review, refusal = self.review_of(version), refusal_of(version, by=by)
        known = {*review.problems, refusal}
        context = {
            "review": review,
            "refusal": refusal,
            "more_problems": [problem for problem in problems if problem not in known],
            "city": _city(settings.TIME_ZONE),
            "people": self.people_of(version),
            **self.drawing(version),
        }
        return self._ask(request, version, template="publish", context=context)

    def return_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows what a return to an earlier version changes; then publishes a copy of it."""
        version = self._to_be_published(request, pk=pk)
        problems: tuple[Problem, ...] = ()
        if request.method == "POST":
            try:
                copy = scheduling.return_to(version=version, by=staff_of(request), now=now())
            except CannotPublish as refused:
                problems = refused.problems
            else:
                self.log_addition(request, copy, _("Returned to %(old)s.") % {"old": version})
                messages.success(
                    request,
                    _("%(version)s is in force and says what %(old)s said.")
                    % {"version": self.heading(copy), "old": version},
                )
                return self._to(copy)
        return self._ask(
            request,
            version,
            template="return",
            context={"problems": problems, **self.drawing(version)},
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Calls off what was to take effect later: it is a draft again."""
        version = self._to_be_published(request, pk=pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if scheduling.cancel(version):
            self.log_change(request, version, _("Called off."))
            messages.success(request, _("It will not take effect: it is a draft again."))
        else:
            messages.info(request, _("This version is not scheduled."))
        return self._to(version)

    def _ask(
        self, request: HttpRequest, version: Any, *, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        current = self._sisters(version).filter(state=VersionState.PUBLISHED).first()
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return TemplateResponse(
            request,
            f"admin/reminders/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": version,
                "title": self.heading(version),
                "version": version,
                "back": self._url(version),
                "difference_url": reverse(f"{name}_difference", args=[version.pk]),
                "in_force": current,
                "changed": compare(current, version) if current else None,
                **context,
            },
        )

    def _to_be_published(self, request: HttpRequest, *, pk: int) -> Any:
        version = self._find(request, pk=pk)
        if not self.may_publish(request):
            raise PermissionDenied
        return version

    def _find(self, request: HttpRequest, *, pk: int) -> Any:
        version = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, version):
            raise Http404
        return version

    def _sisters(self, version: Any) -> QuerySet[Any]:
        parent = getattr(version, self.parent_name)
        sisters: QuerySet[Any] = self.model._default_manager.filter(**{self.parent_name: parent})
        return sisters

    def _url(self, version: Any) -> str:
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[version.pk]
        )

    def _to(self, version: Any) -> HttpResponse:
        return HttpResponseRedirect(self._url(version))


def _city(zone: str) -> str:
    """Whose time it is, as people say it: Asia/Shanghai is Shanghai time."""
    return _(zone.rpartition("/")[2].replace("_", " "))


def _asked_time(request: HttpRequest) -> tuple[datetime | None, Problem | None]:
    """When it is to take effect, in the zone of the pages; None for at once."""
    typed = request.POST.get("at", "").strip()
    if "later" not in request.POST:
        return None, None
    try:
        wall_clock = datetime.fromisoformat(typed)
    except ValueError:
        return None, Problem("", _("Say when it is to take effect: a day and a time."))
    return wall_clock.replace(tzinfo=ZoneInfo(settings.TIME_ZONE)), None
