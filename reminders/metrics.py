"""`/metrics`: the counts that operators watch, in the text format of Prometheus.

Counted when somebody asks, so that every process answers the same and nothing has to be added up
between workers; what was counted of closed days is not counted again. Protect the address at the
proxy where the web is public.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from accounts.clock import now as clock_now
from reminders.queries.counting import rows_by_state
from reminders.queries.limbo import limbos


class RowCounts(Collector):
    """How many messages and reminders are in each state.

    Gauges, not counters: a row moves from state to state, so each number rises and falls.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Both tables at once."""
        rows = rows_by_state()
        yield _by_state("duecourse_messages_total", "Messages by state.", rows.messages)
        yield _by_state("duecourse_reminders_total", "Reminders by state.", rows.reminders)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering asks no database."""
        return []


class Limbos(Collector):
    """What waits for something, since when, and how long it may."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One statement for each limbo."""
        waiting = limbos(now=self._now)
        yield _by_state(
            "duecourse_limbo", "Rows that wait.", {one.name: one.count for one in waiting}
        )
        yield _by_state(
            "duecourse_limbo_oldest_seconds",
            "Age of the oldest row that waits.",
            {one.name: one.oldest.total_seconds() for one in waiting},
        )
        yield _by_state(
            "duecourse_limbo_age_max_seconds",
            "Age beyond which whoever ends the wait has failed.",
            {one.name: one.age_max.total_seconds() for one in waiting},
        )

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering asks no database."""
        return []


def _by_state(name: str, meaning: str, counts: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """All metrics as of now."""
    registry = CollectorRegistry()
    registry.register(RowCounts())
    registry.register(Limbos(now=clock_now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
