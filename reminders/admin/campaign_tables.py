"""Campaigns as their pages show them: whom one would reach, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reminders.models import Campaign
from reminders.queries.campaign_ahead import NO_PLACE, SENT, Ahead, ForeseenRow, ahead
from reminders.queries.campaign_results import FIGURES, listed, results
from reminders.queries.words import reason_label

SHOWN_MAX = 50
"""Borrowers that a page lists behind one figure of what is foreseen."""

FIGURE_LABELS: Mapping[str, Promise] = {
    "all": _("Borrowers"),
    "planned": _("Planned"),
    "sent": _("Texts"),
    "delivered": _("Delivered"),
    "under_way": _("Under way"),
    "undelivered": _("Not delivered"),
    "unknown": _("Outcome unknown"),
    "rejected": _("Rejected"),
    "refused": _("Refused education since"),
    "not_sent": _("Not sent"),
}


def shown_ahead(row: Campaign, outcome: str, *, now: datetime, start: int = 0) -> dict[str, Any]:
    """What is foreseen, for its page; with an outcome also the borrowers behind it, those after
    the first `start`."""
    found = ahead(row, now=now)
    zone = ZoneInfo(settings.TIME_ZONE)
    outcomes, scale = found.outcomes, found.scale
    sent = [one for one in found.rows if one.outcome == SENT]
    reasons = sorted(
        ((code, n) for code, n in outcomes.items() if code != SENT), key=lambda r: (-r[1], r[0])
    )
    price = sum((one.price for one in sent), start=0 * settings.SMS_PRICE)
    return {
        "found": found,
        "reached": _figure(row, SENT, outcomes[SENT], scale=scale),
        "left_out": round(sum(n for _code, n in reasons) * scale),
        "reasons": [_figure(row, code, n, scale=scale) for code, n in reasons],
        "parts": round(sum(one.parts for one in sent) * scale),
        "price": round(price * round(scale * 1_000) / 1_000, 2),
        "currency": settings.SMS_PRICE_CURRENCY,
        "days": [(day, round(n * scale)) for day, n in found.texts_by_day(zone).items()],
        "examples": _examples(sent),
        "outcome": outcome,
        "outcome_label": _outcome_label(outcome) if outcome else "",
        "listed": _listed(found, outcome, start=start) if outcome else [],
        "more": _more(outcome, start=start, of=outcomes[outcome]),
        "lacks_places": outcomes[NO_PLACE] > 0,
    }


def _figure(row: Campaign, code: str, count: int, *, scale: float) -> dict[str, Any]:
    url = reverse("admin:reminders_campaign_ahead", args=[row.pk])
    return {
        "label": _outcome_label(code),
        "count": round(count * scale),
        "url": f"{url}?{urlencode({'outcome': code})}#rows",
    }


def _outcome_label(code: str) -> str:
    if code == SENT:
        return str(_("It reaches"))
    if code == NO_PLACE:
        return str(_("No place on its days"))
    return _reason(code)


def _reason(code: str) -> str:
    """A reason in the words of a campaign: who never agreed has refused nothing."""
    if code == "not_allowed_by_borrower":
        return str(_("Has not agreed to education"))
    return reason_label(code)


def _examples(sent: list[ForeseenRow]) -> list[str]:
    """The shortest and the longest text."""
    by_length = sorted({one.text for one in sent}, key=len)
    return list(dict.fromkeys([*by_length[:1], *by_length[-1:]]))


def _more(outcome: str, *, start: int, of: int) -> str:
    after = start + SHOWN_MAX
    return f"?{urlencode({'outcome': outcome, 'start': after})}#rows" if of > after else ""


def _listed(found: Ahead, outcome: str, *, start: int) -> list[dict[str, Any]]:
    rows = [one for one in found.rows if one.outcome == outcome]
    return [
        {"row": one, "url": reverse("staff:borrower", args=[one.customer_no])}
        for one in rows[start : start + SHOWN_MAX]
    ]


def shown_results(row: Campaign) -> dict[str, Any]:
    """The figures of what came of it, each with the address of its rows."""
    found = results(row)
    url = reverse("admin:reminders_campaign_rows", args=[row.pk])

    def rows_of(**which: str) -> str:
        return f"{url}?{urlencode(which)}"

    return {
        "figures": [
            {
                "label": FIGURE_LABELS[key],
                "count": found.figures[key],
                "url": rows_of(figure=key),
            }
            for key in FIGURES
        ],
        "reasons": [
            {
                "label": _reason(one.reason),
                "count": one.count,
                "url": rows_of(figure="not_sent", reason=one.reason),
            }
            for one in found.reasons
        ],
    }


def opened_figure(row: Campaign, figure: str, *, reason: str, after: int) -> dict[str, Any] | None:
    """A page of the rows behind a figure; None where there is no such figure."""
    if figure not in FIGURES:
        return None
    page = listed(row, figure=figure, reason=reason, after=after)
    which = {"figure": figure, **({"reason": reason} if reason else {})}
    return {
        "figure_label": FIGURE_LABELS[figure],
        "reason_label": _reason(reason) if reason else "",
        "rows": [
            {"row": one, "url": reverse("staff:borrower", args=[one.customer_no])}
            for one in page.rows
        ],
        "older": "?" + urlencode({**which, "after": page.after}) if page.after else "",
    }
