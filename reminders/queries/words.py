"""Rules, reasons and codes in words that a collections agent can read out.

The codes are stored and stable; the words may change. Every code that a decision or the pipeline
can store has words here: a test reads the sources and fails for one that has none.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.consent import ALLOWED_UNASKED
from accounts.models.choices import Channel, HoldKind, Purpose, RiskTier
from reminders.core.types import Defer, Expire, Send, Skip, Verdict
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
    "ledger_stale": gettext_lazy("Waits for the next payments"),
    "rest_day": gettext_lazy("Day of rest"),
    "no_active_loan": gettext_lazy("No active loan any more"),
    "not_punctual": gettext_lazy("Owes something overdue"),
    "reminder_first": gettext_lazy("A reminder goes first"),
    # Decided over all reminders of the borrower.
    "replaced_by_newer_step": gettext_lazy("Replaced by a later step"),
    "one_text_at_a_time": gettext_lazy("One text at a time"),
    "hours": gettext_lazy("Outside the permitted hours"),
    "no_common_hours": gettext_lazy("No hour fits all their time zones"),
    "hours_between": gettext_lazy("Too soon after the last text"),
    "per_day": gettext_lazy("Enough texts for today"),
    "per_7_days": gettext_lazy("Enough texts for this week"),
    # Outside the decision.
    "step_withdrawn": gettext_lazy("Step withdrawn"),
    "campaign_stopped": gettext_lazy("Campaign stopped"),
    "gateway_busy": gettext_lazy("Gateway busy"),
    "facts_unreadable": gettext_lazy("Data cannot be read"),
    "text_impossible": gettext_lazy("No text can be written"),
    "never_seen": gettext_lazy("Never reached the gateway"),
    "undelivered": gettext_lazy("Not delivered, to be sent again"),
}
"""A few words for each reason that a reminder can carry: for pills and counts."""

RULES: Mapping[str, Promise] = {
    "still_true": gettext_lazy("Is the text still true?"),
    "still_owed": gettext_lazy("Is the instalment still owed?"),
    "due_date_stands": gettext_lazy("Does the due date still stand?"),
    "not_on_hold": gettext_lazy("Is it free of holds?"),
    "in_audience": gettext_lazy("Is it meant for this borrower?"),
    "not_held_out": gettext_lazy("Is the borrower outside the hold-out group?"),
    "reachable": gettext_lazy("Is there an address to write to?"),
    "allowed_by_borrower": gettext_lazy("Does the borrower allow it?"),
    "ledger_fresh": gettext_lazy("Do we know of the latest payments?"),
    "working_day": gettext_lazy("Is it a day on which such texts may go out?"),
    "reminders_first": gettext_lazy("Does it leave room for the reminders that are to come?"),
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
    "ledger_stale": "ledger_fresh",
    "rest_day": "working_day",
    "no_active_loan": "in_audience",
    "not_punctual": "in_audience",
    "reminder_first": "reminders_first",
    "replaced_by_newer_step": "newest_step",
    "one_text_at_a_time": "one_text_at_a_time",
    "hours": "contact_rules",
    "no_common_hours": "contact_rules",
    "hours_between": "contact_rules",
    "per_day": "contact_rules",
    "per_7_days": "contact_rules",
}
"""Which rule gives which reason; reasons that are not here come from outside the decision."""


def reason_label(code: str) -> str:
    """A few words for a stored reason; the code itself where there are none."""
    return str(REASONS.get(code, code))


def sentence(words: object) -> str:
    """A few words as a sentence of their own."""
    return _("%(words)s.") % {"words": words}


def day_of(iso: str) -> str:
    """A stored day with its year."""
    return formats.day_of_year(date.fromisoformat(iso))


def _until(figures: Figures, clock: Clock) -> str:
    return clock.told(datetime.fromisoformat(figures["until"]))


def tier(code: str) -> str:
    """A risk tier within a sentence."""
    return str(RiskTier(code).label).lower()


def _too_late(figures: Figures, clock: Clock) -> str:
    last = datetime.fromisoformat(figures["true_until"]) - timedelta(seconds=1)
    return _("The text was true until %(day)s only.") % {
        "day": formats.day_of_year(clock.date(last))
    }


def _moved(figures: Figures, clock: Clock) -> str:
    return _(
        "It was planned for an instalment due on %(planned)s; the due date is now %(now)s."
    ) % {
        "planned": day_of(figures["planned_for"]),
        "now": day_of(figures["due_date"]),
    }


def _on_hold(figures: Figures, clock: Clock) -> str:
    kind = HoldKind(figures["kind"]).label
    if "missing" in figures:
        return _(
            "On hold (%(kind)s): %(missing)s is still to come by %(until)s; %(paid)s has come in "
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
    return _("It is only for borrowers at %(for)s; this one is at %(tier)s.") % {
        "tier": tier(figures["tier"]),
        "for": formats.listed(map(tier, figures["for"])),
    }


def _other_product(figures: Figures, clock: Clock) -> str:
    return _("It is only for the products: %(for)s; this loan's product is %(product)s.") % {
        "product": figures["product"],
        "for": formats.listed(figures["for"]),
    }


def _other_segment(figures: Figures, clock: Clock) -> str:
    return _("It is only for the segments: %(for)s; this borrower's segment is %(segment)s.") % {
        "segment": figures["segment"] or _("none"),
        "for": formats.listed(figures["for"]),
    }


def _holdout(figures: Figures, clock: Clock) -> str:
    return _(
        "The borrower is among the %(percent)s %% whom the policy leaves out on purpose, "
        "so that its effect can be measured."
    ) % {"percent": percent(figures)}


def percent(figures: Figures) -> str:
    """The share that a policy leaves out."""
    return f"{Decimal(figures['percent']).normalize():f}"


def channels(figures: Figures) -> str:
    """The channels of a step."""
    return formats.listed(Channel(code).label for code in figures["channels"])


def _no_address(figures: Figures, clock: Clock) -> str:
    return _("There is no usable address for: %(channels)s.") % {"channels": channels(figures)}


def _refused(figures: Figures, clock: Clock) -> str:
    purpose = Purpose(figures["purpose"])
    said = (
        _("The borrower has refused: %(purpose)s.")
        if purpose.value in ALLOWED_UNASKED
        else _("The borrower has not agreed to, or has refused: %(purpose)s.")
    )
    return said % {"purpose": purpose.label}


def _ledger_stale(figures: Figures, clock: Clock) -> str:
    return _(
        "The latest payments that we know of came in at %(time)s, more than %(hours)s hours ago. "
        "Until newer ones are in, nobody is told that they are overdue."
    ) % {
        "time": clock.told(datetime.fromisoformat(figures["ledger_as_of"])),
        "hours": figures["hours_max"],
    }


def _rest_day(figures: Figures, clock: Clock) -> str:
    words = {"day": day_of(figures["day"]), "until": _until(figures, clock)}
    if figures.get("holiday"):
        return _(
            "%(day)s is a holiday (%(holiday)s), on which nobody is pressed. "
            "Possible again from %(until)s."
        ) % {**words, "holiday": figures["holiday"]}
    return (
        _("%(day)s is a day of rest, on which nobody is pressed. Possible again from %(until)s.")
        % words
    )


def _not_punctual(figures: Figures, clock: Clock) -> str:
    return _(
        "It is only for borrowers who owe nothing overdue; this one has been overdue since %(day)s."
    ) % {"day": day_of(figures["since"])}


def _reminder_first(figures: Figures, clock: Clock) -> str:
    return _(
        "A reminder goes out at %(time)s, and this text would hold it up. Possible again from "
        "%(until)s."
    ) % {
        "time": clock.instant(datetime.fromisoformat(figures["reminder_at"])),
        "until": _until(figures, clock),
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
    "ledger_stale": _ledger_stale,
    "rest_day": _rest_day,
    "no_active_loan": _plain(
        gettext_lazy("It is only for borrowers with a loan, and this one has none any more.")
    ),
    "not_punctual": _not_punctual,
    "reminder_first": _reminder_first,
    "replaced_by_newer_step": _plain(
        gettext_lazy("A later reminder of the same instalment has taken its place.")
    ),
    "one_text_at_a_time": _plain(
        gettext_lazy("Another text to the borrower goes first; they get one at a time.")
    ),
    "hours": _limit(gettext_lazy("It is outside the permitted hours where the borrower lives.")),
    "no_common_hours": _limit(
        gettext_lazy(
            "The borrower may be in several time zones, and no hour is permitted in all of them."
        )
    ),
    "hours_between": _limit(gettext_lazy("The last text to the borrower is too recent.")),
    "per_day": _limit(gettext_lazy("The borrower has had all texts that a day permits.")),
    "per_7_days": _limit(gettext_lazy("The borrower has had all texts that seven days permit.")),
    "step_withdrawn": _plain(gettext_lazy("The policy in force no longer speaks at that time.")),
    "campaign_stopped": _plain(gettext_lazy("The campaign was stopped before it was sent.")),
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
    "undelivered": _plain(
        gettext_lazy(
            "The carrier could not deliver the text for the time being, so it is decided afresh."
        )
    ),
}


def objection(code: str, figures: Figures | None, *, clock: Clock) -> str:
    """The reason as a sentence with its figures. Falls back to the few words of `reason_label`
    where the figures are missing or were stored by another version."""
    if code in _SENTENCES:
        try:
            return _SENTENCES[code](figures or {}, clock)
        except (KeyError, ValueError, TypeError):
            return sentence(reason_label(code))
    return sentence(reason_label(code))


def verdict_in_words(verdict: Verdict, *, clock: Clock) -> str:
    """What happens to a reminder, to be read after the sentence of `objection`."""
    match verdict:
        case Send(channel=channel):
            return _("It goes out: %(channel)s.") % {"channel": Channel(channel.value).label}
        case Defer(reason="one_text_at_a_time", until=until):
            return _("It waits until %(until)s and is decided anew.") % {"until": clock.told(until)}
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


def lasting_in_words(span: timedelta) -> str:
    """How long something takes, as exactly as one cares: `40 s`, `12 min`, `3 h 5 min`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": seconds}
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
