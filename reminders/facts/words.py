"""From a draft to the exact text: published words, values, signature, parts, price."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Q

from reminders.core.links import HIDDEN, url_of
from reminders.core.sms import Regime, count_parts
from reminders.core.types import Borrower, Draft
from reminders.core.vocabulary import Tone
from reminders.core.wording import choose_language, compose, render, text_values
from reminders.models import SenderIdentity, TemplateText, TemplateVersion
from reminders.models.choices import VersionState

log = logging.getLogger(__name__)


class NoText(LookupError):
    """Nothing published can say this: the text names what is missing."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A complete text, what it was made of, and what it costs.

    `source` still has placeholders; `token` is that of the link in it, blank without one.
    """

    body: str
    parts: int
    price: Decimal
    language: str
    template_version_id: int
    source: str
    token: str = ""

    @property
    def kept(self) -> str:
        """The text as it is stored: a link that opens a page is kept as a hash alone."""
        return self.body.replace(self.token, HIDDEN) if self.token else self.body


class Words:
    """The published texts and identities that a batch needs, read once."""

    def __init__(
        self, template_ids: Collection[int], *, instead: TemplateVersion | None = None
    ) -> None:
        """Reads the published texts of these templates, and all sender identities.

        The texts of `instead` stand in for those published of its template, for previews.
        """
        self._texts: dict[int, dict[tuple[str, str], TemplateText]] = {}
        chosen = Q(version__state=VersionState.PUBLISHED)
        if instead is not None:
            chosen = (chosen & ~Q(version__template=instead.template_id)) | Q(version=instead)
        for text in TemplateText.objects.filter(
            chosen, version__template__in=template_ids
        ).select_related("version"):
            per_template = self._texts.setdefault(text.version.template_id, {})
            per_template[text.language, text.tone] = text
        self._senders: Mapping[str, SenderIdentity] = {
            sender.language: sender for sender in SenderIdentity.objects.all()
        }
        self._regime = Regime(settings.SMS_GATEWAY_REGION)
        # A batch asks the same of a few texts again and again.
        self._chosen: dict[tuple[int, Tone, str], tuple[TemplateText, SenderIdentity]] = {}

    def compose(
        self, draft: Draft, *, borrower: Borrower, token: Callable[[], str] = lambda: HIDDEN
    ) -> Composed:
        """The text of `draft` in the borrower's language, or in the nearest there is.

        `token` is asked for one where the text holds a link; a preview needs none that opens.
        Raises NoText when no published text or no sender identity fits.
        """
        text, sender = self._choose(draft, wanted=borrower.language)
        secret = token() if "{link}" in text.body else ""
        values = text_values(
            language=text.language,
            name=borrower.name,
            amount=draft.amount,
            penalty=draft.penalty,
            currency=draft.currency,
            due_date=draft.due_date,
            days=draft.days,
            how_to_pay=sender.how_to_pay,
            hotline=sender.hotline,
            link=url_of(secret, base=settings.PUBLIC_URL) if secret else "",
        )
        body = compose(render(text.body, values=values), signature=sender.signature)
        parts = count_parts(body, regime=self._regime).parts
        price = parts * settings.SMS_PRICE
        return Composed(body, parts, price, text.language, text.version_id, text.body, secret)

    def _choose(self, draft: Draft, *, wanted: str) -> tuple[TemplateText, SenderIdentity]:
        key = draft.template_id, draft.tone, wanted
        if key not in self._chosen:
            text = self._text(draft, wanted=wanted)
            self._chosen[key] = text, self._sender(text.language)
        return self._chosen[key]

    def _text(self, draft: Draft, *, wanted: str) -> TemplateText:
        texts = self._texts.get(draft.template_id, {})
        # A language counts only if it has the tone that is wanted; neutral stands in for it.
        for tone in (draft.tone, Tone.NEUTRAL):
            languages = {language for language, text_tone in texts if text_tone == tone}
            if languages:
                language = choose_language(
                    wanted, available=languages, fallback=settings.LANGUAGE_CODE
                )
                return texts[language, tone]
        raise NoText(f"template {draft.template_id} has no published text in tone {draft.tone}")

    def _sender(self, language: str) -> SenderIdentity:
        if not self._senders:
            raise NoText("there is no sender identity: add one in the admin")
        return self._senders[
            choose_language(language, available=self._senders, fallback=settings.LANGUAGE_CODE)
        ]
