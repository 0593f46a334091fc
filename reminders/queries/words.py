"""Rules, reasons and codes in words that a collections agent can read out.

The codes are stored and stable; the words may change. Every code that a decision or the pipeline
can store has words here: a test reads the sources and fails for one that has none.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models.choices import Channel, HoldKind, Purpose, RiskTier
from reminders.core.types import Defer, Expire, Send, Skip, Verdict
from reminders.models.choices import profile_label
from reminders.queries import formats
from reminders.queries.formats import Clock

Figures = Mapping[str, Any]

REASONS: Mapping[str, Promise] = {
    # Decided by one rule about one reminder.
    "too_late": gettext_lazy("Too late"),
    "paid": gettext_lazy("Paid"),
    "loan_closed": gettext_lazy("Loan closed"),
    "due_date_moved": gettext_lazy("Due date moved"),
    "on_hold": gettext_lazy("On hold"),
    "other_tier": gettext_lazy("Meant for another risk tier"),
    "other_product": gettext_lazy("Meant for another product"),
    "other_segment": gettext_lazy("Meant for another segment"),
    "holdout": gettext_lazy("Left out to measure"),
    "no_address": gettext_lazy("No usable address"),
    "not_allowed_by_borrower": gettext_lazy("Refused by the borrower"),
    # Decided over all reminders of the borrower.
    "replaced_by_newer_step": gettext_lazy("Replaced by a later step"),
    "one_text_at_a_time": gettext_lazy("One text at a time"),
    "hours": gettext_lazy("Outside the permitted hours"),
    "hours_between": gettext_lazy("Too soon after the last text"),
    "per_day": gettext_lazy("Enough texts for today"),
    "per_7_days": gettext_lazy("Enough texts for this week"),
    # Outside the decision.
    "step_withdrawn": gettext_lazy("Step withdrawn"),
    "gateway_busy": gettext_lazy("Gateway busy"),
    "facts_unreadable": gettext_lazy("Data cannot be read"),
    "text_impossible": gettext_lazy("No text can be written"),
    "never_seen": gettext_lazy("Never reached the gateway"),
}
"""A few words for each reason that a reminder can carry: for pills and counts."""

RULES: Mapping[str, Promise] = {
    "still_true": gettext_lazy("Is the text still true?"),
    "still_owed": gettext_lazy("Is the instalment still owed?"),
    "due_date_stands": gettext_lazy("Does the due date still stand?"),
    "not_on_hold": gettext_lazy("Is it free of holds?"),
    "in_audience": gettext_lazy("Is the step meant for this borrower?"),
    "not_held_out": gettext_lazy("Is the borrower outside the hold-out group?"),
    "reachable": gettext_lazy("Is there an address to write to?"),
    "allowed_by_borrower": gettext_lazy("Does the borrower allow it?"),
    "newest_step": gettext_lazy("Is it the newest step for this instalment?"),
    "one_text_at_a_time": gettext_lazy("Is it its turn, one text at a time?"),
    "contact_rules": gettext_lazy("Do the contact rules permit it then?"),
}
"""Each rule of a decision as the question that it asks."""

RULE_OF_REASON: Mapping[str, str] = {
    "too_late": "still_true",
    "paid": "still_owed",
    "loan_closed": "still_owed",
    "due_date_moved": "due_date_stands",
    "on_hold": "not_on_hold",
    "other_tier": "in_audience",
    "other_product": "in_audience",
    "other_segment": "in_audience",
    "holdout": "not_held_out",
    "no_address": "reachable",
    "not_allowed_by_borrower": "allowed_by_borrower",
    "replaced_by_newer_step": "newest_step",
    "one_text_at_a_time": "one_text_at_a_time",
    "hours": "contact_rules",
    "hours_between": "contact_rules",
    "per_day": "contact_rules",
    "per_7_days": "contact_rules",
}
"""Which rule gives which reason; reasons that are not here come from outside the decision."""


def reason_label(code: str) -> str:
    """A few words for a stored reason; the code itself where there are none."""
    return str(REASONS.get(code, code))


def _sentence(words: object) -> str:
    return _("%(words)s.") % {"words": words}


def _day(iso: str) -> str:
    return formats.day_of_year(date.fromisoformat(iso))


def _until(figures: Figures, clock: Clock) -> str:
    return clock.instant(datetime.fromisoformat(figures["until"]))


def _tier(code: str) -> str:
    return str(RiskTier(code).label).lower()


def _tiers(codes: Iterable[str]) -> str:
    return formats.listed(RiskTier(code).label for code in codes)


def _too_late(figures: Figures, clock: Clock) -> str:
    last = datetime.fromisoformat(figures["true_until"]) - timedelta(seconds=1)
    return _("The text was true until %(day)s only.") % {
        "day": formats.day_of_year(clock.date(last))
    }


def _moved(figures: Figures, clock: Clock) -> str:
    return _(
        "It was planned for an instalment due on %(planned)s; the due date is now %(now)s."
    ) % {
        "planned": _day(figures["planned_for"]),
        "now": _day(figures["due_date"]),
    }


def _on_hold(figures: Figures, clock: Clock) -> str:
    kind = HoldKind(figures["kind"]).label
    if "missing" in figures:
        return _(
            "On hold: %(kind)s. %(missing)s is still to come by %(until)s; %(paid)s has come in "
            "since it was agreed."
        ) % {
            "kind": kind,
            "missing": formats.number(Decimal(figures["missing"])),
            "until": _until(figures, clock),
            "paid": formats.number(Decimal(figures["paid"])),
        }
    if figures.get("until") is None:
        return _("On hold: %(kind)s, until somebody releases it.") % {"kind": kind}
    return _("On hold: %(kind)s, until %(until)s.") % {
        "kind": kind,
        "until": _until(figures, clock),
    }


def _other_tier(figures: Figures, clock: Clock) -> str:
    return _("The borrower is at %(tier)s; the step is for: %(for)s.") % {
        "tier": _tier(figures["tier"]),
        "for": _tiers(figures["for"]),
    }


def _other_product(figures: Figures, clock: Clock) -> str:
    return _("The loan's product is %(product)s; the step is for: %(for)s.") % {
        "product": figures["product"],
        "for": formats.listed(figures["for"]),
    }


def _other_segment(figures: Figures, clock: Clock) -> str:
    return _("The borrower's segment is %(segment)s; the step is for: %(for)s.") % {
        "segment": figures["segment"] or _("none"),
        "for": formats.listed(figures["for"]),
    }


def _holdout(figures: Figures, clock: Clock) -> str:
    return _(
        "The borrower is among the %(percent)s %% whom the policy leaves out on purpose, "
        "so that its effect can be measured."
    ) % {"percent": _percent(figures)}


def _percent(figures: Figures) -> str:
    return f"{Decimal(figures['percent']).normalize():f}"


def _channels(figures: Figures) -> str:
    return formats.listed(Channel(code).label for code in figures["channels"])


def _no_address(figures: Figures, clock: Clock) -> str:
    return _("There is no usable address for: %(channels)s.") % {"channels": _channels(figures)}


def _refused(figures: Figures, clock: Clock) -> str:
    return _("The borrower has not agreed to, or has refused: %(purpose)s.") % {
        "purpose": Purpose(figures["purpose"]).label
    }


def _newer(figures: Figures, clock: Clock) -> str:
    return _("The later step “%(step)s” speaks for this instalment instead.") % {
        "step": figures["newer"]
    }


def _limit(sentence: Promise) -> Callable[[Figures, Clock], str]:
    def in_words(figures: Figures, clock: Clock) -> str:
        if "until" not in figures:
            return str(sentence)
        return _("%(limit)s Possible again from %(until)s.") % {
            "limit": sentence,
            "until": _until(figures, clock),
        }

    return in_words


def _plain(sentence: Promise) -> Callable[[Figures, Clock], str]:
    return lambda figures, clock: str(sentence)


_SENTENCES: Mapping[str, Callable[[Figures, Clock], str]] = {
    "too_late": _too_late,
    "paid": _plain(gettext_lazy("Nothing is open on this instalment any more.")),
    "loan_closed": _plain(
        gettext_lazy("The loan is closed or written off; nobody is reminded of it any more.")
    ),
    "due_date_moved": _moved,
    "on_hold": _on_hold,
    "other_tier": _other_tier,
    "other_product": _other_product,
    "other_segment": _other_segment,
    "holdout": _holdout,
    "no_address": _no_address,
    "not_allowed_by_borrower": _refused,
    "replaced_by_newer_step": _newer,
    "one_text_at_a_time": _plain(
        gettext_lazy("Another text of theirs goes first; texts are never stacked.")
    ),
    "hours": _limit(gettext_lazy("It is outside the permitted hours where the borrower lives.")),
    "hours_between": _limit(gettext_lazy("The last text to the borrower is too recent.")),
    "per_day": _limit(gettext_lazy("The borrower has had all texts that a day permits.")),
    "per_7_days": _limit(gettext_lazy("The borrower has had all texts that seven days permit.")),
    "step_withdrawn": _plain(gettext_lazy("The policy in force no longer speaks at that time.")),
    "gateway_busy": _plain(
        gettext_lazy("The gateway was busy: the text was certainly not sent and is tried again.")
    ),
    "facts_unreadable": _plain(
        gettext_lazy("The borrower's data cannot be read, for example an unknown time zone.")
    ),
    "text_impossible": _plain(
        gettext_lazy(
            "No text could be written: a published template, a sender or a key is missing."
        )
    ),
    "never_seen": _plain(
        gettext_lazy("The gateway says that it never saw the text, so it is decided afresh.")
    ),
}


def objection(code: str, figures: Figures | None, *, clock: Clock) -> str:
    """The reason as a sentence with its figures. Falls back to the few words of `reason_label`
    where the figures are missing or were stored by another version."""
    if code in _SENTENCES:
        try:
            return _SENTENCES[code](figures or {}, clock)
        except (KeyError, ValueError, TypeError):
            return _sentence(reason_label(code))
    return _sentence(reason_label(code))


def _amount(figures: Figures) -> str:
    return formats.amount(Decimal(figures["outstanding"]), figures["currency"])


def _audience(figures: Figures) -> str:
    if "tier" not in figures:
        return _("A person asked for it.")
    return _("The borrower is at %(tier)s.") % {"tier": _tier(figures["tier"])}


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
    "due_date_stands": lambda f, clock: _("It is %(day)s.") % {"day": _day(f["planned_for"])},
    "in_audience": lambda f, clock: _audience(f),
    "not_held_out": lambda f, clock: (
        _("The policy leaves out %(percent)s %%, not this borrower.") % {"percent": _percent(f)}
        if Decimal(f["percent"])
        else _("Nobody is left out.")
    ),
    "reachable": lambda f, clock: _sentence(_channels(f)),
    "allowed_by_borrower": lambda f, clock: _sentence(Purpose(f["purpose"]).label),
    "contact_rules": lambda f, clock: (
        _("Profile: %(profile)s.") % {"profile": profile_label(f["profile"])}
    ),
}


def granted(rule: str, figures: Figures | None, *, clock: Clock) -> str:
    """What a rule looked at when it let a reminder pass; empty when that says nothing more."""
    try:
        return _GRANTED[rule](figures or {}, clock)
    except (KeyError, ValueError, TypeError):
        return ""


def verdict_in_words(verdict: Verdict, *, clock: Clock) -> str:
    """What happens to a reminder, to be read after the sentence of `objection`."""
    match verdict:
        case Send(channel=channel):
            return _("It goes out: %(channel)s.") % {"channel": Channel(channel.value).label}
        case Defer(reason="one_text_at_a_time", until=until):
            return _("It waits until %(until)s and is decided anew.") % {
                "until": clock.instant(until)
            }
        case Defer():
            return _("Then it is decided anew.")
        case Skip():
            return _("It will not be sent.")
        case Expire():
            return _("It ends unsent: by the time it may go, it is no longer true.")


def days_in_words(days: int) -> str:
    """A distance in days: `12 days`."""
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def offset_in_words(offset_days: int) -> str:
    """Where a step stands around the due date: `3 days before the due date`."""
    if offset_days == 0:
        return _("on the due date")
    if offset_days < 0:
        return _("%(days)s before the due date") % {"days": days_in_words(-offset_days)}
    return _("%(days)s after the due date") % {"days": days_in_words(offset_days)}
