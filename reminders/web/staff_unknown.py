"""The work list of texts whose outcome is unknown, and a person's word about one of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.clock import now as clock_now
from reminders.pipeline.settling import NotOpen, settle
from reminders.queries.unknown import COUNTED_MOST, unknown_count, unknown_page
from reminders.web.pages import common, signed_in, staff_page
from reminders.web.staff_forms import SettlementForm
from reminders.web.work_lists import shown_lists

RIGHT = "reminders.add_settlement"
"""Who may say what became of a text; the others may only read the list."""


@require_safe
@staff_page
def unknown(request: HttpRequest) -> HttpResponse:
    """Texts that may have arrived, the oldest first."""
    try:
        page = unknown_page(after=request.GET.get("after", ""))
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    context = common(
        page=page,
        lists=shown_lists(now=clock_now()),
        list="unknown",
        count=unknown_count(),
        counted_most=COUNTED_MOST,
        may_settle=signed_in(request).has_perm(RIGHT),
        form=SettlementForm(),
    )
    return render(request, "staff/unknown.html", context)


@require_POST
@staff_page
def settle_unknown(request: HttpRequest, *, message_id: int) -> HttpResponse:
    """It arrived, or it did not, with a note; the row again with what is wrong where it cannot."""
    staff = signed_in(request)
    if not staff.has_perm(RIGHT):
        raise PermissionDenied
    form = SettlementForm(request.POST)
    if form.is_valid():
        try:
            settle(
                message_id=message_id,
                arrived=form.cleaned_data["verdict"] == "arrived",
                note=form.cleaned_data["note"],
                settled_by=staff,
                now=clock_now(),
            )
        except NotOpen:
            messages.warning(request, _("That text had been settled already. Nothing was changed."))
        else:
            messages.success(request, _("Noted. The text is settled and will not be sent again."))
        return redirect("staff:unknown")
    page = unknown_page(only=message_id)
    if not page.rows:
        raise Http404(str(message_id))
    context = common(
        page=page,
        lists=shown_lists(now=clock_now()),
        list="unknown",
        count=unknown_count(),
        counted_most=COUNTED_MOST,
        may_settle=True,
        form=form,
        is_one=True,
    )
    return render(request, "staff/unknown.html", context, status=422)
