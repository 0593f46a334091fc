"""The work list of what borrowers said on their own pages, and links to those pages."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.clock import now as clock_now
from accounts.models import Customer
from accounts.operations import OperationRefused
from reminders.core.links import url_of
from reminders.models import BorrowerLink
from reminders.pipeline.links import make_link, revoke
from reminders.pipeline.replies import NotToAgree, agree, mark_read
from reminders.queries.links import links_of
from reminders.queries.replies import COUNTED_MOST, replies_count, replies_read, replies_to_read
from reminders.web.pages import common, person_or_404, signed_in, staff_page
from reminders.web.work_lists import shown_lists


@require_safe
@staff_page
def replies(request: HttpRequest) -> HttpResponse:
    """What is still to be read, the oldest first; or what was, the latest first."""
    show_read = request.GET.get("show") == "read"
    after = request.GET.get("after", "")
    try:
        page = replies_read(after=after) if show_read else replies_to_read(after=after)
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    context = common(
        page=page,
        lists=shown_lists(now=clock_now()),
        list="replies",
        count=replies_count(),
        counted_most=COUNTED_MOST,
        show_read=show_read,
    )
    return render(request, "staff/replies.html", context)


@require_POST
@staff_page
def read_reply(request: HttpRequest, *, reply_id: int) -> HttpResponse:
    """It was read, by whoever is signed in."""
    if mark_read(reply_id=reply_id, read_by=signed_in(request), now=clock_now()):
        messages.success(request, _("Noted that you have read it."))
    else:
        messages.warning(request, _("A colleague had read it already. Nothing was changed."))
    return redirect("staff:replies")


@require_POST
@staff_page
def agree_to_plan(request: HttpRequest, *, reply_id: int) -> HttpResponse:
    """Make the plan that a borrower asked for, as it was asked for."""
    try:
        agree(reply_id=reply_id, agreed_by=signed_in(request), now=clock_now())
    except NotToAgree:
        messages.warning(request, _("A colleague had read it already. Nothing was changed."))
    except OperationRefused:
        messages.warning(
            request,
            _(
                "That plan cannot be made: its first term is past, or another plan runs. Agree on "
                "a new one with the borrower."
            ),
        )
    else:
        messages.success(request, _("The plan is in force: no overdue text goes out under it."))
    return redirect("staff:replies")


@require_safe
@staff_page
def links(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """The links to a borrower's page: which are good, where they came from, how long."""
    person = person_or_404(customer_no)
    context = common(person=person, links=links_of(person, now=clock_now()))
    return render(request, "staff/links.html", context)


@require_POST
@staff_page
def new_link(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Make a link to be handed over by other means. It is shown on this one answer and kept
    nowhere."""
    now = clock_now()
    person = person_or_404(customer_no)
    token = make_link(
        customer=Customer.objects.get(pk=person.id), made_by=signed_in(request), now=now
    )
    context = common(
        person=person,
        links=links_of(person, now=now),
        made=url_of(token, base=settings.PUBLIC_URL),
    )
    return render(request, "staff/links.html", context)


@require_POST
@staff_page
def revoke_link(request: HttpRequest, *, customer_no: str, link_id: int) -> HttpResponse:
    """Close a link before its time."""
    person = person_or_404(customer_no)
    if not BorrowerLink.objects.filter(pk=link_id, customer=person.id).exists():
        raise Http404(str(link_id))
    revoke(link_id=link_id, revoked_by=signed_in(request), now=clock_now())
    messages.success(request, _("The link is closed: it opens nothing any more."))
    return redirect("staff:links", customer_no=person.customer_no)
