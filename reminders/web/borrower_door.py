"""The door of a borrower's page: which link it is, in which language, and who may pass.

Note [Looking changes nothing]
Links in texts are opened by scanners of phones and carriers before a person sees them. So GET
shows and never writes: it marks nothing as opened, counts nothing, logs nobody in.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, override

from accounts.clock import now as clock_now
from reminders.authoring.preview import sender_for
from reminders.core.wording import choose_language
from reminders.models import BorrowerLink
from reminders.pipeline.links import LinkGone, live_link

KNOWN_SECONDS = 30 * 60
"""How long the second fact need not be given again on the same phone."""

_COOKIE = "known"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""As for staff (Note [Nothing from elsewhere]), and no script at all."""

View = Callable[..., HttpResponse]


def borrower_page(view: View) -> View:
    """The view with its live link, `view(request, link, **…)`, in the language of the page.

    Forged, expired and revoked links all lead to one plain page, which looks the same for all.
    """

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        link = live_link(token, now=clock_now())
        if link is None:
            return gone(request)
        with override(_language(request, link=link)):
            try:
                return sealed(view(request, link, token=token, **kwargs))
            except LinkGone:
                pass
        return gone(request)

    return guarded


def _language(request: HttpRequest, *, link: BorrowerLink) -> str:
    """What was chosen on the page; until then the language of the text that brought the link."""
    codes = [code for code, _name in settings.LANGUAGES]
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in codes:
        return chosen
    return choose_language(link.language, available=codes, fallback=settings.LANGUAGE_CODE)


def gone(request: HttpRequest) -> HttpResponse:
    """The page of a link that opens nothing: it tells nobody why, and whom to call."""
    return sealed(shown(request, "borrower/gone.html", status=404))


def shown(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A page with what all of them show: how the lender presents itself in this language."""
    context["sender"] = sender_for(get_language() or settings.LANGUAGE_CODE)
    return render(request, template, context, status=status)


def sealed(response: HttpResponse) -> HttpResponse:
    """`response` with headers that keep it to this phone and this host.

    The referrer stays within the site: without any, browsers send forms with the origin “null”,
    which the check against forged forms refuses. The logs mask it.
    """
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    return response


def may_pass(request: HttpRequest, *, link: BorrowerLink) -> bool:
    """Whether the second fact was given for this link, on this phone, within the half hour."""
    try:
        request.get_signed_cookie(_COOKIE, salt=_salt(link), max_age=KNOWN_SECONDS)
    except (KeyError, BadSignature):
        return False
    return True


def let_pass(response: HttpResponseBase, *, link: BorrowerLink, token: str) -> None:
    """Remember on the phone that the second fact was given; good for this link alone."""
    response.set_signed_cookie(
        _COOKIE,
        "yes",
        salt=_salt(link),
        max_age=KNOWN_SECONDS,
        path=reverse("own_page", args=[token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _salt(link: BorrowerLink) -> str:
    return f"borrower's page {link.pk}"


def for_the_known(view: View) -> View:
    """The view for who gave the second fact; others are asked for it first."""

    @wraps(view)
    def guarded(
        request: HttpRequest, link: BorrowerLink, token: str, **kwargs: Any
    ) -> HttpResponse:
        if not may_pass(request, link=link):
            return redirect("own_page", token)
        return view(request, link, token=token, **kwargs)

    return guarded
