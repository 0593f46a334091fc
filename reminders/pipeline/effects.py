"""Counting by night what reminding changed, for each policy that holds borrowers out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from reminders.facts.effect import AFTER_DAYS, parameters, window
from reminders.models import EffectFact, Policy
from reminders.sql import statement


def count_effects(*, now: datetime) -> int:
    """Count every policy that has ever held somebody out, each in a transaction of its own; returns
    how many there are."""
    policies = Policy.objects.filter(versions__holdout_percent__gt=0).distinct().order_by("pk")
    for policy in policies:
        _count(policy, now=now)
    return len(policies)


@transaction.atomic
def _count(policy: Policy, *, now: datetime) -> None:
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    EffectFact.objects.filter(policy=policy).delete()
    for after_days in AFTER_DAYS:
        first, last = window(after_days, today=today)
        asked = parameters(policy.pk, after_days=after_days, first=first, last=last, zone=zone)
        with connection.cursor() as cursor:
            cursor.execute(statement("effect"), asked)
            found = {held_out: (all_, paid) for held_out, all_, paid in cursor.fetchall()}
        for held_out in (True, False):
            borrowers, paid = found.get(held_out, (0, 0))
            EffectFact.objects.create(
                policy=policy,
                after_days=after_days,
                is_held_out=held_out,
                borrowers=borrowers,
                paid=paid,
                first_due=first,
                last_due=last,
                counted_at=now,
            )
