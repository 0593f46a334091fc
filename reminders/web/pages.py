"""What every page for staff needs: who may see it, the clock it shows, and what it may load.

Note [Nothing from elsewhere]
Every page says in its Content-Security-Policy that it loads from this host alone and runs no
inline script, so a name or a text that holds HTML stays text even where a template errs.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Staff
from reminders.queries.borrower import Person, person_with
from reminders.queries.formats import Clock

GROUPS = ("collections", "managers")
"""Who may open staff pages; superusers may as well."""

MANAGERS_RIGHT = "reminders.view_dayfact"
"""Who may see the figures of the whole book."""

MANAGERS_ONLY = "managers only"
"""What the page of a refusal is told."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff_page(view: View[P]) -> View[P]:
    """The view for those who may: others sign in first, or get the page that says why not."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.user, Staff):
            return redirect_to_login(request.get_full_path())
        if not may_work_here(request.user):
            raise PermissionDenied
        return closed_to_others(view(request, *args, **kwargs))

    return guarded


def manager_page(view: View[P]) -> View[P]:
    """As `staff_page`, and only for those who may see the figures of the whole book."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not signed_in(request).has_perm(MANAGERS_RIGHT):
            raise PermissionDenied(MANAGERS_ONLY)
        return view(request, *args, **kwargs)

    return staff_page(guarded)


def closed_to_others(response: HttpResponse) -> HttpResponse:
    """`response` with the headers of Note [Nothing from elsewhere], and kept by no cache."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def may_work_here(staff: Staff) -> bool:
    """Whether staff pages are open to this person."""
    return staff.is_superuser or staff.groups.filter(name__in=GROUPS).exists()


def signed_in(request: HttpRequest) -> Staff:
    """Who is asking, on a page behind `staff_page`."""
    assert isinstance(request.user, Staff), "staff_page lets nobody else through"
    return request.user


def staff_clock() -> Clock:
    """The clock that staff pages show."""
    return Clock(ZoneInfo(settings.TIME_ZONE))


def person_or_404(customer_no: str) -> Person:
    """The borrower of that number. Raises Http404."""
    person = person_with(customer_no) if "\0" not in customer_no else None
    if person is None:
        raise Http404(customer_no)
    return person


def common(**context: Any) -> dict[str, Any]:
    """`context` with what all pages show."""
    return {"staff_clock": staff_clock(), "staff_zone": settings.TIME_ZONE, **context}
