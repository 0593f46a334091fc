"""A signed-in agent in front of the staff pages, at a fixed instant."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import Customer
from tests.builders import NOW, a_member_of_staff
from tests.clocks import set_clock

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page


class Desk:
    """What an agent can ask for. Pages come back as text, in English."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, name: str, *args: object, part: str = "", **query: str) -> "Page":
        """The page `staff:name`; `part` asks as htmx does, for that element."""
        headers = {"HX-Request": "true", "HX-Target": part} if part else {}
        return self.client.get(reverse(f"staff:{name}", args=args), query, headers=headers)

    def read(self, name: str, *args: object, part: str = "", **query: str) -> str:
        """The text of a page that is there."""
        response = self.get(name, *args, part=part, **query)
        assert response.status_code == 200, response
        return response.content.decode()

    def post(self, name: str, *args: object, **data: object) -> "Page":
        """What a form does."""
        return self.client.post(reverse(f"staff:{name}", args=args), data)

    def borrower(self, customer: Customer, **query: str) -> str:
        """The borrower's page."""
        return self.read("borrower", customer.customer_no, **query)


@pytest.fixture
def desk(client: Client, settings: Settings) -> Desk:
    """The pages as an agent sees them at NOW, in English."""
    set_clock(settings, NOW)
    settings.LANGUAGE_CODE = "en"
    client.force_login(a_member_of_staff(username="lin", groups=("collections",)))
    return Desk(client)
