"""A signed-in manager in front of the pages of figures, at a fixed instant."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from tests.builders import NOW, a_member_of_staff
from tests.clocks import set_clock
from tests.integration.desk import Desk


@pytest.fixture
def manager(settings: Settings) -> Desk:
    """The pages as a manager sees them at NOW, in English, with the rights of that role."""
    set_clock(settings, NOW)
    settings.LANGUAGE_CODE = "en"
    call_command("create_roles", stdout=StringIO())
    client = Client()
    client.force_login(a_member_of_staff(username="mei", groups=("managers",), is_staff=True))
    return Desk(client)
