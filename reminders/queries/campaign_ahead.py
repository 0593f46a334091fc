"""Whom a campaign would reach, and whom not and why: found by the code that plans and decides.

Its audience is placed on its days as planning will do it; then each borrower is foreseen with
their own reminders (Note [Asked ahead], Note [Borrowers are independent]). Of a large audience a
sample is judged, evenly drawn and the same at each call. Other campaigns are not foreseen.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from reminders.core.contact_rules import ContactRules
from reminders.core.types import Borrower, Send
from reminders.facts.borrowers import borrowers, rules_in_force
from reminders.facts.campaigns import (
    DayOfCampaign,
    audience_parameters,
    candidates_of_campaign,
    course_of,
    days_to_plan,
    places_taken,
)
from reminders.facts.grid import book_zones, grid
from reminders.facts.policies import steps_in_force
from reminders.facts.words import Words
from reminders.models import Campaign
from reminders.queries.forecast import Facts, Judgement, Planned, foresee
from reminders.queries.walk import SLICE, candidates, coming_holds, loans_of
from reminders.sql import statement

JUDGED_MAX = 2_000
"""Borrowers whose decisions are foreseen for a page."""

SENT = "sent"
NO_PLACE = "no_place"
"""What becomes of who finds no place on any of its days."""

_ALL = 2**62


@dataclass(frozen=True, slots=True)
class ForeseenRow:
    """What a borrower of the audience gets: `outcome` is SENT, NO_PLACE or a reason."""

    customer_no: str
    name: str
    outcome: str
    at: datetime | None = None
    text: str = ""
    parts: int = 0
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The audience, and the rows of those of it that were judged.

    `days_needed` is how many days it would take, None where any number fits on one.
    """

    audience: int
    rows: tuple[ForeseenRow, ...]
    days: int
    days_needed: int | None

    @property
    def is_sample(self) -> bool:
        """Whether only a part of the audience was judged."""
        return len(self.rows) < self.audience

    @property
    def scale(self) -> float:
        """For how many borrowers of the audience each row stands."""
        return self.audience / len(self.rows) if self.rows else 1.0

    @property
    def outcomes(self) -> Counter[str]:
        """Judged borrowers by outcome."""
        return Counter(row.outcome for row in self.rows)

    def texts_by_day(self, zone: ZoneInfo) -> Mapping[date, int]:
        """Texts of the judged by day of `zone`."""
        days = Counter(row.at.astimezone(zone).date() for row in self.rows if row.at is not None)
        return dict(sorted(days.items()))


@dataclass(frozen=True, slots=True)
class _Placed:
    customer_id: int
    timezone: str
    on: DayOfCampaign | None


def ahead(row: Campaign, *, now: datetime, judged_max: int = JUDGED_MAX) -> Ahead:
    """What would come of `row`, were it published now."""
    zones, _unknown = book_zones()
    course, rules = course_of(row), rules_in_force()
    span = timedelta(days=3) + max(row.last_day - now.date(), timedelta(0))
    days = days_to_plan(course, rules=rules, zones=zones, now=now, horizon=span)
    placed = _place(row, _audience(row, zones=zones), days=days)
    every = max(1, -(-len(placed) // judged_max))
    judged = placed[::every]
    walker = _Walker(row, zones=zones, rules=rules, now=now)
    rows = [
        one
        for first in range(0, len(judged), SLICE)
        for one in walker.some(judged[first : first + SLICE])
    ]
    needed = None if row.per_day is None else -(-len(placed) // row.per_day)
    return Ahead(len(placed), tuple(rows), len(days), needed)


def _audience(row: Campaign, *, zones: Sequence[str]) -> list[tuple[int, str]]:
    parameters = audience_parameters(row, timezones=zones, after=0, limit=_ALL)
    with connection.cursor() as cursor:
        cursor.execute(statement("campaign_audience"), parameters)
        return list(cursor.fetchall())


def _place(
    row: Campaign, audience: Sequence[tuple[int, str]], *, days: Sequence[DayOfCampaign]
) -> list[_Placed]:
    """The audience on the days, as planning fills them; None for whom none is left."""
    rest = iter(audience)
    found = []
    for one in days:
        room = len(audience)
        if row.per_day is not None:
            room = max(0, row.per_day - places_taken(row, day=one.day))
        # The range first: `zip` would take a borrower more before it sees that it has ended.
        found += [_Placed(*borrower, one) for _, borrower in zip(range(room), rest, strict=False)]
    return found + [_Placed(*borrower, None) for borrower in rest]


class _Walker:
    """Foresees borrowers slice by slice, each with the reminders of the policies in force."""

    def __init__(
        self, row: Campaign, *, zones: Sequence[str], rules: ContactRules, now: datetime
    ) -> None:
        self._make, self._rules, self._now = candidates_of_campaign(row), rules, now
        self._steps = steps_in_force()
        course = course_of(row)
        self._until = max([now, *(course.expires_at(timezone=zone) for zone in zones)])
        self._grid = grid(self._steps, zones=zones, now=now, horizon=self._until - now)
        templates = {step.version.template_id for step in self._steps}
        self._words = Words({*templates, row.template_id})

    def some(self, judged: Sequence[_Placed]) -> Iterator[ForeseenRow]:
        ids = [one.customer_id for one in judged]
        planned = candidates(self._steps, cells=self._grid, loan_ids=loans_of(ids))
        coming = coming_holds(ids, now=self._now)
        facts_of = borrowers(customer_ids=ids, now=self._now)
        for one in judged:
            borrower = facts_of.get(one.customer_id)
            if borrower is None:
                continue
            if one.on is None:
                yield ForeseenRow(borrower.customer_no, borrower.name, NO_PLACE)
                continue
            mine = list(planned.get(one.customer_id, ()))
            facts = Facts(
                borrower, tuple(coming.get(one.customer_id, ())), self._rules, self._words
            )
            yield self._foresee(facts, one=one, on=one.on, others=mine)

    def _foresee(
        self, facts: Facts, *, one: _Placed, on: DayOfCampaign, others: list[Planned]
    ) -> ForeseenRow:
        slot = on.slots.get(one.timezone)
        if slot is None:  # its last day is over where they live
            return ForeseenRow(facts.borrower.customer_no, facts.borrower.name, NO_PLACE)
        number = len(others) + 1
        candidate = self._make(
            reminder_id=number, due_date=on.day, send_at=slot[0], expires_at=slot[1]
        )
        planned = [*others, Planned(candidate, slot[0])]
        judged = foresee(facts, planned=planned, now=self._now, until=self._until)
        return _row(facts.borrower, judged[number])


def _row(borrower: Borrower, judgements: Sequence[Judgement]) -> ForeseenRow:
    who = (borrower.customer_no, borrower.name)
    if not judgements:
        return ForeseenRow(*who, "too_late")
    last = judgements[-1]
    verdict = last.decision.verdict
    if not isinstance(verdict, Send):
        return ForeseenRow(*who, verdict.reason)
    if last.text is None:
        return ForeseenRow(*who, "text_impossible")
    text = last.text
    return ForeseenRow(*who, SENT, last.at, text.body, text.parts, text.price)
