"""What a rule looked at when it let a reminder pass, in words."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models.choices import Purpose
from reminders.core.vocabulary import RestDays
from reminders.models.choices import profile_label
from reminders.queries import formats
from reminders.queries.formats import Clock
from reminders.queries.words import Figures, channels, day_of, percent, sentence, tier


def _amount(figures: Figures) -> str:
    return formats.amount(Decimal(figures["outstanding"]), figures["currency"])


def _audience(figures: Figures) -> str:
    if "tier" not in figures:
        return _("A person asked for it.")
    return _("The borrower is at %(tier)s.") % {"tier": tier(figures["tier"])}


def _fresh(figures: Figures, clock: Clock) -> str:
    if "stage" in figures:
        return _("That matters for overdue texts only.")
    if figures["ledger_as_of"] is None:
        return _("Payments do not come by import here, so there is none to wait for.")
    return _("Payments were fed in at %(time)s.") % {
        "time": clock.instant(datetime.fromisoformat(figures["ledger_as_of"]))
    }


def _working(figures: Figures) -> str:
    if "day" not in figures:
        return _("%(purpose)s: may go out on any day.") % {
            "purpose": Purpose(figures["purpose"]).label
        }
    if figures["rest_days"] == RestDays.NONE:
        return _("The contact rules know no days of rest.")
    if not figures["calendar_knows"]:
        return _("%(day)s; the holidays of that year are not known.") % {
            "day": day_of(figures["day"])
        }
    return _("%(day)s is no day of rest.") % {"day": day_of(figures["day"])}


_GRANTED: Mapping[str, Callable[[Figures, Clock], str]] = {
    "still_true": lambda f, clock: (
        _("Up to and including %(day)s.")
        % {
            "day": formats.day(
                clock.date(datetime.fromisoformat(f["true_until"]) - timedelta(seconds=1))
            )
        }
    ),
    "still_owed": lambda f, clock: _("%(amount)s is open.") % {"amount": _amount(f)},
    "due_date_stands": lambda f, clock: _("It is %(day)s.") % {"day": day_of(f["planned_for"])},
    "not_on_hold": lambda f, clock: (
        _("None is in force for any loan.") if f else _("None is in force for this loan.")
    ),
    "in_audience": lambda f, clock: _audience(f),
    "not_held_out": lambda f, clock: (
        _("The policy leaves out %(percent)s %%, not this borrower.") % {"percent": percent(f)}
        if Decimal(f["percent"])
        else _("Nobody is left out.")
    ),
    "reachable": lambda f, clock: sentence(channels(f)),
    "allowed_by_borrower": lambda f, clock: (
        _("Allowed: %(purpose)s.") % {"purpose": Purpose(f["purpose"]).label}
    ),
    "ledger_fresh": _fresh,
    "working_day": lambda f, clock: _working(f),
    "reminders_first": lambda f, clock: _("None that it would hold up."),
    "newest_step": lambda f, clock: _("No later one has come."),
    "one_text_at_a_time": lambda f, clock: _("No other text goes first."),
    "contact_rules": lambda f, clock: (
        _("Rules in force: %(profile)s.") % {"profile": profile_label(f["profile"])}
    ),
}


def granted(rule: str, figures: Figures | None, *, clock: Clock) -> str:
    """What a rule looked at when it let a reminder pass; empty when that says nothing more."""
    try:
        return _GRANTED[rule](figures or {}, clock)
    except (KeyError, ValueError, TypeError):
        return ""
