"""What reminding changed: the hold-out against the rest, as it was counted by night."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Customer
from reminders.core.effect import Effect, Share, effect_of
from reminders.facts.effect import parameters
from reminders.models import EffectFact
from reminders.sql import statement

PAGE = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """The effect of one policy on who pays within `after_days`, over some due dates."""

    policy_id: int
    policy: str
    after_days: int
    first_due: date
    last_due: date
    counted_at: datetime
    effect: Effect


def measured() -> list[Measured]:
    """What was counted, policy by policy, by days after; in one statement."""
    facts: dict[tuple[int, int], dict[bool, EffectFact]] = {}
    rows = EffectFact.objects.select_related("policy").order_by("policy__key", "after_days")
    for fact in rows:
        facts.setdefault((fact.policy_id, fact.after_days), {})[fact.is_held_out] = fact
    return [
        Measured(
            policy_id=policy_id,
            policy=both[True].policy.title,
            after_days=after_days,
            first_due=both[True].first_due,
            last_due=both[True].last_due,
            counted_at=both[True].counted_at,
            effect=effect_of(
                reminded=Share(both[False].paid, both[False].borrowers),
                held_out=Share(both[True].paid, both[True].borrowers),
            ),
        )
        for (policy_id, after_days), both in facts.items()
    ]


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Borrowers behind a number: (customer number, name); `after` begins the next page."""

    rows: tuple[tuple[str, str], ...]
    after: str


def effect_rows(fact: EffectFact, *, paid: bool, zone: ZoneInfo, after: str = "") -> PersonPage:
    """A page of the borrowers in a group who paid in time, or did not.

    Raises ValueError for an `after` that this code did not make.
    """
    place = int(after) if after else 0
    if not 0 <= place < 2**63:
        raise ValueError(after)
    if not (fact.paid if paid else fact.borrowers - fact.paid):
        return PersonPage((), "")  # without a walk through the whole book that finds nobody
    asked = parameters(
        fact.policy_id,
        after_days=fact.after_days,
        first=fact.first_due,
        last=fact.last_due,
        zone=zone,
    )
    asked |= {"held_out": fact.is_held_out, "paid": paid, "after": place, "limit": PAGE + 1}
    with connection.cursor() as cursor:
        cursor.execute(statement("effect_rows"), asked)
        ids = [row[0] for row in cursor.fetchall()]
    people = Customer.objects.in_bulk(ids[:PAGE])
    return PersonPage(
        tuple((people[pk].customer_no, people[pk].name) for pk in ids[:PAGE]),
        str(ids[PAGE - 1]) if len(ids) > PAGE else "",
    )
