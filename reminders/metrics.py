"""`/metrics`: the counts that operators watch, in the text format of Prometheus.

Counted from the rows when somebody asks, so that every process answers the same and nothing has
to be added up between workers. Protect the address at the proxy where the web is public.
"""

from collections.abc import Iterable, Iterator, Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from reminders.queries.counting import messages_by_state, reminders_by_state


class RowCounts(Collector):
    """How many messages and reminders are in each state.

    Gauges, not counters: a row moves from state to state, so each number rises and falls.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One statement for each table."""
        yield _by_state("duecourse_messages_total", "Messages by state.", messages_by_state())
        yield _by_state("duecourse_reminders_total", "Reminders by state.", reminders_by_state())

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing, so that registering asks no database."""
        return []


def _by_state(name: str, meaning: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """All metrics as of now."""
    registry = CollectorRegistry()
    registry.register(RowCounts())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
