"""What the purpose of a message asks of its template.

Only what is sold or taught needs consent, and must say how to refuse; a notice that belongs to the
contract must not, or the borrower would refuse what protects them (China, 通信短信息服务管理规定).
"""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.core.vocabulary import Purpose
from reminders.core.profiles import REFUSAL_IN_OFFERS
from reminders.core.vocabulary import Stage
from reminders.models import MessageTemplate, TemplateText

_OFFERS = frozenset({Purpose.OFFER.value, Purpose.EDUCATION.value})
_CHINESE = re.compile(r"拒收请回复\s*R")
_OTHERS = re.compile(r"\breply R\b", re.IGNORECASE)


def problem_of_stage(template: MessageTemplate) -> str:
    """What is wrong with the template's purpose at its stage, or blank: who presses for what is
    overdue keeps the rules for that, whatever the template is called, and whoever is written to
    about nothing that they owe has agreed to it."""
    if template.stage == Stage.AFTER and template.purpose == Purpose.SERVICE:
        return _("“%(template)s” speaks after the due date: it cannot be a service notice.") % {
            "template": template.title
        }
    if template.stage == Stage.APART and template.purpose != Purpose.EDUCATION:
        return _("“%(template)s” is about no instalment: it can only be education.") % {
            "template": template.title
        }
    return ""


def problems_of_refusal(
    texts: Iterable[TemplateText], *, purpose: str, profile: str
) -> Iterable[tuple[TemplateText, str]]:
    """Texts that do not say how to refuse and should, or that do and should not."""
    for text in texts:
        how = _CHINESE if text.language.startswith("zh") else _OTHERS
        says_how = bool(how.search(text.body))
        if purpose not in _OFFERS and says_how:
            yield text, _("Only an offer or education may be refused by a reply.")
        elif purpose in _OFFERS and not says_how and profile in REFUSAL_IN_OFFERS:
            yield (
                text,
                _("An offer or education must say how to refuse it: %(words)s.")
                % {"words": "拒收请回复R" if how is _CHINESE else "Reply R to refuse"},
            )
