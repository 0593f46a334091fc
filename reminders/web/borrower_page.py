"""`/b/<token>`: what is due, and what its borrower can do and say. Works without JavaScript."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.clock import now as clock_now
from accounts.operations import OperationRefused
from reminders.core.links import FACT_LENGTH, Door
from reminders.core.vocabulary import ReplyKind
from reminders.models import BorrowerLink
from reminders.pipeline import replies
from reminders.pipeline.links import answer, door_of, numbers_of
from reminders.pipeline.replies import TooMany
from reminders.queries.own_page import OwnPage, own_page, terms_at
from reminders.web.borrower_door import borrower_page, for_the_known, let_pass, may_pass, shown

COMMENT_MAX = 500


class CommentForm(forms.Form):
    """Some words, or none."""

    comment = forms.CharField(required=False, max_length=COMMENT_MAX)


class RatingForm(CommentForm):
    """One question, and some words if one likes."""

    rating = forms.IntegerField(min_value=1, max_value=5)


class LanguageForm(forms.Form):
    """One of the languages that we write in."""

    language = forms.ChoiceField(choices=lambda: settings.LANGUAGES)


class FactForm(forms.Form):
    """The answer to the question for the second fact."""

    fact = forms.CharField(max_length=100)


@require_http_methods(["GET", "HEAD", "POST"])
@borrower_page
def page(request: HttpRequest, link: BorrowerLink, token: str) -> HttpResponse:
    """GET: the page, or the question for the second fact. POST: the answer to it."""
    now = clock_now()
    if request.method == "POST":
        return _answered(request, link, token=token, now=now)
    if may_pass(request, link=link):
        return _page(request, link, token=token, now=now)
    return _door(request, link, token=token, stands=door_of(link, now=now))


def _answered(
    request: HttpRequest, link: BorrowerLink, *, token: str, now: datetime
) -> HttpResponse:
    form = FactForm(request.POST)
    if not form.is_valid():
        stands = door_of(link, now=now)
        return _door(request, link, token=token, stands=stands, is_wrong=True, status=422)
    given = answer(link, said=form.cleaned_data["fact"], now=now)
    if not given.is_right:
        return _door(request, link, token=token, stands=given.door, is_wrong=True, status=422)
    response = redirect("own_page", token)
    let_pass(response, link=link, token=token)
    return response


def _door(
    request: HttpRequest,
    link: BorrowerLink,
    *,
    token: str,
    stands: Door,
    is_wrong: bool = False,
    status: int = 200,
) -> HttpResponse:
    return shown(
        request,
        "borrower/door.html",
        status=status,
        token=token,
        stands=stands.value if numbers_of(link.customer) else Door.SHUT.value,
        is_wrong=is_wrong,
        fact=settings.BORROWER_SECOND_FACT,
        fact_length=FACT_LENGTH,
    )


def _page(
    request: HttpRequest,
    link: BorrowerLink,
    *,
    token: str,
    now: datetime,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    sheet = own_page(link, now=now)
    return shown(
        request,
        "borrower/page.html",
        status=status,
        token=token,
        sheet=sheet,
        clock=sheet.person.clock,
        today=sheet.person.clock.date(now),
        problem=problem,
        comment_max=COMMENT_MAX,
        languages=settings.LANGUAGES,
        writes_in=sheet.person.language,
    )


@require_POST
@borrower_page
def wrong_number(request: HttpRequest, link: BorrowerLink, token: str) -> HttpResponse:
    """Not their number. Open to whoever holds the link: a stranger knows no second fact."""
    replies.wrong_number(link, now=clock_now())
    return shown(request, "borrower/thanks.html")


@require_POST
@borrower_page
@for_the_known
def act(request: HttpRequest, link: BorrowerLink, token: str, what: str) -> HttpResponse:
    """One of the things that a borrower says; the page again with what is wrong where it cannot
    be taken."""
    now = clock_now()
    if what not in _ACTS:
        raise Http404(what)
    form = _FORMS.get(what, CommentForm)(request.POST)
    if not form.is_valid():
        return _page(request, link, token=token, now=now, problem="invalid", status=422)
    try:
        _ACTS[what](link, form.cleaned_data, now)
    except TooMany:
        return _page(request, link, token=token, now=now, problem="too_many", status=429)
    return redirect(reverse("own_page", args=[token]) + "#said")


Said = Mapping[str, Any]
"""What a form held, cleaned."""


def _paid(link: BorrowerLink, said: Said, now: datetime) -> None:
    replies.say(link, kind=ReplyKind.PAID, comment=said["comment"], now=now)


def _call_me(link: BorrowerLink, said: Said, now: datetime) -> None:
    replies.say(link, kind=ReplyKind.CALL_ME, comment=said["comment"], now=now)


def _stop(link: BorrowerLink, said: Said, now: datetime) -> None:
    replies.stop(link, now=now)


def _language(link: BorrowerLink, said: Said, now: datetime) -> None:
    replies.choose_language(link, language=said["language"], now=now)


def _rate(link: BorrowerLink, said: Said, now: datetime) -> None:
    replies.rate(link, rating=said["rating"], comment=said["comment"], now=now)


_ACTS: Mapping[str, Callable[[BorrowerLink, Said, datetime], None]] = {
    "paid": _paid,
    "call": _call_me,
    "stop": _stop,
    "language": _language,
    "rating": _rate,
}
_FORMS: Mapping[str, type[forms.Form]] = {"language": LanguageForm, "rating": RatingForm}


@require_http_methods(["GET", "HEAD", "POST"])
@borrower_page
@for_the_known
def plan(request: HttpRequest, link: BorrowerLink, token: str) -> HttpResponse:
    """GET: the schedule for a number of terms. POST: agree to the one that was shown.

    What was shown is compared with what is owed now: a payment may have come in between.
    """
    now = clock_now()
    sheet = own_page(link, now=now)
    if sheet.offer is None:
        return redirect("own_page", token)
    asked = request.POST if request.method == "POST" else request.GET
    count = _count(asked.get("terms", ""), sheet=sheet)
    if request.method != "POST":
        return _plan(request, sheet, token=token, count=count)
    if str(count) != asked.get("terms") or asked.get("total") != str(sheet.offer.total):
        return _plan(request, sheet, token=token, count=count, has_changed=True, status=409)
    try:
        replies.ask_for_plan(
            link,
            terms=terms_at(sheet.offer.terms(count), person=sheet.person),
            loan_id=sheet.offer.loan_id,
            currency=sheet.offer.currency,
            now=now,
        )
    except OperationRefused:
        return _plan(request, sheet, token=token, count=count, has_changed=True, status=409)
    except TooMany:
        return _page(request, link, token=token, now=now, problem="too_many", status=429)
    return redirect(reverse("own_page", args=[token]) + "#said")


def _count(text: str, *, sheet: OwnPage) -> int:
    """The number of terms that was asked for, if it may be had; else the middle of what may."""
    assert sheet.offer is not None, "there is something to part"
    counts = sheet.offer.counts
    wanted = next((count for count in counts if str(count) == text), None)
    return wanted or counts[(len(counts) - 1) // 2]


def _plan(
    request: HttpRequest,
    sheet: OwnPage,
    *,
    token: str,
    count: int,
    has_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    offer = sheet.offer
    assert offer is not None, "there is something to part"
    return shown(
        request,
        "borrower/plan.html",
        status=status,
        token=token,
        offer=offer,
        count=count,
        terms=offer.terms(count),
        holds_at_once=offer.holds_at_once(count),
        has_changed=has_changed,
    )


urlpatterns: list[URLPattern] = [
    path("b/<str:token>", page, name="own_page"),
    path("b/<str:token>/wrong-number", wrong_number, name="own_wrong_number"),
    path("b/<str:token>/plan", plan, name="own_plan"),
    path("b/<str:token>/<slug:what>", act, name="own_act"),
]
