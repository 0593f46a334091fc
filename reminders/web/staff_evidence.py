"""The evidence about one borrower, as a page to print and as a file.

Note [Paper and file of one viewing]
The page prints the fingerprint of the file that it links to, so the link must not give another.
It carries the instant and the fingerprint, signed. Rows change, and what they said then cannot be
had again: the file is drawn up anew for that instant, and where its fingerprint is another, a
page says so in its place.
"""

import logging
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.queries.evidence import Evidence, evidence_of
from reminders.web.pages import common, person_or_404, signed_in, staff_clock, staff_page

log = logging.getLogger(__name__)

_VIEWINGS = Signer(salt="reminders.evidence")


@require_safe
@staff_page
def evidence_page(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """Everything on one page, made to be printed or saved as PDF."""
    evidence = _evidence(request, customer_no=customer_no, at=clock_now())
    viewed = _VIEWINGS.sign_object(
        {
            "customer": evidence.sheet.person.id,
            "at": evidence.made_at.isoformat(),
            "sha256": evidence.fingerprint,
        }
    )
    file_url = reverse("staff:evidence_file", args=[customer_no], query={"viewed": viewed})
    context = common(evidence=evidence, file_name=evidence.file_name, file_url=file_url)
    return render(request, "staff/evidence.html", context)


@require_safe
@staff_page
def evidence_file(request: HttpRequest, *, customer_no: str) -> HttpResponse:
    """The same as JSON, to keep: of the page that led here, or as of now.

    Raises Http404 for a link that no page gave.
    """
    if "viewed" not in request.GET:
        return _download(_evidence(request, customer_no=customer_no, at=clock_now()))
    try:
        viewed = _VIEWINGS.unsign_object(request.GET["viewed"])
    except BadSignature as error:
        raise Http404(customer_no) from error
    at = datetime.fromisoformat(viewed["at"])
    evidence = _evidence(request, customer_no=customer_no, at=at)
    if viewed["customer"] != evidence.sheet.person.id:
        raise Http404(customer_no)
    if evidence.fingerprint != viewed["sha256"]:
        context = common(person=evidence.sheet.person, viewed_at=at)
        return render(request, "staff/evidence_changed.html", context, status=409)
    return _download(evidence)


def _download(evidence: Evidence) -> HttpResponse:
    return HttpResponse(
        evidence.document,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{evidence.file_name}"'},
    )


def _evidence(request: HttpRequest, *, customer_no: str, at: datetime) -> Evidence:
    """Logged: whoever takes all of it away should be known."""
    person = person_or_404(customer_no)
    staff = signed_in(request)
    evidence = evidence_of(person, now=at, made_by=staff.get_username(), clock=staff_clock())
    log.info("%s took the evidence about customer %s", staff.get_username(), person.id)
    return evidence
