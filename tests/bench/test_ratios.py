"""A small benchmark that guards ratios: seconds depend on the machine, ratios hardly do.

Work done by a CPU second is compared, because other programs of the machine disturb it least. The
bounds lie well below what docs/performance.md tells: they catch a fall, not a bad day.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.figures import Stage
from tests.bench.gateway import FastGateway
from tests.bench.lab import Lab
from tests.bench.moment import SENT_AT, shift_seconds
from tests.bench.servers import Servers
from tests.bench.stages.plan_of_stages import measure

BORROWERS = 2_000


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    folder: Path = tmp_path_factory.mktemp("bench") / "servers"
    # PostgreSQL may have to run as "nobody", who must be able to pass through.
    for parent in list(folder.parents)[:2]:
        parent.chmod(0o711)
    shift = shift_seconds(to=SENT_AT)
    with Servers(folder) as servers, FastGateway(folder / "log", shift_seconds=shift) as gateway:
        lab = Lab(
            servers=servers,
            gateway=gateway,
            borrowers=BORROWERS,
            workers=2,
            most=BORROWERS,
            textbook=60,
            shift_seconds=shift,
        )
        found = measure(lab, names=["plan", "dispatch_batch"], runs=1, say=print)
        yield {stage.name: stage for stage in found}


class TestDispatch:
    def test_does_many_times_the_textbooks_work(self, stages: dict[str, Stage]) -> None:
        assert stages["dispatch_batch"].as_json()["of_textbook_by_cpu"] > 15

    def test_stays_in_sight_of_the_limit(self, stages: dict[str, Stage]) -> None:
        assert stages["dispatch_batch"].as_json()["of_limit_by_cpu"] > 0.12

    def test_needs_few_statements(self, stages: dict[str, Stage]) -> None:
        assert stages["dispatch_batch"].as_json()["statements_per_1000"] < 400

    def test_writes_few_rows(self, stages: dict[str, Stage]) -> None:
        assert stages["dispatch_batch"].as_json()["rows_written_each"] < 6

    def test_keeps_its_workers_small(self, stages: dict[str, Stage]) -> None:
        assert max(stages["dispatch_batch"].middle.peaks_mib) < 160


class TestPlanning:
    def test_stays_in_sight_of_the_limit(self, stages: dict[str, Stage]) -> None:
        assert stages["plan"].as_json()["of_limit_by_cpu"] > 0.2

    def test_does_many_times_the_textbooks_work(self, stages: dict[str, Stage]) -> None:
        assert stages["plan"].as_json()["of_textbook_by_cpu"] > 15
