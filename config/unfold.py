"""Looks and navigation of the admin (django-unfold). Everything is served from here."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _item(title: Any, *, model: str, icon: str, link: Any = None) -> dict[str, Any]:
    app, name = model.split(".")

    def may_see(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}")

    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist") if link is None else link,
        "permission": may_see,
    }


NAVIGATION = [
    {
        "title": _("What we say"),
        "items": [
            _item(_("Policies"), model="reminders.policy", icon="timeline"),
            _item(_("Campaigns"), model="reminders.campaign", icon="school"),
            _item(_("Message templates"), model="reminders.messagetemplate", icon="sms"),
            _item(_("Sender identities"), model="reminders.senderidentity", icon="badge"),
        ],
    },
    {
        "title": _("Rules"),
        "items": [
            _item(_("Contact rules"), model="reminders.contactrules", icon="gavel"),
            _item(_("Calendar days"), model="reminders.calendarday", icon="calendar_month"),
            _item(_("Risk rules"), model="accounts.riskrules", icon="speed"),
            _item(
                _("Gateways"),
                model="reminders.contactrules",
                icon="cell_tower",
                link=reverse_lazy("gateways"),
            ),
        ],
    },
    {
        "title": _("What was sent"),
        "separator": True,
        "items": [
            _item(_("Reminders"), model="reminders.reminder", icon="event_note"),
            _item(_("Messages"), model="reminders.message", icon="forum"),
            _item(_("Attempts"), model="reminders.attempt", icon="send"),
            _item(_("Receipts"), model="reminders.receipt", icon="mark_chat_read"),
            _item(_("Raw receipts"), model="reminders.rawreceipt", icon="data_object"),
        ],
    },
    {
        "title": _("Borrowers"),
        "separator": True,
        "collapsible": True,
        "items": [
            _item(_("Customers"), model="accounts.customer", icon="group"),
            _item(_("Contact points"), model="accounts.contactpoint", icon="contact_phone"),
            _item(_("Consent"), model="accounts.consentevent", icon="how_to_reg"),
            _item(_("Loans"), model="accounts.loan", icon="account_balance"),
            _item(_("Instalments"), model="accounts.instalment", icon="calendar_month"),
            _item(_("Payments"), model="accounts.payment", icon="payments"),
            _item(_("Holds"), model="accounts.hold", icon="front_hand"),
            _item(_("Risk assessments"), model="accounts.riskassessment", icon="monitoring"),
        ],
    },
    {
        "title": _("System"),
        "separator": True,
        "collapsible": True,
        "items": [
            _item(_("Periodic tasks"), model="django_celery_beat.periodictask", icon="schedule"),
            _item(_("Intervals"), model="django_celery_beat.intervalschedule", icon="update"),
            _item(_("Crontabs"), model="django_celery_beat.crontabschedule", icon="event_repeat"),
            _item(_("Imports"), model="accounts.importrun", icon="upload_file"),
            _item(_("Staff"), model="accounts.staff", icon="person"),
            _item(_("Groups"), model="auth.group", icon="groups"),
        ],
    },
]


def _icon(_request: HttpRequest) -> str:
    return static("duecourse/icon.svg")


def _stylesheet(_request: HttpRequest) -> str:
    return static("duecourse/admin.css")


UNFOLD = {
    "SITE_TITLE": "Duecourse",
    "SITE_HEADER": "Duecourse",
    "SITE_SUBHEADER": _("Policies and texts"),
    "SITE_URL": "/",
    "SITE_ICON": _icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": True,
    "DASHBOARD_CALLBACK": "reminders.admin.front.front_page",
    "STYLES": [_stylesheet],
    "BORDER_RADIUS": "8px",
    "COLORS": {
        # A calm teal. Amounts due are stressful enough.
        "primary": {
            "50": "oklch(98.4% .014 180.7)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.4)",
            "300": "oklch(85.5% .138 181.1)",
            "400": "oklch(77.7% .152 181.9)",
            "500": "oklch(70.4% .14 182.5)",
            "600": "oklch(52% .1 184.7)",
            "700": "oklch(45% .085 186.4)",
            "800": "oklch(39% .072 188.2)",
            "900": "oklch(34% .06 188.4)",
            "950": "oklch(27.7% .046 192.5)",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
