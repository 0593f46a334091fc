"""Campaigns of a world: whom they are for, and when they are published, stopped and taken up."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from random import Random

from accounts import operations
from accounts.models.choices import RiskTier
from reminders.authoring import campaigns
from reminders.authoring.problems import CannotPublish
from reminders.authoring.shipped import load_shipped_campaign
from reminders.models import Campaign, MessageTemplate
from reminders.models.choices import CampaignState
from reminders.simulation.scenario import Scenario
from reminders.simulation.truth import Person, TrueCampaign, Truth

_DAYS_FOR_EACH = 4
"""One campaign is begun in so many days."""

_TIMES = (time(7), time(9), time(10), time(14), time(18, 30), time(22, 15))


class Lessons:
    """Draws everything from a seed of its own: a world without campaigns goes the same way."""

    def __init__(self, scenario: Scenario, *, truth: Truth, now: datetime) -> None:
        """Loads the shipped words; most borrowers agree to be taught."""
        load_shipped_campaign(now=now)
        Campaign.objects.all().delete()
        self._template = MessageTemplate.objects.get(campaigns=None, purpose="education")
        self._scenario, self._truth = scenario, truth
        self._random = Random(f"lessons/{scenario.seed}")
        for person in truth.people.values():
            if self._random.random() < 0.8:
                self._says(now, person, learns=True)

    def drawn(self) -> Iterator[tuple[datetime, str]]:
        """What happens with campaigns, and when."""
        count = max(1, self._scenario.days // _DAYS_FOR_EACH)
        for what, often in (("teach", 1), ("stop_teaching", 1), ("change_mind", 3)):
            for _ in range(count * often):
                seconds = self._random.random() * self._scenario.days * 86_400
                yield self._scenario.begins + timedelta(seconds=seconds), what

    @property
    def deeds(self) -> dict[str, Callable[[datetime], None]]:
        """What `drawn` names."""
        return {
            "teach": self._teach,
            "stop_teaching": self._stop_some,
            "change_mind": self._change_mind,
        }

    def _teach(self, now: datetime) -> None:
        """Take up what was stopped, or begin another."""
        stopped = Campaign.objects.filter(state=CampaignState.STOPPED, last_day__gt=now.date())
        row = stopped.order_by("pk").first()
        if row is not None and self._random.random() < 0.5:
            campaigns.draft_anew(campaign=row)
        else:
            row = self._written(now)
        try:
            campaigns.publish(campaign=row, by=None, now=now)
        except CannotPublish:  # all its days are days of rest
            return
        one = self._truth.campaigns.setdefault(
            row.pk,
            TrueCampaign(
                row.first_day,
                row.last_day,
                row.local_time,
                only_punctual=row.only_punctual,
                is_for_all=row.per_day is None and len(row.tiers) == len(RiskTier.values),
            ),
        )
        one.begin(now, at=self._truth.commit(now))

    def _written(self, now: datetime) -> Campaign:
        random = self._random
        first = now.date() + timedelta(days=random.randint(-1, 4))
        return Campaign.objects.create(
            key=f"lesson-{Campaign.objects.count() + 1}",
            title="a lesson",
            template=self._template,
            tiers=random.choice((RiskTier.values, RiskTier.values, ["high"])),
            only_punctual=random.random() < 0.4,
            first_day=first,
            last_day=max(now.date(), first) + timedelta(days=random.randint(0, 5)),
            local_time=random.choice(_TIMES),
            per_day=random.choice((None, None, max(1, self._scenario.customers // 4))),
            created_at=now,
        )

    def _stop_some(self, now: datetime) -> None:
        if going_on := list(Campaign.objects.filter(state="published").order_by("pk")):
            self._stop(now, self._random.choice(going_on))

    def stop_all(self, now: datetime) -> None:
        """Nothing new is said from now on."""
        for row in Campaign.objects.filter(state=CampaignState.PUBLISHED).order_by("pk"):
            self._stop(now, row)

    def _stop(self, now: datetime, row: Campaign) -> None:
        campaigns.stop(campaign=row, by=None, now=now)
        self._truth.campaigns[row.pk].end(now, at=self._truth.commit(now))

    def _change_mind(self, now: datetime) -> None:
        """Somebody wants no more lessons, or wants them again."""
        person = self._random.choice(list(self._truth.people.values()))
        self._says(now, person, learns=not person.learns.newest)

    def _says(self, now: datetime, person: Person, *, learns: bool) -> None:
        operations.record_consent(
            customer_id=person.id, granted=learns, source="staff", now=now, purpose="education"
        )
        person.learns.tell(learns, at=self._truth.commit(now))
