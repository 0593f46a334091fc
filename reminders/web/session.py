"""Signing in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponseBase
from django.http.response import HttpResponse
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from reminders.web.pages import closed_to_others


class SignIn(LoginView):
    """The sign-in page; who is signed in already goes on."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, with the headers of Note [Nothing from elsewhere]."""
        response = super().dispatch(request, *args, **kwargs)
        return closed_to_others(response) if isinstance(response, HttpResponse) else response


urlpatterns: list[URLPattern] = [
    path("", RedirectView.as_view(pattern_name="staff:home"), name="root"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
