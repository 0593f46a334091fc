"""The work lists of the collections desk that only show: promises, high risk, dead numbers."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.queries.high_risk import high_risk_due
from reminders.queries.promises_due import LOOKS_BACK, promises_due
from reminders.queries.undeliverable import undeliverable as undeliverable_numbers
from reminders.web.pages import common, staff_clock, staff_page
from reminders.web.work_lists import shown_lists


@require_safe
@staff_page
def promises(request: HttpRequest) -> HttpResponse:
    """Promises whose day has come or passed and that are not kept."""
    now = clock_now()
    try:
        page = promises_due(now=now, after=request.GET.get("after", ""))
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    context = common(
        page=page, lists=shown_lists(now=now), list="promises", days_back=LOOKS_BACK.days
    )
    return render(request, "staff/promises.html", context)


@require_safe
@staff_page
def high_risk(request: HttpRequest) -> HttpResponse:
    """Borrowers at high risk to whom something is due within the next days."""
    now = clock_now()
    today = staff_clock().date(now)
    try:
        page = high_risk_due(today=today, now=now, after=request.GET.get("after", ""))
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    context = common(
        page=page,
        lists=shown_lists(now=now),
        list="high_risk",
        days_ahead=settings.HIGH_RISK_DAYS,
    )
    return render(request, "staff/high_risk.html", context)


@require_safe
@staff_page
def undeliverable(request: HttpRequest) -> HttpResponse:
    """Borrowers whom no text can reach."""
    now = clock_now()
    try:
        page = undeliverable_numbers(now=now, after=request.GET.get("after", ""))
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    context = common(page=page, lists=shown_lists(now=now), list="undeliverable")
    return render(request, "staff/undeliverable.html", context)
