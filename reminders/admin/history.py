"""What was planned, sent and answered, for looking up. Nothing here can be changed."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, ReadOnlyInline, display, filter_of
from accounts.models.choices import Channel
from reminders.gateways.registry import BUILDERS
from reminders.models import Attempt, Message, PolicyStep, RawReceipt, Receipt, Reminder
from reminders.models.choices import AttemptOutcome, MessageState, ReminderState, Stage, Tone
from reminders.queries.codes import EFFECTS, STATUSES, code_label, effect_label, status_label
from reminders.queries.words import reason_label

_PHONE = re.compile(r"(?<!\d)(\+?\d{0,3}1[3-9]\d|\+\d{3})\d{3,8}(\d{4})(?!\d)")

_REMINDER_LABELS = {
    "planned": "info",
    "messaged": "success",
    "skipped": "default",
    "expired": "warning",
    "cancelled": "default",
}
_MESSAGE_LABELS = {
    "sending": "info",
    "waiting": "info",
    "accepted": "info",
    "unknown": "warning",
    "delivered": "success",
    "undelivered": "danger",
    "rejected": "danger",
    "cancelled": "default",
}


FILTERED_NEWEST = 200_000
"""Filters of the long histories look at as many of the newest rows."""

_BY_GATEWAY = filter_of(
    "gateway",
    title=_("gateway"),
    values=lambda: [(name, name) for name in BUILDERS],
    newest=FILTERED_NEWEST,
)


def _by(field: str, *, title: Any, choices: Iterable[tuple[Any, Any]]) -> Any:
    return filter_of(field, title=title, values=lambda: choices, newest=FILTERED_NEWEST)


def mask_phones(text: str) -> str:
    """`text` with what looks like a phone number masked: raw receipts of gateways hold them."""
    return _PHONE.sub(r"\1****\2", text)


class ReminderInline(ReadOnlyInline):
    model = Reminder
    fields = ("instalment", "step", "due_date", "send_at", "decided_at")


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ("number", "gateway", "opened_at", "closed_at", "outcome", "code", "provider_id")
    ordering = ("number",)


class _ReceiptInWords:
    """What a receipt says and what it changed, in words; its code stays as the gateway wrote it."""

    @display(description=_("status"), ordering="status")
    def show_status(self, obj: Receipt) -> str:
        """What the gateway reports."""
        return status_label(obj.status)

    @display(description=_("effect"), ordering="effect")
    def show_effect(self, obj: Receipt) -> str:
        """What it changed here."""
        return effect_label(obj.effect)


class ReceiptInline(_ReceiptInWords, ReadOnlyInline):
    model = Receipt
    fields = ("show_status", "code", "happened_at", "received_at", "show_effect")
    readonly_fields = fields
    ordering = ("received_at",)


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = (
        "send_at",
        "customer",
        "instalment",
        "step",
        "campaign",
        "show_state",
        "show_reason",
        "due_date",
    )
    list_filter = (
        _by("state", title=_("state"), choices=ReminderState.choices),
        filter_of(
            "step",
            title=_("step"),
            values=lambda: [(row.pk, str(row)) for row in PolicyStep.objects.order_by("key")],
            newest=FILTERED_NEWEST,
        ),
    )
    search_fields = ("customer__customer_no__exact", "instalment__loan__loan_no__exact")
    search_help_text = _("Customer number or loan number")
    list_select_related = ("customer", "instalment", "step", "campaign")
    ordering = ("-id",)
    fields = (
        ("customer", "instalment", "due_date"),
        ("step", "step_version", "template", "requested_by", "campaign"),
        ("state", "show_reason", "message"),
        ("send_at", "expires_at", "next_attempt_at"),
        ("planned_at", "decided_at"),
        "detail",
    )
    readonly_fields = ("show_reason",)

    @display(description=_("state"), ordering="state", label=_REMINDER_LABELS)
    def show_state(self, obj: Reminder) -> tuple[str, str]:
        """The state as a coloured label."""
        return obj.state, obj.get_state_display()

    @display(description=_("reason"))
    def show_reason(self, obj: Reminder) -> str:
        """The stored reason in words."""
        return reason_label(obj.reason)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = (
        "opened_at",
        "customer",
        "channel",
        "show_state",
        "show_reason",
        "stage",
        "parts",
    )
    list_filter = (
        _by("state", title=_("state"), choices=MessageState.choices),
        _by("channel", title=_("channel"), choices=Channel.choices),
        _by("stage", title=_("stage"), choices=Stage.choices),
        _by("tone", title=_("tone"), choices=Tone.choices),
        _BY_GATEWAY,
    )
    search_fields = ("reference__exact", "customer__customer_no__exact")
    search_help_text = _("Reference or customer number")
    list_select_related = ("customer",)
    ordering = ("-id",)
    fields = (
        ("customer", "contact_point", "channel"),
        ("state", "show_reason", "reference"),
        "body",
        ("stage", "purpose", "language", "tone"),
        ("template_version", "amount", "currency"),
        ("gateway", "parts", "price", "price_currency"),
        ("opened_at", "accepted_at", "ended_at"),
    )
    readonly_fields = ("show_reason",)
    inlines = (ReminderInline, AttemptInline, ReceiptInline)

    @display(description=_("state"), ordering="state", label=_MESSAGE_LABELS)
    def show_state(self, obj: Message) -> tuple[str, str]:
        """The state as a coloured label."""
        return obj.state, obj.get_state_display()

    @display(description=_("reason"))
    def show_reason(self, obj: Message) -> str:
        """The stored reason in words."""
        return code_label(obj.reason)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "message", "number", "gateway", "outcome", "code", "closed_at")
    list_filter = (
        _by("outcome", title=_("outcome"), choices=AttemptOutcome.choices),
        _BY_GATEWAY,
    )
    search_fields = ("message__reference__exact",)
    search_help_text = _("Reference")
    list_select_related = ("message",)
    ordering = ("-id",)


@admin.register(Receipt)
class ReceiptAdmin(_ReceiptInWords, ReadOnlyAdmin):
    list_display = ("received_at", "message", "show_status", "code", "show_effect", "gateway")
    list_filter = (
        _by("status", title=_("status"), choices=STATUSES),
        _by("effect", title=_("effect"), choices=EFFECTS),
        _BY_GATEWAY,
    )
    search_fields = ("message__reference__exact",)
    search_help_text = _("Reference")
    list_select_related = ("message",)
    ordering = ("-id",)
    fields = (
        ("message", "gateway"),
        ("show_status", "code", "show_effect"),
        ("happened_at", "received_at"),
        ("reference", "event"),
    )
    readonly_fields = ("show_status", "show_effect")


@admin.register(RawReceipt)
class RawReceiptAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "gateway", "applied_at", "problem")
    list_filter = (_BY_GATEWAY, ("applied_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    fields = (("gateway", "received_at", "applied_at"), "problem", "show_body")
    readonly_fields = ("show_body",)

    @display(description=_("body"))
    def show_body(self, obj: RawReceipt) -> str:
        """The callback as it came, phone numbers masked."""
        return mask_phones(obj.body)
