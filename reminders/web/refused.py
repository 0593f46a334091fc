"""The page for a form that was too old, or came from elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure as for_staff

from reminders.web.borrower_door import sealed, shown


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """In the manner of the page it came from: a borrower is led back to their own."""
    if not request.path.startswith("/b/"):
        return for_staff(request, reason=reason)
    address = "/".join(request.path.split("/")[:3])
    return sealed(shown(request, "borrower/again.html", status=403, address=address))
