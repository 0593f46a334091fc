"""The rules behind the risk tiers, and what they said of each borrower."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, SingleRowAdmin, display
from accounts.clock import now
from accounts.models import RiskAssessment, RiskRules
from accounts.risk.words import explain


@admin.register(RiskRules)
class RiskRulesAdmin(SingleRowAdmin):
    compressed_fields = False
    exclude = ("updated_at",)
    fieldsets = (
        (None, {"fields": ("window_instalments",)}),
        (
            _("Late instalments, of those looked at"),
            {"fields": (("medium_late_count", "high_late_count"),)},
        ),
        (
            _("Longest lateness"),
            {"fields": (("medium_longest_late_days", "high_longest_late_days"),)},
        ),
        (
            _("Share paid"),
            {"fields": (("medium_share_paid_below", "high_share_paid_below"),)},
        ),
        (_("Trend"), {"fields": ("high_trend_days",)}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With the instant of the change."""
        obj.updated_at = now()
        super().save_model(request, obj, form, change)


@admin.register(RiskAssessment)
class RiskAssessmentAdmin(ReadOnlyAdmin):
    list_display = ("customer", "show_tier", "source", "assessed_at")
    list_filter = ("tier", "source")
    search_fields = ("customer__customer_no__exact",)
    search_help_text = _("Customer number")
    list_select_related = ("customer",)
    fields = (("customer", "tier"), ("source", "assessed_at"), "show_reasons")
    readonly_fields = ("show_reasons",)

    @display(
        description=_("tier"),
        ordering="tier",
        label={"low": "success", "medium": "warning", "high": "danger"},
    )
    def show_tier(self, obj: RiskAssessment) -> tuple[str, str]:
        """The tier as a coloured label."""
        return obj.tier, obj.get_tier_display()

    @display(description=_("reasons"))
    def show_reasons(self, obj: RiskAssessment) -> str:
        """One sentence a line."""
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in explain(obj.reasons)))
