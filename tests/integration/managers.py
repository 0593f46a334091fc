"""A signed-in manager in front of the pages of figures, at a fixed instant."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from reminders.models import MessageTemplate, Reminder
from tests.builders import NOW, a_member_of_staff
from tests.clocks import set_clock
from tests.integration.desk import Desk
from tests.reminder_builders import (
    a_campaign,
    a_lesson_for,
    a_message,
    a_policy,
    a_pupil,
    a_reminder,
)


@pytest.fixture
def manager(settings: Settings) -> Desk:
    """The pages as a manager sees them at NOW, in English, with the rights of that role."""
    set_clock(settings, NOW)
    settings.LANGUAGE_CODE = "en"
    call_command("create_roles", stdout=StringIO())
    client = Client()
    client.force_login(a_member_of_staff(username="mei", groups=("managers",), is_staff=True))
    return Desk(client)


def texts_of_all_who_ask(**fields: object) -> None:
    """One text of a step, one by hand, and two of a campaign."""
    policy = a_policy(-3)
    a_message(reminder=a_reminder(policy=policy), **fields)
    by_hand = a_message(reminder=a_reminder(policy=policy), **fields)
    Reminder.objects.filter(message=by_hand).update(
        step=None,
        step_version=None,
        template=MessageTemplate.objects.exclude(key="lesson").first(),
        requested_by=a_member_of_staff(username="asks"),
    )
    campaign = a_campaign()
    for _number in range(2):
        a_message(reminder=a_lesson_for(a_pupil(), campaign=campaign), **fields)
    Reminder.objects.update(decided_at=fields.get("opened_at", NOW))
