"""What the pages of the admin have in common."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

if TYPE_CHECKING:
    # Unfold has no types of its own; these are its classes as Django's, which they extend.
    class ModelAdmin(admin.ModelAdmin[Any]):
        """`unfold.admin.ModelAdmin`."""

    class StackedInline(admin.StackedInline[Any, Any]):
        """`unfold.admin.StackedInline`."""

    class TabularInline(admin.TabularInline[Any, Any]):
        """`unfold.admin.TabularInline`."""

    class InfinitePaginator(Paginator[Any]):
        """`unfold.paginator.InfinitePaginator`."""

    class ModelForm(forms.ModelForm[Any]):
        """Django's, which takes no type at run time."""

    class InlineFormSet(forms.BaseInlineFormSet[Any, Any, Any]):
        """Django's, which takes no type at run time."""

        def _construct_form(self, i: int, **kwargs: Any) -> Any:
            raise NotImplementedError

    def display(**_options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """`unfold.decorators.display`."""
        raise NotImplementedError
else:
    from django.forms import BaseInlineFormSet as InlineFormSet
    from django.forms import ModelForm
    from unfold.admin import ModelAdmin, StackedInline, TabularInline
    from unfold.decorators import display
    from unfold.paginator import InfinitePaginator

FOUND_MAX = 1_000
"""As many rows of one search are shown, whichever come first."""

__all__ = [
    "InfinitePaginator",
    "InlineFormSet",
    "ModelAdmin",
    "ModelForm",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "SingleRowAdmin",
    "StackedInline",
    "TabularInline",
    "display",
    "filter_of",
]


class _NothingToChange:
    """Rows that come from imports or from the pipeline: seen here, written there."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: rows are made elsewhere."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: what happened stays as it happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: evidence is kept."""
        return False


class FirstPages(InfinitePaginator):
    """Never counted, and not turned for ever: a later page costs as much as all before it."""

    num_pages = 200


class ReadOnlyAdmin(_NothingToChange, ModelAdmin):
    """A list to look things up in, quick on many millions of rows: the newest first, never counted
    and never sorted otherwise."""

    actions = None
    paginator = FirstPages
    sortable_by = ()
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows that one of `search_fields` finds. Each is asked alone, by its own index: one
        condition with "or" over several tables would read all of them."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found: set[Any] = set()
        for field in self.get_search_fields(request):
            with suppress(ValidationError):  # no number of that kind
                rows = self.model._default_manager.filter(**{field: term})
                found.update(rows.values_list("pk", flat=True)[:FOUND_MAX])
        return queryset.filter(pk__in=found), False


def filter_of(
    field: str, *, title: Any, values: Callable[[], Iterable[tuple[Any, Any]]], newest: int = 0
) -> type[admin.SimpleListFilter]:
    """A filter by known values (value, label): Django's own reads a whole table for what occurs.

    It looks at the `newest` rows alone, if given, so that a value that hardly occurs is not looked
    for from the last row to the first.
    """

    class KnownValues(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
            """What may be chosen."""
            return list(values())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """The rows with the chosen value."""
            chosen = self.value()
            if chosen not in {str(value) for value, _label in self.lookup_choices}:
                return queryset
            rows = queryset.filter(**{field: chosen})
            if newest:
                last = queryset.model._default_manager.order_by("-pk").values("pk")[:1]
                rows = rows.filter(pk__gt=Subquery(last) - newest)
            return rows

    KnownValues.title = title
    return KnownValues


class ReadOnlyInline(_NothingToChange, TabularInline):
    """Rows of a parent, to look at."""

    extra = 0
    can_delete = False
    show_change_link = True


class SingleRowAdmin(ModelAdmin):
    """Settings that are one row, with primary key 1: its list leads straight to it."""

    actions = None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one row, or the form that makes it."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if self.model._default_manager.filter(pk=1).exists():
            return HttpResponseRedirect(reverse(f"{name}_change", args=[1]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse(f"{name}_add"))
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """There is no second row to add."""
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only while there is no row."""
        return super().has_add_permission(request) and not self.model._default_manager.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: emptying its fields does the same."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Always as row 1."""
        obj.pk = 1
        super().save_model(request, obj, form, change)
