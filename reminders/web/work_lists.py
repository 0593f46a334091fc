"""The work lists as pages name them, and the way back to one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reminders.queries.work import LISTS, work
from reminders.web.pages import staff_clock

TITLES: Mapping[str, Promise] = {
    "promises": _("Promises due"),
    "high_risk": _("High risk, due soon"),
    "undeliverable": _("Undeliverable numbers"),
    "replies": _("Replies to read"),
    "unknown": _("Outcome unknown"),
}


@dataclass(frozen=True, slots=True)
class ShownList:
    """A list in the navigation; `name` is also that of its address."""

    name: str
    title: str
    count: int
    is_more: bool

    @property
    def address(self) -> str:
        """The name of the page, for `url`."""
        return f"staff:{self.name}"


def shown_lists(*, now: datetime) -> tuple[ShownList, ...]:
    """All lists with how much is on them."""
    return tuple(
        ShownList(one.name, str(TITLES[one.name]), one.count, one.is_more)
        for one in work(clock=staff_clock(), now=now)
    )


def origin_of(request: HttpRequest) -> dict[str, str]:
    """The list that a page was opened from, by `from` in its address: name, title and address;
    nothing where it was none."""
    name = request.GET.get("from", "")
    if name not in {one.name for one in LISTS}:
        return {}
    return {"name": name, "title": str(TITLES[name]), "address": f"staff:{name}"}
