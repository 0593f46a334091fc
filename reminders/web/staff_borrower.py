"""The borrower's page: what is owed, what comes next and why, and everything that was."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.queries.borrower import Person, borrower_sheet
from reminders.queries.notes import newest_notes
from reminders.queries.outlook import outlook_for
from reminders.queries.pulse import mark_of
from reminders.queries.timeline import FILTERS, BadCursor, Cursor, is_moving, timeline
from reminders.queries.undo import to_undo
from reminders.web.pages import common, person_or_404, signed_in, staff_page
from reminders.web.staff_forms import HoldForm, NoteForm, NumberForm
from reminders.web.timeline_filters import FILTER_TITLES
from reminders.web.work_lists import origin_of

LOOKS_AGAIN = 15
"""Seconds after which an open page asks whether something is new."""

LOOKS_SOON = 3
"""The same while a text is on its way."""


@require_safe
@staff_page
def borrower(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Everything about one borrower; the number of statements does not grow with the history."""
    now = clock_now()
    person = person_or_404(customer_no)
    show, below = _place(request)
    live = _live(request, person, show=show, below=below, now=now)
    sheet = borrower_sheet(person, now=now)
    context = common(
        person=person,
        **live,
        now=now,
        sheet=sheet,
        outlook=outlook_for(person, now=now),
        timeline=timeline(person, now=now, below=below, show=show),
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
    whole = below is None
    live = _live(request, person, show=show, below=below, now=now)
    context = common(
        person=person,
        **live,
        timeline=timeline(person, now=now, below=below, show=show),
        filters=FILTER_TITLES,
        is_swapped=not whole,
    )
    return render(request, f"staff/_{'timeline' if whole else 'entries'}.html", context)


@require_safe
@staff_page
def pulse(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Whether an open page, whose `mark` it tells, is up to date, for htmx: what it answers asks
    again, or reloads the page's parts."""
    person = person_or_404(customer_no)
    show, _below = _place(request)
    live = _live(request, person, show=show, below=None, now=clock_now())
    is_changed = request.GET.get("mark", "") != live["mark"]
    context = common(person=person, **live, is_changed=is_changed)
    return render(request, "staff/_pulse.html", context)


def _live(
    request: HttpRequest, person: Person, *, show: str, below: Cursor | None, now: datetime
) -> dict[str, Any]:
    """What a page needs to keep itself up to date; one of older entries does not.

    Asked before the history is read: what happens in between is shown at the next look, whereas
    the other way round the page would keep the old state under the new mark.
    """
    common_ones = {"show": show, "below": below, "origin": origin_of(request)}
    if below is not None:
        return common_ones
    seconds = LOOKS_SOON if is_moving(person, now=now) else LOOKS_AGAIN
    return {**common_ones, "mark": mark_of(person), "seconds": seconds}


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
