"""Which stages there are, in which order, and which reference stands beside each."""

from collections.abc import Callable, Sequence

from tests.bench.figures import Figures, Stage
from tests.bench.lab import Lab
from tests.bench.stages import dispatching, planning

Measure = Callable[[Lab], Figures]

STAGES: dict[str, Measure] = {
    "plan": planning.plan,
    "plan_again": planning.plan_again,
    "idle_tick": planning.idle_tick,
    "dispatch_batch": dispatching.dispatch_batch,
    "dispatch_single": dispatching.dispatch_single,
    "dispatch_latency": dispatching.dispatch_latency,
}


def measure(
    lab: Lab, *, names: Sequence[str], runs: int, say: Callable[[str], None]
) -> list[Stage]:
    """The stages, each `runs` times; the runs are interleaved, since the machine's mood drifts."""
    stages = {name: Stage(name, []) for name in names}
    for run in range(runs):
        for name in names:
            figures = STAGES[name](lab)
            stages[name].runs.append(figures)
            say(
                f"run {run + 1} {name}: {figures.count:,} {figures.what} in "
                f"{figures.seconds:.2f} s, {figures.per_second:,.0f}/s"
            )
    return list(stages.values())
