"""The borrower's page: what is owed, what comes next and why, and everything that was."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.queries.borrower import borrower_sheet
from reminders.queries.notes import newest_notes
from reminders.queries.outlook import outlook_for
from reminders.queries.timeline import FILTERS, BadCursor, Cursor, is_moving, timeline
from reminders.queries.undo import to_undo
from reminders.web.pages import common, person_or_404, signed_in, staff_page
from reminders.web.staff_forms import HoldForm, NoteForm, NumberForm
from reminders.web.timeline_filters import FILTER_TITLES
from reminders.web.work_lists import origin_of


@require_safe
@staff_page
def borrower(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Everything about one borrower; the number of statements does not grow with the history."""
    now = clock_now()
    person = person_or_404(customer_no)
    show, below = _place(request)
    # Asked before the history is read: what ends in between is shown at the next look, whereas
    # the other way round the page would stop looking with the old state on it.
    moving = below is None and is_moving(person, now=now)
    sheet = borrower_sheet(person, now=now)
    context = common(
        person=person,
        origin=origin_of(request),
        now=now,
        sheet=sheet,
        outlook=outlook_for(person, now=now),
        timeline=timeline(person, now=now, below=below, show=show),
        is_moving=moving,
        below=below,
        show=show,
        filters=FILTER_TITLES,
        hold_form=HoldForm(loans=sheet.loans),
        number_form=NumberForm(),
        notes=newest_notes(person),
        to_undo=to_undo(person, staff=signed_in(request), now=now),
        note_form=NoteForm(),
    )
    return render(request, "staff/borrower.html", context)


@require_safe
@staff_page
def borrower_timeline(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """A page of the history alone, for htmx."""
    now = clock_now()
    person = person_or_404(customer_no)
    show, below = _place(request)
    context = common(
        person=person,
        timeline=timeline(person, now=now, below=below, show=show),
        below=below,
        show=show,
        filters=FILTER_TITLES,
    )
    whole = below is None
    return render(request, f"staff/_{'timeline' if whole else 'entries'}.html", context)


def _place(request: HttpRequest) -> tuple[str, Cursor | None]:
    """The filter and the place that the address asks for. Raises Http404 for none of ours."""
    show = request.GET.get("show", "all")
    if show not in FILTERS:
        raise Http404(show)
    text = request.GET.get("before", "")
    try:
        return show, Cursor.read(text) if text else None
    except BadCursor as error:
        raise Http404(text) from error
