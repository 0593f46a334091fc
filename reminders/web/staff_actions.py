"""What staff do on a borrower's page: holds, the number, and a text by hand."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from celery import current_app
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from kombu.exceptions import OperationalError

from accounts.addresses import BadAddress
from accounts.clock import now as clock_now
from accounts.core.vocabulary import HoldKind
from accounts.models import Hold, Staff
from accounts.operations import OperationRefused, correct_address, place_hold, release_hold
from reminders.facts.words import NoText
from reminders.pipeline.by_hand import (
    CannotAsk,
    HandDecision,
    Refused,
    preview_by_hand,
    request_by_hand,
)
from reminders.queries.borrower import Person, borrower_sheet
from reminders.queries.by_hand import (
    OpenInstalment,
    UsableTemplate,
    open_instalments,
    templates_for,
)
from reminders.queries.forecast import Judgement
from reminders.queries.outlook import asked_now, moment_of, outlook_for, verdict_code
from reminders.queues import Queue
from reminders.web.pages import common, person_or_404, signed_in, staff_page
from reminders.web.staff_forms import HoldForm, NumberForm
from reminders.web.work_lists import origin_of

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def hold(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Place a hold; the form again with what is wrong where it cannot be."""
    now = clock_now()
    person = person_or_404(customer_no)
    loans = borrower_sheet(person, now=now).loans
    form = HoldForm(request.POST if request.method == "POST" else None, loans=loans)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            place_hold(
                customer_id=person.id,
                kind=HoldKind(asked["kind"]),
                now=now,
                until_at=form.until_at(person),
                loan_id=int(asked["loan"]) if asked["loan"] else None,
                reason=asked["reason"],
                amount=asked["amount"],
                terms=form.terms_for(person),
                placed_by=signed_in(request),
            )
        except OperationRefused:
            name = "terms" if asked["terms"] else "until"
            form.add_error(name, _hold_problem(asked["kind"], has_terms=bool(asked["terms"])))
        else:
            messages.success(request, _("The hold is in force: no text goes out under it."))
            return redirect("staff:borrower", customer_no=person.customer_no)
    context = common(person=person, form=form)
    return render(request, "staff/hold.html", context, status=422 if form.errors else 200)


def _hold_problem(kind: str, *, has_terms: bool) -> str:
    if has_terms:
        return _(
            "The days must lie ahead, each later than the one before, with whole cents; and no "
            "other plan may run for the same loan."
        )
    if kind == HoldKind.PROMISE_TO_PAY:
        return _("A promise to pay needs the day by which the money is to come, not yet past.")
    return _("Choose a day that is not over.")


@require_POST
@staff_page
def release(request: HttpRequest, *, customer_no: str, hold_id: int) -> HttpResponse:
    """End a hold now."""
    person = person_or_404(customer_no)
    if not Hold.objects.filter(pk=hold_id, customer=person.id).exists():
        raise Http404(str(hold_id))
    now = clock_now()
    release_hold(hold_id=hold_id, now=now, released_by=signed_in(request))
    messages.success(request, _after_release(person, now=now))
    return redirect("staff:borrower", customer_no=person.customer_no)


