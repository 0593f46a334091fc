"""Signing in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponseBase
from django.http.response import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from accounts.models import Staff
from reminders.web.pages import closed_to_others, may_work_here


class SignIn(LoginView):
    """The sign-in page; who is signed in already goes on."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, with the headers of Note [Nothing from elsewhere]."""
        response = super().dispatch(request, *args, **kwargs)
        return closed_to_others(response) if isinstance(response, HttpResponse) else response


def root(request: HttpRequest) -> HttpResponse:
    """Leads to where this person works: the desk, or the admin if that alone is open to them."""
    person = request.user
    if isinstance(person, Staff) and person.is_staff and not may_work_here(person):
        return redirect("admin:index")
    return redirect("staff:home")


urlpatterns: list[URLPattern] = [
    path("", root, name="root"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
