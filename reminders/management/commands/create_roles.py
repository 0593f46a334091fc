"""`manage.py create_roles`: what the groups of staff may do in the admin."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q

_WRITING = ("policy", "messagetemplate", "campaign")
_VERSIONS = ("policyversion", "templateversion")
_PARTS = ("stepversion", "templatetext")


def _codenames(actions: tuple[str, ...], models: tuple[str, ...]) -> set[str]:
    return {f"{action}_{model}" for action in actions for model in models}


_VIEW_WRITING = _codenames(
    ("view",),
    (*_WRITING, *_VERSIONS, *_PARTS, "contactrules", "calendarday", "senderidentity", "riskrules"),
)
_EDIT = _codenames(("add", "change"), _WRITING) | _codenames(
    ("add", "change", "delete"), (*_VERSIONS, *_PARTS, "campaign")
)
_SENT = _codenames(("view",), ("reminder", "message", "attempt", "receipt", "rawreceipt"))
_SETTLE = {"add_settlement"}
_FIGURES = {"view_dayfact"}
_LEDGER = _codenames(
    ("view",),
    (
        "customer",
        "contactpoint",
        "consentevent",
        "loan",
        "instalment",
        "payment",
        "hold",
        "holdterm",
        "riskassessment",
        "importrun",
    ),
)

ROLES: dict[str, set[str]] = {
    "editors": _VIEW_WRITING | _EDIT,
    "publishers": _VIEW_WRITING
    | {"publish_policyversion", "publish_templateversion", "publish_campaign", "change_policy"}
    | _codenames(("add", "change"), ("contactrules", "senderidentity", "riskrules")),
    "managers": _VIEW_WRITING | _SENT | _LEDGER | _SETTLE | _FIGURES,
    "collections": _SETTLE,
}
"""Rights of each group. The collections desk works on the staff pages and has none in the admin;
what became of a text of unknown outcome is said there. Figures of the whole book are for
managers alone."""


class Command(BaseCommand):
    help = (
        "Creates the groups editors, publishers, managers and collections and sets what each may "
        "do in the admin. Run again it puts the rights back to these; people stay in their groups."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sets the rights of every role, all or none."""
        with transaction.atomic():
            for name, codenames in ROLES.items():
                group, _is_new = Group.objects.get_or_create(name=name)
                rights = Permission.objects.filter(
                    Q(content_type__app_label__in=("accounts", "reminders")),
                    codename__in=codenames,
                )
                if missing := codenames - {right.codename for right in rights}:
                    raise CommandError(f"no such rights: {sorted(missing)}: run migrate first")
                group.permissions.set(rights)
                self.stdout.write(f"{name}: {len(codenames)} rights")
