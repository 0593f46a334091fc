"""The figures of a day as pages name them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reminders.queries.day import DayFigures

FIGURE_TITLES: Mapping[str, Promise] = {
    "texts": _("Texts"),
    "delivered": _("Delivered"),
    "under_way": _("Under way"),
    "undelivered": _("Not delivered"),
    "unknown": _("Outcome unknown"),
    "rejected": _("Rejected or cancelled"),
    "handed_over": _("Handed over"),
    "still_open": _("Still open"),
    "not_sent": _("Not sent, with a reason"),
    "planned": _("Planned, next 48 hours"),
}

FIGURE_NOTES: Mapping[str, Promise] = {
    "texts": _("Every text of the day, whatever became of it."),
    "delivered": _("The carrier says that they arrived on the phone."),
    "under_way": _("Being handed over, waiting for another try, or accepted and not yet reported."),
    "undelivered": _("The carrier says that they did not arrive."),
    "unknown": _("They may have been sent. The gateway is asked; nothing is resent on a guess."),
    "rejected": _("The gateway refused them, or nothing was to be said any more."),
    "not_sent": _("Reminders that were looked at and became no text."),
    "planned": _("Each is decided on fresh facts when its time comes."),
}

MOODS = {
    "texts": "neutral",
    "delivered": "good",
    "under_way": "under_way",
    "undelivered": "bad",
    "unknown": "unsure",
    "rejected": "bad",
    "not_sent": "ended",
    "planned": "neutral",
}


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure with its title and mood."""

    key: str
    title: str
    count: int
    mood: str


def shown(day: DayFigures) -> tuple[ShownFigure, ...]:
    """The figures in the order of the page."""
    return tuple(
        ShownFigure(row.key, str(FIGURE_TITLES[row.key]), row.count, MOODS[row.key])
        for row in day.figures
    )
