"""What publishing a draft would change for borrowers, against what is in force today.

Both courses are walked on the same facts (see Note [Borrowers are independent]): whom each
reaches, and for each reminder whether it is added, dropped, moved, said in other words, or with
other figures (a total that another reminder joins or leaves).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from reminders.core.types import Borrower, Defer, Expire, Send
from reminders.facts.policies import StepInForce, steps_in_force, steps_of
from reminders.facts.words import Words
from reminders.models import PolicyVersion, TemplateVersion
from reminders.queries.walk import Course, Foreseen, Slot, walk
from reminders.sql import statement

WALKED_MAX = 2_000
"""Borrowers that a page walks; of a larger book it walks a sample of about this many."""

EXAMPLES_MAX = 20
KINDS = ("added", "dropped", "moved", "reworded", "refigured")
CONTACT_LIMITS = (
    "hours",
    "no_common_hours",
    "hours_between",
    "per_day",
    "per_7_days",
    "one_text_at_a_time",
    "rest_day",
)
"""Reasons for putting a reminder off that come from the contact rules."""

TODAY, THEN = 0, 1
"""The two courses: what is in force, and what would be."""


@dataclass(frozen=True, slots=True)
class Text:
    """A reminder that goes out: when, over what, and the text that carries it.

    `source` is the text before it is filled. `leads` in one reminder of each text, so that
    texts are counted once.
    """

    at: datetime
    channel: str
    body: str
    source: str
    parts: int
    price: Decimal
    leads: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One reminder that would fare otherwise, and how: `kinds` are some of KINDS."""

    customer_no: str
    instalment_id: int
    policy_key: str
    step_key: str
    kinds: tuple[str, ...]
    today: Text | None
    then: Text | None


@dataclass(frozen=True, order=True, slots=True)
class Cell:
    """What reminders that go out are counted by. `course` is TODAY or THEN."""

    course: int
    day: date
    policy_key: str
    step_key: str
    tier: str
    channel: str


@dataclass(slots=True)
class Tally:
    """Texts, their parts and their price."""

    texts: int = 0
    parts: int = 0
    price: Decimal = Decimal(0)

    def add(self, text: Text) -> None:
        """One more."""
        self.texts += 1
        self.parts += text.parts
        self.price += text.price


@dataclass(slots=True)
class Difference:
    """The counts behind the page, of the borrowers that were walked.

    `borrowers` is how many the book has with a loan, `walked` of how many of them this tells.
    `put_off` and `lost` count reminders of THEN and TODAY by (course, policy, step, rule): put off
    at least once by a contact rule, and never sent because of one.
    """

    borrowers: int
    walked: int
    reached: Counter[int] = field(default_factory=Counter)
    sent: Counter[Cell] = field(default_factory=Counter)
    days: dict[tuple[int, date], Tally] = field(default_factory=lambda: defaultdict(Tally))
    totals: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))
    changes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str, str], list[Change]] = field(
        default_factory=lambda: defaultdict(list)
    )
    put_off: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)
    lost: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)

    @property
    def is_sample(self) -> bool:
        """Whether the counts are those of a part of the book."""
        return self.walked < self.borrowers


def courses_of(version: PolicyVersion | TemplateVersion) -> tuple[Course, Course]:
    """What is in force, and what would be with `version` in the place of its published one."""
    today = steps_in_force()
    then, instead = list(today), None
    if isinstance(version, PolicyVersion):
        key = version.policy.key
        then = [step for step in today if step.policy_key != key]
        then += steps_of([version]) if version.policy.is_active else []
    else:
        instead = version
    templates = {step.version.template_id for step in (*today, *then)}
    words = Words(templates)
    new_words = Words(templates, instead=instead) if instead else words
    return Course(today, words), Course(_kept(then, among=today), new_words)


def _kept(then: Sequence[StepInForce], *, among: Sequence[StepInForce]) -> list[StepInForce]:
    """`then` with steps that say what one of today's says replaced by that: it is walked once."""
    known = {_meaning(step): step for step in among}
    return [known.get(_meaning(step), step) for step in then]


def _meaning(step: StepInForce) -> tuple[Any, ...]:
    values = step.version.as_values()
    return (
        step.policy_key,
        step.step_id,
        step.holdout_percent,
        *(tuple(value) if isinstance(value, list) else value for value in values.values()),
    )


