"""Why a borrower is at this tier, in words for staff."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext


def _late_count(value: Any, threshold: Any) -> str:
    return ngettext(
        "%(value)s of the last instalments was late (threshold: %(threshold)s or more)",
        "%(value)s of the last instalments were late (threshold: %(threshold)s or more)",
        int(value),
    ) % {"value": value, "threshold": threshold}


def _longest_late_days(value: Any, threshold: Any) -> str:
    return ngettext(
        "The longest lateness was %(value)s day (threshold: %(threshold)s or more)",
        "The longest lateness was %(value)s days (threshold: %(threshold)s or more)",
        int(value),
    ) % {"value": value, "threshold": threshold}


def _trend(value: Any, threshold: Any) -> str:
    return gettext(
        "Lately paid %(value)s days later on average than before (threshold: %(threshold)s or more)"
    ) % {"value": value, "threshold": threshold}


def _share_paid(value: Any, threshold: Any) -> str:
    return gettext(
        "%(value)s %% of what fell due has been paid (threshold: below %(threshold)s %%)"
    ) % {
        "value": f"{float(value) * 100:.1f}",
        "threshold": f"{float(threshold) * 100:.1f}",
    }


def _no_history(_value: Any, _threshold: Any) -> str:
    return gettext("New: no instalment has fallen due yet")


def _punctual(value: Any, _threshold: Any) -> str:
    return ngettext(
        "The last instalment was paid on time",
        "The last %(value)s instalments were paid on time",
        int(value),
    ) % {"value": value}


_WORDS: dict[str, Callable[[Any, Any], str]] = {
    "late_count": _late_count,
    "longest_late_days": _longest_late_days,
    "trend": _trend,
    "share_paid": _share_paid,
    "no_history": _no_history,
    "punctual": _punctual,
}


def explain(reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """The stored reasons of an assessment as sentences in the language in use.

    A code that this version does not know, such as one of a learned score, is shown as it is.
    """
    sentences = []
    for reason in reasons:
        words = _WORDS.get(reason["code"])
        if words is None:
            sentences.append(f"{reason['code']}: {reason.get('value')}")
        else:
            sentences.append(words(reason.get("value"), reason.get("threshold")))
    return sentences
