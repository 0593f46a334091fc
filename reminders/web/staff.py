"""Finding a borrower, and a day in figures."""

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.facts.borrowers import rules_in_force
from reminders.facts.ledger import ledger_age
from reminders.queries.day import FIGURES, TEXT_FIGURES, day_figures, listed
from reminders.queries.search import RESULTS_MAX, search
from reminders.queries.words import REASONS, reason_label
from reminders.web.figures import FIGURE_NOTES, FIGURE_TITLES, shown
from reminders.web.pages import common, staff_clock, staff_page
from reminders.web.work_lists import shown_lists

QUERY_MAX = 200


@require_safe
@staff_page
def home(request: HttpRequest) -> HttpResponse:
    """The search box with its results, or today's figures where nothing is asked for.

    As one types, only the part below the box is asked for (htmx). Who presses Enter (`go`) on a
    search that only one borrower answers is taken there.
    """
    now = clock_now()
    query = request.GET.get("q", "").strip()[:QUERY_MAX]
    clock = staff_clock()
    context = common(query=query, results_max=RESULTS_MAX)
    if query:
        found = search(query, now=now)
        if len(found) == 1 and "go" in request.GET:
            return redirect("staff:borrower", customer_no=found[0].customer_no)
        context["found"] = found
    else:
        figures = day_figures(clock.date(now), clock=clock, now=now)
        context["day"] = figures.day
        context["figures"] = shown(figures)
        context["ledger"] = ledger_age(rules_in_force(), now=now)
        context["reasons"] = figures.reasons
        context["lists"] = shown_lists(now=now)
        context["not_sent"] = sum(reason.count for reason in figures.reasons)
    part = request.headers.get("HX-Target") == "results"
    return render(request, "staff/_results.html" if part else "staff/home.html", context)


@require_safe
@staff_page
def day_list(request: HttpRequest, *, day: date, figure: str) -> HttpResponse:
    """The rows that a figure of a day counts (P11)."""
    if figure not in FIGURES:
        raise Http404(figure)
    now = clock_now()
    clock = staff_clock()
    reason = request.GET.get("reason", "")
    if reason and (figure != "not_sent" or reason not in REASONS):
        raise Http404(reason)
    try:
        page = listed(
            figure,
            day=day,
            clock=clock,
            now=now,
            reason=reason,
            after=request.GET.get("after", ""),
        )
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    figures = day_figures(day, clock=clock, now=now)
    today = clock.date(now)
    context = common(
        day=day,
        today=today,
        yesterday=day - timedelta(days=1),
        tomorrow=day + timedelta(days=1) if day < today else None,
        figure=figure,
        title=FIGURE_TITLES[figure],
        note=FIGURE_NOTES[figure],
        is_of_texts=figure in TEXT_FIGURES,
        figures=shown(figures),
        reasons=figures.reasons,
        reason=reason,
        reason_label=reason_label(reason) if reason else "",
        count=figures.count_of(figure, reason=reason),
        not_sent=figures.count_of("not_sent"),
        page=page,
    )
    return render(request, "staff/day_list.html", context)