def _after_release(person: Person, *, now: datetime) -> str:
    """What follows from it for the borrower."""
    to_come = outlook_for(person, now=now).upcoming
    following = next((row.at for row in to_come if row.verdict == "send"), None)
    if following is None:
        return _("The hold is released. No text is planned for now.")
    return _("The hold is released. The next text goes out: %(time)s.") % {
        "time": person.clock.told(following)
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def correct_number(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Write to another number; the form again with what is wrong where it is none. Whoever came
    from a work list is led back to it."""
    person = person_or_404(customer_no)
    origin = origin_of(request)
    form = NumberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            point = correct_address(
                customer_id=person.id,
                address=form.cleaned_data["address"],
                region=settings.DEFAULT_REGION,
                now=clock_now(),
                made_by=signed_in(request),
            )
        except BadAddress:
            form.add_error("address", _("That is no mobile number that a text could reach."))
        else:
            messages.success(
                request, _("Texts go to %(number)s from now on.") % {"number": point.address_masked}
            )
            if origin:
                return redirect(origin["address"])
            return redirect("staff:borrower", customer_no=person.customer_no)
    context = common(person=person, form=form, origin=origin)
    return render(request, "staff/number.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What was chosen: an open instalment, and a template for where it stands."""

    instalment: OpenInstalment
    template_id: int


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def by_hand(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Choose, see the decision and the exact text, then send: GET shows, POST sends."""
    now = clock_now()
    person = person_or_404(customer_no)
    sends = request.method == "POST"
    asked = request.POST if sends else request.GET
    today = person.clock.date(now)
    choices = open_instalments(borrower_sheet(person, now=now).loans, today=today)
    # Showing may choose for the agent what lies near; sending takes what was shown, or nothing.
    nearest = choices[0] if choices and not sends else None
    instalment = _of(choices, asked.get("instalment", "")) or nearest
    templates = templates_for(instalment.stage) if instalment else ()
    only = templates[0] if len(templates) == 1 and not sends else None
    template = _of(templates, asked.get("template", "")) or only
    context = common(
        person=person,
        choices=choices,
        instalment=instalment,
        templates=templates,
        price_currency=settings.SMS_PRICE_CURRENCY,
        template=template,
    )
    if instalment and template:
        choice = _Choice(instalment, template.id)
        if sends and _send(request, person, choice=choice, now=now):
            return redirect("staff:borrower", customer_no=person.customer_no)
        context |= _previewed(choice, person=person, staff=signed_in(request), now=now)
    part = request.headers.get("HX-Target") == "by-hand"
    page = "staff/_by_hand.html" if part else "staff/by_hand.html"
    return render(request, page, context, status=409 if sends else 200)


_Row = TypeVar("_Row", OpenInstalment, UsableTemplate)


def _of(rows: tuple[_Row, ...], text: str) -> _Row | None:
    """The row of that id, if there is one."""
    return next((row for row in rows if str(row.id) == text), None)


def _previewed(
    choice: _Choice, *, person: Person, staff: Staff, now: datetime
) -> dict[str, object]:
    """The decision as of now, for the page."""
    try:
        seen = preview_by_hand(
            instalment_id=choice.instalment.id,
            template_id=choice.template_id,
            requested_by=staff,
            now=now,
        )
    except (CannotAsk, NoText) as error:
        return {"problem": str(error)}
    return {"verdict": verdict_code(seen.decision), **_in_words(seen, person=person, now=now)}


def _in_words(seen: HandDecision, *, person: Person, now: datetime) -> dict[str, object]:
    judgement = Judgement(now, seen.decision, seen.text)
    return {
        "moment": moment_of(judgement, clock=person.clock),
        "asked": asked_now(seen.decision, clock=person.clock),
        "text": seen.text,
    }


def _send(request: HttpRequest, person: Person, *, choice: _Choice, now: datetime) -> bool:
    """Store the request and ring for it; False when it cannot be, for the page to say why."""
    try:
        request_by_hand(
            instalment_id=choice.instalment.id,
            template_id=choice.template_id,
            requested_by=signed_in(request),
            now=now,
        )
    except (CannotAsk, NoText, Refused):
        return False
    _ring(person.id)
    messages.success(
        request, _("Asked for. The text is decided once more and goes out within seconds.")
    )
    return True


def _ring(customer_id: int) -> None:
    """Wake a worker. Without a broker the row waits for the next tick: late, never lost."""
    try:
        current_app.send_task(
            "reminders.dispatch",
            kwargs={"only": [customer_id]},
            queue=Queue.DISPATCH.value,
            retry=False,
        )
    except (OperationalError, OSError) as error:
        log.warning("nobody was woken for customer %s: %s", customer_id, type(error).__name__)
