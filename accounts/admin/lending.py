"""Loans and payments as imports brought them, for looking up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, ReadOnlyInline
from accounts.models import Allocation, ImportRun, Instalment, Loan, Payment


class InstalmentInline(ReadOnlyInline):
    model = Instalment
    fields = ("seq", "due_date", "amount_due", "paid", "settled_at")
    ordering = ("seq",)


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ("payment_no", "paid_at", "amount")
    ordering = ("-paid_at",)


class AllocationInline(ReadOnlyInline):
    model = Allocation
    fields = ("instalment", "amount")
    show_change_link = False


@admin.register(Loan)
class LoanAdmin(ReadOnlyAdmin):
    list_display = ("loan_no", "customer", "product", "principal", "currency", "status")
    list_filter = ("status",)
    search_fields = ("loan_no__exact", "customer__customer_no__exact")
    search_help_text = _("Loan number or customer number")
    list_select_related = ("customer",)
    fields = (
        ("loan_no", "customer", "status"),
        ("product", "principal", "currency"),
        ("opened_on", "annual_rate", "penalty_daily_rate"),
        ("grace_days", "credit", "updated_at"),
    )
    inlines = (InstalmentInline, PaymentInline)


@admin.register(Instalment)
class InstalmentAdmin(ReadOnlyAdmin):
    list_display = ("loan", "seq", "due_date", "amount_due", "paid", "settled_at")
    list_filter = (("settled_at", admin.EmptyFieldListFilter),)
    date_hierarchy = None
    search_fields = ("loan__loan_no__exact", "loan__customer__customer_no__exact")
    search_help_text = _("Loan number or customer number")
    list_select_related = ("loan",)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("payment_no", "loan", "paid_at", "amount")
    search_fields = ("payment_no__exact", "loan__loan_no__exact")
    search_help_text = _("Payment number or loan number")
    list_select_related = ("loan",)
    inlines = (AllocationInline,)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ("source", "started_at", "finished_at", "payments_until")
