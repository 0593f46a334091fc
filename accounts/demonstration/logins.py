"""People to sign in as on a demonstration."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Staff

GROUPS = ("collections", "editors", "publishers", "managers")
"""The roles. What each may do is attached by the parts that have something to permit."""

_LOGINS = {
    "editor": ("editors",),
    "publisher": ("publishers",),
    "agent": ("collections",),
    "manager": ("managers", "collections"),
    "admin": (),
}
_SUPERUSER = "admin"


@dataclass(frozen=True, slots=True)
class Login:
    """A user name, its groups, and whether this run made it."""

    username: str
    groups: tuple[str, ...]
    is_new: bool


@transaction.atomic
def create_logins(*, password: str) -> list[Login]:
    """Make the groups and the users that are missing; whoever is there keeps their password."""
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in GROUPS}
    logins = []
    for username, roles in _LOGINS.items():
        user = Staff.objects.filter(username=username).first()
        is_new = user is None
        if user is None:
            user = Staff.objects.create_user(
                username=username,
                password=password,
                is_staff=True,
                is_superuser=username == _SUPERUSER,
            )
        user.groups.add(*(groups[name] for name in roles))
        logins.append(Login(username, roles, is_new))
    return logins
