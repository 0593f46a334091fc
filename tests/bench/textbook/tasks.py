"""The daily loop, and a task for each text."""

from datetime import date, timedelta

import requests
from celery import shared_task
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from tests.bench.textbook.models import Instalment, Reminder


@shared_task
def send_daily_reminders(today: str) -> int:
    """A reminder for all that is due tomorrow."""
    tomorrow = date.fromisoformat(today) + timedelta(days=1)
    count = 0
    for instalment in Instalment.objects.filter(
        due_date=tomorrow, paid=False, borrower__wants_messages=True
    ):
        reminder, created = Reminder.objects.get_or_create(instalment=instalment, kind="day_before")
        if created:
            send_reminder.delay(reminder.pk)
            count += 1
    return count


@shared_task(bind=True, max_retries=3)
def send_reminder(self, reminder_id: int) -> None:  # type: ignore[no-untyped-def]
    """One text to one borrower."""
    reminder = Reminder.objects.select_related("instalment__borrower").get(pk=reminder_id)
    instalment = reminder.instalment
    if instalment.paid or reminder.status == "sent":
        return
    reminder.text = render_to_string("reminder.txt", {"instalment": instalment})
    try:
        response = requests.post(
            settings.SMS_URL,
            json={
                "reference": str(reminder.pk),
                "to": instalment.borrower.phone,
                "body": reminder.text,
            },
            headers={"Authorization": f"Bearer {settings.SMS_TOKEN}"},
            timeout=10,
        )
        response.raise_for_status()
    except requests.RequestException as error:
        raise self.retry(exc=error, countdown=60) from error
    reminder.provider_id = response.json()["id"]
    reminder.status = "sent"
    reminder.sent_at = timezone.now()  # noqa: TID251 - the textbook knows no other clock
    reminder.save()
