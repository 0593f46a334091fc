"""Borrowers as imports brought them, for looking up. Addresses are shown masked."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, ReadOnlyInline, display, filter_of
from accounts.models import ConsentEvent, ContactPoint, Customer, Hold, HoldTerm, Loan
from accounts.search import find_customers


class ContactPointInline(ReadOnlyInline):
    model = ContactPoint
    fields = ("channel", "address_masked", "is_current", "unusable_since", "unusable_reason")


class LoanInline(ReadOnlyInline):
    model = Loan
    fields = ("loan_no", "product", "principal", "currency", "opened_on", "status")


class HoldInline(ReadOnlyInline):
    model = Hold
    fields = ("kind", "from_at", "until_at", "reason", "placed_by", "released_at")


class HoldTermInline(ReadOnlyInline):
    model = HoldTerm
    fields = ("due_at", "amount")


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("customer_no", "name", "show_tier", "language", "timezone", "segment")
    list_filter = (
        "risk__tier",
        filter_of("language", title=_("language"), values=lambda: settings.LANGUAGES),
        "is_demonstration",
    )
    search_fields = ("customer_no",)
    search_help_text = _("Name, number of a customer or loan, or phone number")
    fields = (
        ("customer_no", "name", "segment"),
        ("language", "timezone", "other_timezones", "is_demonstration"),
        ("tier", "created_at", "updated_at"),
    )
    readonly_fields = ("tier",)
    inlines = (ContactPointInline, LoanInline, HoldInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the tier, in one query."""
        return super().get_queryset(request).select_related("risk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As on the staff pages."""
        if not search_term.strip():
            return queryset, False
        found = find_customers(search_term, limit=self.list_per_page)
        return queryset.filter(pk__in=[row.id for row in found]), False

    @display(
        description=_("risk tier"),
        ordering="risk__tier",
        label={"low": "success", "medium": "warning", "high": "danger"},
    )
    def show_tier(self, obj: Customer) -> tuple[str, str] | None:
        """The tier as a coloured label; None before the first assessment."""
        risk = getattr(obj, "risk", None)
        return (risk.tier, risk.get_tier_display()) if risk else None

    @display(description=_("risk tier"))
    def tier(self, obj: Customer) -> str:
        """The tier in words: unfold colours labels in lists alone."""
        risk = getattr(obj, "risk", None)
        return str(risk.get_tier_display()) if risk else ""


@admin.register(ContactPoint)
class ContactPointAdmin(ReadOnlyAdmin):
    list_display = ("address_masked", "channel", "customer", "is_current", "unusable_since")
    list_filter = ("channel", "is_current", ("unusable_since", admin.EmptyFieldListFilter))
    search_fields = ("customer__customer_no__exact",)
    search_help_text = _("Customer number")
    list_select_related = ("customer",)
    fields = (
        ("customer", "channel", "address_masked"),
        ("is_current", "unusable_since", "unusable_reason"),
        "created_at",
    )


@admin.register(ConsentEvent)
class ConsentEventAdmin(ReadOnlyAdmin):
    list_display = ("customer", "channel", "purpose", "granted", "source", "happened_at")
    list_filter = ("granted", "channel", "purpose")
    search_fields = ("customer__customer_no__exact",)
    search_help_text = _("Customer number")
    list_select_related = ("customer",)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("customer", "kind", "loan", "from_at", "until_at", "placed_by", "released_at")
    list_filter = ("kind", ("released_at", admin.EmptyFieldListFilter))
    search_fields = ("customer__customer_no__exact", "loan__loan_no__exact")
    search_help_text = _("Customer number or loan number")
    list_select_related = ("customer", "loan", "placed_by")
    inlines = (HoldTermInline,)