def changes(
    version: PolicyVersion | TemplateVersion,
    *,
    days: int,
    now: datetime,
    customer_ids: Sequence[int],
) -> Iterator[Change]:
    """Every reminder of these borrowers that would fare otherwise within `days` days."""
    until = now + timedelta(days=days)
    for borrower, foreseen in walk(
        courses_of(version), customer_ids=customer_ids, until=until, now=now
    ):
        yield from _changes(borrower, foreseen)


def difference(
    version: PolicyVersion | TemplateVersion,
    *,
    days: int,
    now: datetime,
    zone: ZoneInfo,
    walked_max: int | None = WALKED_MAX,
) -> Difference:
    """The difference that `version` would make within `days` days, counted by days of `zone`.

    A book of more borrowers than `walked_max` is told from a sample, the same at each call.
    """
    ids, of = borrowers_with_loans(most=walked_max)
    found = Difference(borrowers=of, walked=len(ids))
    until = now + timedelta(days=days)
    for borrower, foreseen in walk(courses_of(version), customer_ids=ids, until=until, now=now):
        for course, judged in enumerate(foreseen):
            _count(found, course=course, borrower=borrower, foreseen=judged, zone=zone)
        for change in _changes(borrower, foreseen):
            for kind in change.kinds:
                place = (change.policy_key, change.step_key, kind)
                found.changes[place] += 1
                if len(found.examples[place]) < EXAMPLES_MAX:
                    found.examples[place].append(change)
    return found


def borrowers_with_loans(*, most: int | None = None) -> tuple[list[int], int]:
    """Ids of borrowers who have a loan, all or a sample of about `most`, and how many there are.

    The sample is drawn borrower by borrower and stays the same while the book does.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement("count_borrowers_with_loans"))
        of: int = cursor.fetchone()[0]
        percent = 100.0 if most is None or of <= most else 100 * most / of
        cursor.execute(statement("borrowers_with_loans"), {"percent": percent})
        return [pk for (pk,) in cursor.fetchall()], of


def _texts(foreseen: Foreseen) -> dict[Slot, Text]:
    """The reminders that go out, each with its text."""
    found: dict[Slot, Text] = {}
    led: set[datetime] = set()
    for slot, judgements in foreseen.items():
        last = judgements[-1]
        verdict = last.decision.verdict
        if isinstance(verdict, Send) and last.text is not None:
            text = last.text
            found[slot] = Text(
                last.at,
                verdict.channel.value,
                text.body,
                text.source,
                text.parts,
                text.price,
                leads=last.at not in led,
            )
            led.add(last.at)
    return found


def _changes(borrower: Borrower, foreseen: Sequence[Foreseen]) -> Iterator[Change]:
    if foreseen[TODAY] is foreseen[THEN]:
        return
    today, then = (_texts(one) for one in foreseen)
    for slot in sorted(today.keys() | then.keys()):
        before, after = today.get(slot), then.get(slot)
        if kinds := _kinds(before, after):
            yield Change(borrower.customer_no, *slot, kinds, before, after)


def _kinds(before: Text | None, after: Text | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ("added",) if before is None else ("dropped",)
    kinds = []
    if before.at != after.at or before.channel != after.channel:
        kinds.append("moved")
    if before.source != after.source:
        kinds.append("reworded")
    if not kinds and before.body != after.body:
        kinds.append("refigured")
    return tuple(kinds)


def _count(
    found: Difference, *, course: int, borrower: Borrower, foreseen: Foreseen, zone: ZoneInfo
) -> None:
    texts = _texts(foreseen)
    found.reached[course] += bool(texts)
    for (_instalment, policy_key, step_key), text in texts.items():
        day = text.at.astimezone(zone).date()
        cell = Cell(course, day, policy_key, step_key, borrower.tier.value, text.channel)
        found.sent[cell] += 1
        if text.leads:
            found.days[course, day].add(text)
            found.totals[course].add(text)
    for (_instalment, policy_key, step_key), judgements in foreseen.items():
        verdicts = [judgement.decision.verdict for judgement in judgements]
        by = {v.reason for v in verdicts if isinstance(v, (Defer, Expire))} & set(CONTACT_LIMITS)
        for rule in by:
            found.put_off[course, policy_key, step_key, rule] += 1
        last = verdicts[-1]
        if by and not isinstance(last, (Send, Defer)):
            for rule in by:
                found.lost[course, policy_key, step_key, rule] += 1
