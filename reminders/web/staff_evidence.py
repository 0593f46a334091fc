"""The evidence about one borrower, as a page to print and as a file."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.queries.evidence import Evidence, evidence_of
from reminders.web.pages import common, person_or_404, signed_in, staff_page

log = logging.getLogger(__name__)


@require_safe
@staff_page
def evidence_page(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Everything on one page, made to be printed or saved as PDF."""
    evidence = _evidence(request, customer_no=customer_no)
    return render(request, "staff/evidence.html", common(evidence=evidence))


@require_safe
@staff_page
def evidence_file(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """The same as JSON, to keep."""
    evidence = _evidence(request, customer_no=customer_no)
    day = f"{evidence.made_at:%Y-%m-%d}"
    name = f"evidence-{slugify(customer_no) or evidence.sheet.person.id}-{day}.json"
    return HttpResponse(
        evidence.document,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _evidence(request: HttpRequest, *, customer_no: str) -> Evidence:
    """Logged: whoever takes all of it away should be known."""
    person = person_or_404(customer_no)
    staff = signed_in(request)
    evidence = evidence_of(person, now=clock_now(), made_by=staff.get_username())
    log.info("%s took the evidence about customer %s", staff.get_username(), person.id)
    return evidence
