"""Notes for colleagues, and taking back what was just done."""

import logging
from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.clock import now as clock_now
from accounts.desk import write_note
from accounts.operations import OperationRefused
from reminders.core.undo import What, Why
from reminders.pipeline.undoing import CannotUndo
from reminders.pipeline.undoing import undo as take_back
from reminders.web.pages import common, person_or_404, signed_in, staff_page
from reminders.web.staff_forms import NoteForm

log = logging.getLogger(__name__)

DONE: Mapping[What, Promise] = {
    What.HOLD: gettext_lazy("The hold is taken back, as if it had not been placed."),
    What.NOTE: gettext_lazy("The note is gone."),
    What.NUMBER: gettext_lazy("Texts go to the number before again."),
}

REFUSED: Mapping[Why, Promise] = {
    Why.TOO_LATE: gettext_lazy("The minutes in which it could be taken back are over."),
    Why.NOT_THERE: gettext_lazy("It is not there any more, or somebody else did it."),
    Why.REMINDER_ENDED: gettext_lazy(
        "A reminder was dropped because of this hold, so it cannot be as if it had never been. "
        "Release the hold instead."
    ),
    Why.PLAN_AGREED: gettext_lazy(
        "The borrower was answered with this plan. Release it instead, and tell them."
    ),
    Why.TEXT_OPENED: gettext_lazy(
        "A text went to the new number meanwhile. Correct the number once more instead."
    ),
    Why.LINK_MADE: gettext_lazy(
        "A link was made for the new number meanwhile. Close it and correct the number once more."
    ),
    Why.CHANGED_SINCE: gettext_lazy("The number was changed or marked again meanwhile."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def note(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Keep a note; the form again with what is wrong where it cannot be."""
    person = person_or_404(customer_no)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        staff = signed_in(request)
        try:
            kept = write_note(
                customer_id=person.id,
                text=form.cleaned_data["text"],
                written_by=staff,
                now=clock_now(),
            )
        except OperationRefused:
            form.add_error("text", _("Write something, with no more than 2,000 characters."))
        else:
            log.info("%s wrote note %s on customer %s", staff.pk, kept.pk, person.id)
            messages.success(request, _("The note is kept."))
            return redirect("staff:borrower", customer_no=person.customer_no)
    context = common(person=person, form=form)
    return render(request, "staff/note.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page
def undo(request: HttpRequest, *, customer_no: str, what: str, row_id: int) -> HttpResponse:
    """Take back a hold, a note or a corrected number, or say why it stays."""
    person = person_or_404(customer_no)
    if what not in set(What):
        raise Http404(what)
    staff = signed_in(request)
    try:
        take_back(
            what=What(what),
            row_id=row_id,
            customer_id=person.id,
            undone_by=staff,
            now=clock_now(),
        )
    except CannotUndo as refused:
        reason = _("It stays as it is. %(why)s") % {"why": REFUSED[refused.why]}
        messages.warning(request, reason)
    else:
        log.info("%s took back %s %s of customer %s", staff.pk, what, row_id, person.id)
        messages.success(request, str(DONE[What(what)]))
    return redirect("staff:borrower", customer_no=person.customer_no)
