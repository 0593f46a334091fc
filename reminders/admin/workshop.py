"""What a version would do on the live book, and what it says otherwise than another."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.admin.base import ModelAdmin
from accounts.clock import now
from reminders.admin.difference_tables import HORIZONS, shown_difference
from reminders.authoring.comparing import compare
from reminders.models.choices import VersionState
from reminders.queries.difference import (
    WALKED_MAX,
    borrowers_with_loans,
    changes,
    difference,
)
from reminders.queries.difference_csv import as_csv

_WALKED_DAYS = 28_000
"""Borrowers times days that a page walks at most: some two seconds of one core."""


class WorkshopViews(ModelAdmin):
    """Pages that change nothing."""

    parent_name: ClassVar[str]

    def heading(self, version: Any) -> str:
        """The name of a version, with its parent's."""
        raise NotImplementedError

    def _find(self, request: HttpRequest, *, pk: int) -> Any:
        raise NotImplementedError

    def _sisters(self, version: Any) -> QuerySet[Any]:
        raise NotImplementedError

    def _url(self, version: Any) -> str:
        raise NotImplementedError

    def workshop_urls(self, name: str) -> list[URLPattern]:
        """The addresses of these pages."""
        views: tuple[tuple[str, str, Callable[..., Any]], ...] = (
            ("difference", "<int:pk>/difference/", self.difference_view),
            ("difference_csv", "<int:pk>/difference.csv", self.difference_csv_view),
            ("compare", "<int:pk>/compare/", self.compare_view),
        )
        return [
            path(where, self.admin_site.admin_view(view), name=f"{name}_{word}")
            for word, where, view in views
        ]

    def difference_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whom the version would reach over the next days, against today's."""
        version = self._find(request, pk=pk)
        days = _days(request)
        found = difference(
            version,
            days=days,
            now=now(),
            zone=ZoneInfo(settings.TIME_ZONE),
            walked_max=min(WALKED_MAX, _WALKED_DAYS // days),
        )
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return self._page(
            request,
            version,
            template="difference",
            context={
                **shown_difference(found),
                "days": days,
                "horizons": HORIZONS,
                "csv_url": reverse(f"{name}_difference_csv", args=[version.pk]) + f"?days={days}",
                "in_force": self._sisters(version).filter(state=VersionState.PUBLISHED).first(),
                "scheduled": self._sisters(version)
                .filter(state=VersionState.SCHEDULED)
                .exclude(pk=version.pk)
                .first(),
            },
        )

    def difference_csv_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Every reminder that would fare otherwise, of the whole book, line by line as found."""
        version, days, instant = self._find(request, pk=pk), _days(request), now()
        ids, _of = borrowers_with_loans()
        lines: Iterator[str] = as_csv(
            changes(version, days=days, now=instant, customer_ids=ids),
            zone=ZoneInfo(settings.TIME_ZONE),
        )
        name = f"difference-{getattr(version, self.parent_name).key}-{version}-{days}d.csv"
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a version says otherwise than another, with who wrote and published each."""
        version = self._find(request, pk=pk)
        others = list(
            self._sisters(version)
            .exclude(pk=version.pk)
            .select_related("created_by", "published_by", self.parent_name)
        )
        asked = request.GET.get("with", "")
        other = next((one for one in others if str(one.pk) == asked), None) or _neighbour(
            others, version=version
        )
        older, newer = sorted((other or version, version), key=lambda v: v.number)
        return self._page(
            request,
            version,
            template="compare",
            context={
                "other": other,
                "others": others,
                "older": older,
                "newer": newer,
                "older_people": self.people_of(older),
                "newer_people": self.people_of(newer),
                "changed": compare(older, newer) if other else [],
            },
        )

    def people_of(self, version: Any) -> dict[str, Any]:
        """Who changed a version, by name."""
        raise NotImplementedError

    def _page(
        self, request: HttpRequest, version: Any, *, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/reminders/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": version,
                "version": version,
                "title": self.heading(version),
                "back": self._url(version),
                **context,
            },
        )


def _neighbour(others: list[Any], *, version: Any) -> Any:
    """What one most likely wants to compare with: what is in force, else the version before."""
    in_force = next((one for one in others if one.state == VersionState.PUBLISHED), None)
    before = [one for one in others if one.number < version.number]
    return in_force or max(before or others, key=lambda one: one.number, default=None)


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(days) for days in HORIZONS} else HORIZONS[0]
